import { describe, expect, it } from 'vitest';
import type { FileSpace } from '../../../../src/files/index.js';
import {
  bytes,
  childrenIn,
  codeOf,
  inPieces,
  namesIn,
  noise,
  refusalOf,
  sha256,
  bytesOf,
  textOf,
  words,
} from '../../../contracts/file-space/harness.js';
import { sqliteBench } from '../../../support/each-database.js';
import { PROFILES, type ProfileName } from '../../../support/scripted-peers/webdav/index.js';
import { hasListing, reasonAgainst, serve, type Make } from './real-server.js';
import { against, openSpace } from './support.js';

const bench = sqliteBench();

const NAMES = ['a b', '100%', 'a+b;c', '(1) [2]', "it's", 'señor', '日記', '🙂', '.hidden', 'a&b<c>', '~#?'];

/** What one does with files in a day. `unseen`: names that the server does not list. */
async function day(space: FileSpace, unseen: readonly string[] = []): Promise<void> {
  const listed = NAMES.filter((name) => !unseen.includes(name)).sort();
  const folder = await space.makeFolder('/', 'Plans & more');
  for (const name of NAMES) await space.create(folder.key, name, words(name));
  expect(await namesIn(space, folder.key)).toEqual(listed);
  for (const node of await childrenIn(space, folder.key)) expect(await textOf(space.open(node.key))).toBe(node.name);

  const large = noise(3_000_000);
  const made = await space.put(folder.key, 'large', bytes(large));
  expect(sha256(await bytesOf(space.open(made.key)))).toBe(sha256(large));
  const part = await space.open(made.key, { range: { kind: 'last', length: 1_000 } });
  expect(sha256(await bytesOf(Promise.resolve(part)))).toBe(sha256(large.subarray(-1_000)));
  expect(await space.replace(made.key, words('small now'))).toMatchObject({ version: 2, size: 9 });
  expect(await space.put(folder.key, 'large', { body: inPieces(Buffer.from('no length')) })).toMatchObject({
    version: 3,
  });

  const broken = inPieces(large, 100_000, 2_000_000);
  expect(await codeOf(space.replace(made.key, { body: broken, length: large.length }))).toBe('invalid');
  expect(await textOf(space.open(made.key))).toBe('no length');

  expect(await refusalOf(space.create(folder.key, 'large', words('1')))).toMatchObject({ reason: 'name-taken' });
  expect(await refusalOf(space.makeFolder('/', 'Plans & more'))).toMatchObject({ reason: 'folder-exists' });
  expect(await refusalOf(space.create('/nowhere', 'a', words('1')))).toMatchObject({ reason: 'parent-missing' });
  expect(await refusalOf(space.makeFolder(made.key, 'a'))).toMatchObject({ reason: 'parent-is-file' });
  expect(await refusalOf(space.move(made.key, { name: 'a b' }))).toMatchObject({ reason: 'name-taken' });
  expect(await refusalOf(space.move(made.key, { parentKey: '/nowhere' }))).toMatchObject({ reason: 'parent-missing' });

  const renamed = await space.move(made.key, { name: 'renamed' });
  expect(renamed).toMatchObject({ name: 'renamed', version: 4, status: 'RENAMED' });
  const copied = await space.move(folder.key, { name: 'Moved' });
  expect(await namesIn(space, copied.key)).toEqual([...listed, 'renamed'].sort());
  expect(await space.remove('/Moved/renamed')).toMatchObject({ status: 'DELETED' });
  await space.remove(copied.key);
  expect(await namesIn(space, '/')).toEqual([]);
}

describe.each(Object.keys(PROFILES) as ProfileName[])('a day over a scripted %s', (profile) => {
  it('goes well', async () => {
    const { space } = await against(bench, PROFILES[profile]);
    await day(space);
  });
});

const listsInNginx = await hasListing();
if (!listsInNginx)
  console.warn('The specs of the WebDAV space over nginx are short: its module that lists is not installed.');

/** nginx lists nothing without a module that Debian packages apart. */
const LISTING: readonly Make[] = ['rclone', 'apache2', ...(listsInNginx ? (['nginx'] as const) : [])];

describe.each(LISTING)('a day over a real %s', (make) => {
  it.skipIf(reasonAgainst(make))('goes well', { timeout: 60_000 }, async () => {
    const { url } = await serve(make);
    const { space } = await openSpace(bench, { resourceUrl: url });
    await day(space, make === 'nginx' ? ['.hidden'] : []);
  });

  it.skipIf(reasonAgainst(make))('says whether changes can be bound', { timeout: 60_000 }, async () => {
    const { url } = await serve(make);
    const { space } = await openSpace(bench, { resourceUrl: url });
    await space.create('/', 'a', words('1'));
    expect(space.abilities.conditionalWrites).toBe(make === 'apache2');
    expect(await namesIn(space, '/')).toEqual(['a']);
  });
});

describe('a real nginx without the module that lists', () => {
  it.skipIf(reasonAgainst('nginx') !== undefined || listsInNginx)(
    'is told to be no WebDAV server that can be used',
    { timeout: 60_000 },
    async () => {
      const { url } = await serve('nginx');
      const { space } = await openSpace(bench, { resourceUrl: url });
      expect(await space.probe()).toMatchObject({ kind: 'trouble', note: 'The other cloud answered 405.' });
      expect(await codeOf(space.list('/'))).toBe('peer-failed');
    },
  );
});
