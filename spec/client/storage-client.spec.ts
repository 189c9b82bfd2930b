import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Metadata } from '../../src/client/index.js';
import { CLEO } from '../support/seeds.js';
import { sqliteBench } from '../support/each-database.js';
import { openStorage } from '../doors/stacksync/support.js';
import { clientOf, refusalOf } from './support.js';

const bench = sqliteBench();

const idOf = ({ id }: Metadata): number => id ?? 0;
const namesOf = ({ contents }: { contents: readonly Metadata[] }): string[] => contents.map((item) => item.filename);

async function open() {
  const storage = await openStorage(bench);
  return { storage, client: clientOf(storage) };
}

describe('a person’s tree', () => {
  it('is made, listed, renamed, moved and deleted', async () => {
    const { client } = await open();
    const plans = await client.createFolder('Plans & más');
    const made = await client.createFile('a +&=?.txt', 'hello', { parent: plans.id });
    expect(made).toMatchObject({ filename: 'a +&=?.txt', parent_id: plans.id, version: 1, size: 5, status: 'NEW' });
    expect(namesOf(await client.list())).toEqual(['Plans & más']);
    expect(namesOf(await client.list(plans.id))).toEqual(['a +&=?.txt']);
    const renamed = await client.move('file', made.id, { name: 'b.txt' });
    expect(renamed).toMatchObject({ filename: 'b.txt', parent_id: plans.id, version: 2 });
    const moved = await client.move('file', made.id, { parent: 0 });
    expect(moved).toMatchObject({ filename: 'b.txt', parent_id: null });
    expect(await client.remove('file', made.id)).toMatchObject({ status: 'DELETED' });
    expect(await client.remove('folder', plans.id)).toMatchObject({ status: 'DELETED' });
    expect(namesOf(await client.list())).toEqual([]);
    expect(namesOf(await client.list(null, { includeDeleted: true })).sort()).toEqual(['Plans & más', 'b.txt']);
  });

  it('tells what one item is', async () => {
    const { client } = await open();
    const { id } = await client.createFolder('Plans');
    expect(await client.metadata('folder', id)).toMatchObject({ id, filename: 'Plans', is_folder: true });
    expect(await client.metadata('folder', null)).toMatchObject({ id: null, filename: 'root' });
  });

  it.each(['', '-1', '1e3', '../1', '08', 1.5, 1e21])('never has an item with the id %s', async (id) => {
    const { client } = await open();
    expect(() => client.metadata('file', id)).toThrow(TypeError);
    expect(() => client.move('file', 1, { parent: id })).toThrow(TypeError);
  });
});

describe('content', () => {
  it('goes up as text, bytes, a Blob or a stream', async () => {
    const { client } = await open();
    const bytes = new TextEncoder().encode('hello');
    const bodies = [() => 'hello', () => bytes, () => new Blob([bytes]), () => new Blob([bytes]).stream()];
    for (const [index, body] of bodies.entries()) {
      const { id, size } = await client.createFile(`${String(index)}.txt`, body());
      const content = await (await client.download(id)).text();
      expect([index, size, content]).toEqual([index, 5, 'hello']);
    }
  });

  it('is a new version when it replaces another, and the old one stays', async () => {
    const { client } = await open();
    const { id } = await client.createFile('a.txt', 'old');
    expect(await client.upload(id, 'newer')).toMatchObject({ version: 2, status: 'CHANGED', size: 5 });
    const { versions } = await client.versions(id);
    expect(versions.map(({ version, size }) => [version, size])).toEqual([
      [2, 5],
      [1, 3],
    ]);
    expect(await client.version(id, 1)).toMatchObject({ version: 1, size: 3 });
    expect(await (await client.download(id, { version: 1 })).text()).toBe('old');
  });

  it('comes in parts', async () => {
    const { client } = await open();
    const { id } = await client.createFile('letters.txt', 'abcdefghij');
    const parts = [{ start: 2, end: 4 }, { start: 8 }, { last: 3 }];
    const answers = await Promise.all(parts.map((range) => client.download(id, { range })));
    expect(answers.map(({ status }) => status)).toEqual([206, 206, 206]);
    expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['cde', 'ij', 'hij']);
    expect((await refusalOf(client.download(id, { range: { start: 99 } }))).status).toBe(416);
  });

  it('is sent only when it is another, and changed only when it is the same', async () => {
    const { client } = await open();
    const { id } = await client.createFile('a.txt', 'first');
    const first = await client.download(id);
    const etag = first.headers.get('etag') ?? '';
    await first.body?.cancel();
    expect((await client.download(id, { ifNoneMatch: etag })).status).toBe(304);
    await client.upload(id, 'second', { ifMatch: etag });
    expect((await refusalOf(client.upload(id, 'third', { ifMatch: [etag] }))).status).toBe(412);
    expect((await refusalOf(client.remove('file', id, { ifMatch: etag }))).status).toBe(412);
    const resumed = await client.download(id, { range: { start: 1 }, ifRange: etag });
    expect([resumed.status, await resumed.text()]).toEqual([200, 'second']);
  });

  it('that was damaged on the way is refused', async () => {
    const { client } = await open();
    const sha256 = createHash('sha256').update('hello').digest();
    expect(await client.createFile('a.txt', 'hello', { sha256 })).toMatchObject({ size: 5 });
    expect((await refusalOf(client.createFile('b.txt', 'hallo', { sha256 }))).status).toBe(400);
  });

  it('is made once, however often it is sent under one name', async () => {
    const { client } = await open();
    const send = (): Promise<Metadata> => client.createFile('a.txt', 'hello', { idempotencyKey: 'once' });
    expect(idOf(await send())).toBe(idOf(await send()));
    expect(namesOf(await client.list())).toEqual(['a.txt']);
  });
});

