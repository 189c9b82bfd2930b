import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { addMount } from '../../../src/files/index.js';
import type { AccountId } from '../../../src/kernel/index.js';
import { openSpace } from '../../federation/storage-apis/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage } from './support.js';

/** Whoever reads the first walk of the architecture opens these, one after the other. */
const LINE = [
  'doors/stacksync/calls/contents.ts',
  'files/tree/tree.ts',
  'files/tree/mount-reach.ts',
  'federation/storage-apis/stacksync-v2/space.ts',
  'client/storage-client.ts',
  'federation/storage-apis/stacksync-v2/transport.ts',
];

/** What every row stands in, and what translates an error that somebody else has thrown. */
const BESIDE = ['doors/door/door.ts', 'doors/stacksync/routes.ts', 'files/space/failures.ts'];

/** The files of src in which somebody waits for the caller of this function. */
function filesWaiting(): string[] {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const found = new Error().stack?.matchAll(/\/src\/([\w/-]+\.ts)/g) ?? [];
  Error.stackTraceLimit = limit;
  const files = new Set([...found].map(([, file]) => file ?? ''));
  return [...files].filter((file) => !BESIDE.includes(file));
}

const bench = sqliteBench();

/** Downloads a file that lies in another cloud; answers the files that wait while its key is about to be used. */
async function passed(): Promise<string[]> {
  const origin = await openStorage(bench);
  const { id: rootKey } = await origin.folder('Plans');
  const { id: key } = await origin.file('a.txt', 'hello', rootKey);
  const resourceUrl = `${origin.origin}/v1/folder/${rootKey}`;
  const credentials = origin.grant(rootKey, 'read-only');
  const { space, breaker } = openSpace({ resourceUrl, credentials, clock: origin.clock });
  const destination = await openStorage(bench, { openMount: async () => space });
  const { id: incomingId } = await destination.folder('own');
  const terms = { permission: 'read-only', expiresAt: undefined, createdAt: destination.clock.now() } as const;
  const place = { accountId: 'acct-ana' as AccountId, incomingId, name: 'Plans', rootKey };
  const mount = await destination.database.write((trx) => addMount(trx, { ...place, ...terms }));
  const { text } = await destination.call('GET', `/v1/folder/${mount.id}/contents`).expect(200);
  const listed = JSON.parse(text) as { contents: readonly { id: number; filename: string }[] };
  expect(listed.contents).toMatchObject([{ filename: 'a.txt' }]);
  const id = listed.contents[0]?.id ?? key;

  let files: string[] = [];
  const allow = breaker.allow.bind(breaker);
  breaker.allow = () => {
    files = filesWaiting();
    return allow();
  };
  await destination.call('GET', `/v1/file/${String(id)}/data`).expect(200, 'hello');
  return files;
}

it('a question about a foreign content passes six files on its way from the door to the client that sends it', async () => {
  const files = await passed();
  expect([...files].sort()).toEqual([...LINE].sort());
});

it('the walk of the architecture names each of them', async () => {
  const document = await readFile(new URL('../../../docs/architecture.md', import.meta.url), 'utf8');
  const walk = document.slice(document.indexOf('## Walk 1'), document.indexOf('## Walk 2'));
  const at = LINE.map((file) => walk.indexOf(`src/${file}`));
  expect(at).not.toContain(-1);
  expect(at).toEqual([...at].sort((a, b) => a - b));
});
