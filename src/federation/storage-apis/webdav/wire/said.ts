import type { SpaceQuota } from '../../../../files/index.js';
import { SECOND, type Permission } from '../../../../kernel/index.js';
import {
  childNamed,
  dav,
  elementsIn,
  EXPIRATION,
  isNamed,
  oc,
  OCM,
  OCS,
  readDate,
  textOf,
  wordOf,
  type XmlElement,
  type XmlName,
} from '../../../../webdav/index.js';
import { safeType } from '../../../peer-call/foreign-contents.js';

/** What a server says of one resource. */
export interface Said {
  /** As the server writes it. */
  readonly href: string;
  readonly kind: 'file' | 'folder';
  /** Bytes; 0 for folders, undefined where it is not said. */
  readonly size: number | undefined;
  /** Only of folders: the bytes of what is in them; undefined where it is not said. */
  readonly bytesBelow: number | undefined;
  /** Milliseconds; undefined where it is not said in a way that can be read. */
  readonly changedAt: number | undefined;
  /** The entity tag with its quotes, without `W/`; empty when there is none. */
  readonly tag: string;
  readonly isStrong: boolean;
  /** Undefined where it is not said. */
  readonly mimetype: string | undefined;
  /** An id that it keeps when it is renamed there. */
  readonly fileId: string | undefined;
  /** Adler-32 of its content. */
  readonly checksum: number | undefined;
  /** What it says of the room around a folder; undefined: nothing that is a number of bytes. */
  readonly room: SpaceQuota | undefined;
  /** What our credentials allow; undefined when it does not say. */
  readonly permission: Permission | undefined;
  /** When it ends for them, milliseconds; null: never; undefined where it is not said. */
  readonly expiresAt: number | null | undefined;
}

const SHARE_PERMISSIONS: readonly XmlName[] = [
  { namespace: OCM, name: 'share-permissions' },
  { namespace: OCS, name: 'share-permissions' },
];

/** The properties that every PROPFIND asks for (webdav.md 2). */
export const ASKED: readonly XmlName[] = [
  ...['resourcetype', 'getcontentlength', 'getlastmodified', 'getetag', 'getcontenttype'].map(dav),
  ...['quota-available-bytes', 'quota-used-bytes'].map(dav),
  ...['id', 'fileid', 'permissions', 'size', 'checksums'].map(oc),
  ...SHARE_PERMISSIONS,
  EXPIRATION,
];

/**
 * Reads one `response` of a 207 (RFC 4918 14.24). `absent`: it says that nothing is there, or has no property (DC-38);
 * undefined: it cannot be read. Values are taken as text only.
 */
export function readResponse(response: XmlElement): Said | 'absent' | undefined {
  if (!isNamed(response, dav('response'))) return undefined;
  const href = childNamed(response, dav('href'));
  if (href === undefined) return undefined;
  const status = childNamed(response, dav('status'));
  if (status !== undefined && !isGood(status)) return 'absent';
  const props = propsIn(response);
  return props.size === 0 ? 'absent' : said(textOf(href), props);
}

type Props = ReadonlyMap<string, XmlElement>;

/** The properties that were found, each in its first value. */
function propsIn(response: XmlElement): Props {
  const props = new Map<string, XmlElement>();
  for (const propstat of elementsIn(response)) {
    const status = childNamed(propstat, dav('status'));
    if (!isNamed(propstat, dav('propstat')) || (status !== undefined && !isGood(status))) continue;
    const prop = childNamed(propstat, dav('prop'));
    for (const each of prop === undefined ? [] : elementsIn(prop)) {
      if (!props.has(wordOf(each))) props.set(wordOf(each), each);
    }
  }
  return props;
}

function isGood(status: XmlElement): boolean {
  return /^HTTP\/\S+\s+2\d\d(?:\s|$)/i.test(textOf(status));
}

