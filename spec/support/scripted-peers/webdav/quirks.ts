import type { LockManner } from './lock-table.js';

/** What a WebDAV server does in its own way (webdav.md 2, the table of servers). */
export interface Quirks {
  /** Entity tags of files: strong, weak for the first second after a write, or none. */
  readonly tags: 'strong' | 'weak at first' | 'none';
  /** Tags are told when a content is read only, not when it is listed. */
  readonly tagsOnlyInGet: boolean;
  /** Tags of folders: change with everything below, with what is directly in them, or are none. */
  readonly folderTags: 'climb' | 'own' | 'none';
  /** `If-Match` and `If-None-Match` are looked at when something is changed. */
  readonly conditions: boolean;
  /** Tells what ownCloud and its kin tell: ids that survive a rename, permissions, checksums. */
  readonly ownCloud: boolean;
  /** A folder that is asked for without its slash is redirected to where it has one. */
  readonly redirects: boolean;
  /** DELETE, MKCOL, COPY and MOVE of folders are refused without the slash. */
  readonly needsSlash: boolean;
  /** How names are escaped in answers. */
  readonly hrefs: 'upper' | 'lower' | 'raw';
  /** Hrefs are whole addresses, with scheme and host. */
  readonly wholeHrefs: boolean;
  /** The prefix of `DAV:`; empty: it is the default namespace. */
  readonly prefix: string;
  /** The status of PUT where the folder is missing. */
  readonly noParent: 404 | 409;
  readonly dates: 'rfc 1123' | 'rfc 850' | 'asctime' | 'rfc 3339';
  /** Folders have a size, too. */
  readonly sizedFolders: boolean;
  /** Something that is missing is told in a 207 (DC-38). */
  readonly missingIn207: boolean;
  /** A folder without its slash is answered by a page (DC-35). */
  readonly pages: boolean;
  /** The status for whatever is asked for below a file. */
  readonly belowFile: 400 | 404;
  /** Folders that are missing are made for what moves there. */
  readonly makesParents: boolean;
  /** Making a folder that is there is done again. */
  readonly makesTwice: boolean;
  /** Ranges are not served. */
  readonly ignoresRanges: boolean;
  /** What arrived of an upload that broke off stays. */
  readonly keepsHalves: boolean;
  /** A content that replaces another keeps its tag (seen of a Nextcloud in 7 of 25 quick writes). */
  readonly keepsTags: boolean;
  /** The modification time that a client says is taken. */
  readonly takesTimes: boolean;
  /** Types of contents are told. */
  readonly types: boolean;
  readonly locks: LockManner;
  /** What it gives whoever asks for another time, seconds. */
  readonly lockSeconds?: number;
}

const PLAIN: Quirks = {
  tags: 'strong',
  tagsOnlyInGet: false,
  folderTags: 'none',
  conditions: true,
  ownCloud: false,
  redirects: false,
  needsSlash: false,
  hrefs: 'upper',
  wholeHrefs: false,
  prefix: 'D',
  noParent: 409,
  dates: 'rfc 1123',
  sizedFolders: false,
  missingIn207: false,
  pages: false,
  ignoresRanges: false,
  belowFile: 404,
  makesParents: false,
  makesTwice: false,
  keepsHalves: false,
  keepsTags: false,
  takesTimes: false,
  types: true,
  locks: 'none',
};

const NEXTCLOUD: Quirks = {
  ...PLAIN,
  folderTags: 'climb',
  ownCloud: true,
  prefix: 'd',
  noParent: 404,
  takesTimes: true,
  locks: 'fake',
};

/** The servers of the table, by name. */
export const PROFILES = {
  nextcloud: NEXTCLOUD,
  oc10: { ...NEXTCLOUD, noParent: 409 },
  ocis: { ...NEXTCLOUD, noParent: 409, wholeHrefs: false },
  apache: {
    ...PLAIN,
    tags: 'weak at first',
    folderTags: 'own',
    redirects: true,
    hrefs: 'lower',
    prefix: 'lp1',
    belowFile: 400,
    locks: 'binding',
  },
  nginx: {
    ...PLAIN,
    tagsOnlyInGet: true,
    conditions: false,
    needsSlash: true,
    hrefs: 'raw',
    missingIn207: true,
    types: false,
    makesParents: true,
    locks: 'binding',
    lockSeconds: 60,
  },
  lighttpd: { ...PLAIN, folderTags: 'own', sizedFolders: true, dates: 'rfc 850', locks: 'binding' },
  rclone: { ...PLAIN, conditions: false, keepsHalves: true, makesTwice: true, locks: 'both ends' },
  sabre: { ...PLAIN, tags: 'none', hrefs: 'lower', prefix: 'd' },
  seafile: { ...PLAIN, wholeHrefs: true, prefix: '', pages: true, dates: 'asctime' },
} as const satisfies Readonly<Record<string, Quirks>>;

/** A server of the table. */
export type ProfileName = keyof typeof PROFILES;
