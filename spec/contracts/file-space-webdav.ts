import { onTestFinished } from 'vitest';
import { against, openSpace } from '../federation/storage-apis/webdav/support.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock } from '../support/seeds.js';
import { PROFILES, ScriptedDav, type ProfileName } from '../support/scripted-peers/webdav/index.js';
import { describeFileSpace, type FileSpaceHarness, type Shortcomings } from './file-space.js';
import { describeSharedFile } from './file-space/shared-file.js';

/** What no WebDAV server offers, whichever it is. */
const NEVER: Shortcomings = {
  versions: 'WebDAV knows no older versions without RFC 3253, which nobody speaks',
  receipts: 'WebDAV has no Idempotency-Key',
  deleted: 'what is deleted is gone',
  order: 'a folder is listed whole, in any order',
  overwriting: 'a server may delete first and move then: it is not asked to',
  contentTimes: 'WebDAV knows one time of an item',
  quota: 'the room is what its server says of it, which the scripted one does not',
  copiedFacts: 'a server gives its copies tags and times as it likes',
};

const UNBOUND = 'the server does not look at conditions';
const WEAK = 'the server has no strong tags where it lists';

/** And what some of them do not offer either. */
const MORE: Partial<Record<ProfileName, Shortcomings>> = {
  apache: { conditions: 'tags are weak for a second after each write', strongTags: 'likewise' },
  nginx: { conditions: UNBOUND, strongTags: WEAK },
  rclone: { conditions: UNBOUND },
  sabre: { conditions: WEAK, strongTags: WEAK },
};

const bench = sqliteBench();

/** What every file space owes, over scripted servers of these makes. */
export function describeDavSpaces(profiles: readonly ProfileName[]): void {
  for (const profile of profiles) {
    describeFileSpace({
      name: `webdav space over ${profile}`,
      cannot: { ...NEVER, ...MORE[profile] },
      open: () => openFolder(profile),
    });
  }
}

/** The same of a single file. */
export function describeDavFile(): void {
  describeSharedFile({ name: 'webdav space', cannot: NEVER, open: openFile });
}

async function openFolder(profile: ProfileName): Promise<FileSpaceHarness> {
  const { space, server, clock } = await against(bench, PROFILES[profile]);
  return {
    space,
    advance: (millis) => clock.advance(millis),
    leftovers: () => Promise.resolve(server.disk.weight()),
  };
}

async function openFile(): Promise<FileSpaceHarness> {
  const clock = createHandClock();
  const server = await ScriptedDav.open({ quirks: PROFILES.nextcloud, now: () => clock.now() });
  onTestFinished(() => server.close());
  server.disk.write('/letter.txt', Buffer.from('twelve'));
  const { space } = await openSpace(bench, { resourceUrl: `${server.url}letter.txt`, clock });
  return { space, advance: (millis) => clock.advance(millis) };
}