function said(href: string, props: Props): Said {
  const type = props.get(wordOf(dav('resourcetype')));
  const isFolder = type !== undefined && childNamed(type, dav('collection')) !== undefined;
  const text = (name: XmlName): string | undefined => {
    const element = props.get(wordOf(name));
    const value = element === undefined ? '' : textOf(element);
    return value === '' ? undefined : value;
  };
  const mimetype = text(dav('getcontenttype'));
  return {
    href,
    kind: isFolder ? 'folder' : 'file',
    size: isFolder ? 0 : wholeNumber(text(dav('getcontentlength'))),
    // What else is said of the size of a folder is that of its entry on a disk (lighttpd).
    bytesBelow: isFolder ? wholeNumber(text(oc('size'))) : undefined,
    changedAt: readDate(text(dav('getlastmodified')) ?? ''),
    ...readTag(text(dav('getetag'))),
    mimetype: mimetype === undefined ? undefined : safeType(mimetype),
    fileId: fileIdOf(text(oc('fileid')) ?? text(oc('id'))),
    checksum: adlerIn(props.get(wordOf(oc('checksums')))),
    room: isFolder ? roomIn(text) : undefined,
    permission: permissionOf(text, isFolder),
    expiresAt: expiryIn(text(EXPIRATION)),
  };
}

/** Reads an entity tag from a header or property; one that is empty, too long or malformed counts as none. */
export function readTag(text: string | undefined): Pick<Said, 'tag' | 'isStrong'> {
  const [, weak, quoted, bare] = /^(W\/)?(?:("[^"\p{Cc}]{1,200}")|([^"\s\p{Cc}]{1,200}))$/u.exec(text ?? '') ?? [];
  if (quoted !== undefined) return { tag: quoted, isStrong: weak === undefined && /^[\x21-\x7e]+$/.test(quoted) };
  return { tag: bare === undefined ? '' : `"${bare}"`, isStrong: false };
}

/** Negative numbers are other clouds' words for a room without an end, or of which they know nothing (webdav.md 1.6). */
function roomIn(text: (name: XmlName) => string | undefined): SpaceQuota | undefined {
  const used = wholeNumber(text(dav('quota-used-bytes')));
  const available = wholeNumber(text(dav('quota-available-bytes')));
  return used === undefined && available === undefined ? undefined : { used, available };
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Seconds, 0 for never; what is no such number says nothing. */
function expiryIn(said: string | undefined): number | null | undefined {
  if (said === undefined || !/^\d{1,12}$/.test(said)) return undefined;
  return Number(said) === 0 ? null : Number(said) * SECOND;
}

function fileIdOf(said: string | undefined): string | undefined {
  return said !== undefined && said.length <= 200 ? said : undefined;
}

/** The Adler-32 among the checksums, which servers write into one element or several, with blanks between them. */
function adlerIn(element: XmlElement | undefined): number | undefined {
  const texts = element === undefined ? [] : [textOf(element), ...elementsIn(element).map(textOf)];
  const hex = /(?:^|\s)ADLER32:([0-9a-f]{1,8})(?:\s|$)/i.exec(texts.join(' '))?.[1];
  return hex === undefined ? undefined : Number.parseInt(hex, 16);
}

/** Bits of {@link OCS} `share-permissions`: update, create and delete. */
const CHANGES = 2 | 4 | 8;

/**
 * The permission as words, as a number, or as letters of the item: the first of these that is there (open-cloud-mesh.md
 * 8).
 */
function permissionOf(text: (name: XmlName) => string | undefined, isFolder: boolean): Permission | undefined {
  const [words, number] = SHARE_PERMISSIONS.map(text);
  const letters = text(oc('permissions'));
  const writes = (can: boolean): Permission => (can ? 'read-write' : 'read-only');
  if (words !== undefined && words.startsWith('[')) return writes(words.includes('"write"'));
  if (number !== undefined && /^\d{1,3}$/.test(number)) return writes((Number(number) & CHANGES) !== 0);
  if (letters === undefined || !/^[A-Za-z]{1,20}$/.test(letters)) return undefined;
  return writes((isFolder ? /[CK]/ : /W/).test(letters));
}