describe('a shared folder', () => {
  it('is shared on terms, and no longer', async () => {
    const { client, storage } = await open();
    const { id } = await client.createFolder('Plans');
    storage.sharing.result = {
      members: [{ name: CLEO.name, email: CLEO.email, outcome: 'new' }],
      proposals: [],
      disabled: [],
    };
    storage.sharing.ended = [CLEO];
    const expiresAt = new Date('2027-01-01T00:00:00Z');
    const shared = await client.share(id, [CLEO.email], { permission: 'read-only', comment: 'Look', expiresAt });
    expect(shared).toEqual({ shared_to: [CLEO] });
    expect(storage.sharing.asked.at(-1)).toMatchObject({
      request: { addresses: [CLEO.email], permission: 'read-only', comment: 'Look', expiresAt: expiresAt.getTime() },
    });
    expect(await client.unshare(id, [CLEO.email])).toEqual({ unshared_to: [CLEO] });
    expect(await client.leave(id)).toEqual({ unshared_to: [] });
    expect(storage.sharing.asked.at(-1)).toMatchObject({ leaves: true });
  });

  it('is for everybody to write in unless said otherwise, in words that old servers know', async () => {
    const { client, storage } = await open();
    const { id } = await client.createFolder('Plans');
    storage.sharing.result = {
      members: [{ name: CLEO.name, email: CLEO.email, outcome: 'new' }],
      proposals: [],
      disabled: [],
    };
    await client.share(id, [CLEO.email]);
    expect(storage.sharing.asked.at(-1)).toMatchObject({ request: { permission: 'read-write' } });
  });

  it('has members', async () => {
    const { client, storage } = await open();
    const { id } = await client.createFolder('Plans');
    storage.sharing.memberList = [{ name: CLEO.name, email: CLEO.email, joinedAt: 0, isOwner: true } as never];
    expect(await client.members(id)).toEqual([
      { name: CLEO.name, email: CLEO.email, joined_at: '1970-01-01 00:00:00.000', is_owner: true },
    ]);
  });
});

describe('a refusal', () => {
  it('has the status and the sentence of the cloud', async () => {
    const { client } = await open();
    await client.createFolder('Plans');
    expect(await refusalOf(client.createFolder('Plans'))).toEqual({ status: 400, message: 'Folder already exists.' });
    expect(await refusalOf(client.metadata('file', 987654))).toMatchObject({ status: 404 });
  });

  it('of a token is one too', async () => {
    const { storage } = await open();
    const client = clientOf(storage, { ...storage.ana, tokenSecret: 'wrong' });
    expect(await refusalOf(client.list())).toEqual({ status: 401, message: 'Could not authorize request' });
  });

  it('never comes for the choice of one HMAC over the other', async () => {
    const { storage } = await open();
    for (const method of ['HMAC-SHA1', 'HMAC-SHA256'] as const) {
      expect(namesOf(await clientOf(storage, { ...storage.ana, method }).list())).toEqual([]);
    }
  });
});
