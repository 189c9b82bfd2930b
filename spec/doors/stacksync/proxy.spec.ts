import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addMount, grantRefused, Locks } from '../../../src/files/index.js';
import { itemIdOf, type AccountId, type Permission } from '../../../src/kernel/index.js';
import { openSpace } from '../../federation/storage-apis/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { createSeededRandom } from '../../support/seeds.js';
import { openStorage, type Signature, type Storage } from './support.js';

const bench = sqliteBench();

/** Two clouds: Ana's folder at the first stands in the root of a person at the second. */
interface Pair {
  readonly origin: Storage;
  readonly destination: Storage;
  readonly folderId: string;
  readonly mountId: string;
  readonly grant: Signature & { end(): void };
}

async function openPair(permission: Permission = 'read-write'): Promise<Pair> {
  const origin = await openStorage(bench);
  const { id: folderId } = await origin.folder('Plans');
  const grant = origin.grant(folderId, permission);
  const { space } = openSpace({
    resourceUrl: `${origin.origin}/v1/folder/${folderId}`,
    credentials: grant,
    clock: origin.clock,
    onRefused: async () => ((await space.probe()).kind === 'refused' ? grantRefused() : undefined),
  });
  const destination = await openStorage(bench, { openMount: async () => space });
  // Ids of the two clouds must not happen to be the same.
  for (let count = 0; count < 5; count += 1) await destination.folder(`own ${String(count)}`);
  const mount = await destination.database.write((trx) =>
    addMount(trx, {
      accountId: 'acct-ana' as AccountId,
      incomingId: 'incoming-1',
      name: 'Plans',
      permission,
      rootKey: folderId,
      expiresAt: undefined,
      createdAt: destination.clock.now(),
    }),
  );
  return { origin, destination, folderId, mountId: mount.id, grant };
}

interface Listed {
  readonly id: number;
  readonly parent_id: number | null;
  readonly filename: string;
  readonly contents: readonly Listed[];
}

async function listed({ destination }: Pick<Pair, 'destination'>, id: string): Promise<Listed> {
  const { text } = await destination.call('GET', `/v1/folder/${id}/contents`).expect(200);
  return JSON.parse(text) as Listed;
}

describe('a foreign folder', () => {
  it('tells by HEAD what a file is like, and the other cloud is asked for no content', async () => {
    const { destination, origin, folderId, mountId } = await openPair();
    await origin.file('a.txt', 'hello', folderId);
    const { contents } = await listed({ destination }, mountId);
    const path = `/v1/file/${String(contents[0]?.id)}/data`;
    const { headers } = await destination.call('GET', path).expect(200);
    const asked: string[] = [];
    origin.server.on('request', ({ method, url }) => asked.push(`${String(method)} ${String(url)}`));
    const head = await destination.call('HEAD', path).expect(200);
    const told = ['content-length', 'content-type', 'etag', 'last-modified', 'accept-ranges'];
    expect(told.map((name) => head.headers[name])).toEqual(told.map((name) => headers[name]));
    await destination.call('HEAD', path).set('If-None-Match', String(headers['etag'])).expect(304);
    expect(asked).toEqual(new Array(2).fill(expect.stringMatching(/^GET (?:\/v1)?\/file\/\d+$/)));
  });

  it('is listed, read and written under ids of this cloud', async () => {
    const pair = await openPair();
    const { destination, origin, mountId, folderId } = pair;
    const made = await destination.call('POST', `/v1/file?name=a.txt&parent=${mountId}`).send('hello').expect(201);
    const { id } = JSON.parse(made.text) as Listed;
    expect(JSON.parse(made.text)).toMatchObject({ parent_id: Number(mountId), filename: 'a.txt' });
    expect(made.headers['location']).toBe(`/v1/file/${String(id)}`);
    const listing = await listed(pair, mountId);
    expect(listing).toMatchObject({
      id: Number(mountId),
      parent_id: null,
      is_root: false,
      contents: [{ id, parent_id: Number(mountId) }],
    });
    for (const key of ['permission', 'etag', 'resource_url', 'access_token_key'])
      expect(JSON.stringify(listing)).not.toContain(key);
    expect((await destination.call('GET', `/v1/file/${String(id)}/data`).expect(200)).text).toBe('hello');
    await destination
      .call('PUT', `/v1/file/${String(id)}`)
      .send('{"name":"b.txt"}')
      .expect(200);
    const at = await origin.call('GET', `/v1/folder/${folderId}/contents`).expect(200);
    expect((JSON.parse(at.text) as Listed).contents).toMatchObject([{ filename: 'b.txt', version: 2 }]);
    await destination.call('DELETE', `/v1/file/${String(id)}`).expect(200);
  });

  it('serves ranges and conditions of the other cloud', async () => {
    const { destination, origin, mountId, folderId } = await openPair();
    const { etag } = await origin.file('a.txt', 'abcdefghij', folderId);
    const { text } = await destination.call('GET', `/v1/folder/${mountId}/contents`).expect(200);
    const path = `/v1/file/${String((JSON.parse(text) as Listed).contents[0]?.id)}/data`;
    const part = await destination.call('GET', path).set('Range', 'bytes=2-4').expect(206);
    expect([part.text, part.headers['content-range'], part.headers['etag']]).toEqual(['cde', 'bytes 2-4/10', etag]);
    await destination.call('GET', path).set('If-None-Match', etag).expect(304);
    await destination.call('GET', path).set('Range', 'bytes=99-').expect(416);
    await destination.call('PUT', path).set('If-Match', '"stale"').send('x').expect(412);
    await destination.call('PUT', path).set('If-Match', etag).send('new').expect(200);
  });

  it('that somebody has locked at the other cloud is 423 here too, as a sentence and as JSON, and stays as it is', async () => {
    const { destination, origin, mountId, folderId } = await openPair();
    const { id: fileId } = await origin.file('a.txt', 'old', folderId);
    const { text } = await destination.call('GET', `/v1/folder/${mountId}/contents`).expect(200);
    const path = `/v1/file/${String((JSON.parse(text) as Listed).contents[0]?.id)}/data`;
    const { database, clock, tree } = origin;
    const locks = new Locks({ database, clock, random: createSeededRandom(), access: tree.access, cloudName: 'A' });
    const ana = { kind: 'person', accountId: 'acct-ana' as AccountId } as const;
    await locks.take(ana, itemIdOf(fileId), { isShared: false, isDeep: false, name: 'Ana', note: '' });
    const sentence = 'Somebody is working on this in the other cloud.';
    expect((await destination.call('PUT', path).send('new').expect(423)).text).toBe(sentence);
    const json = await destination.call('PUT', path).set('Accept', 'application/json').send('new').expect(423);
    expect(JSON.parse(json.text)).toEqual({ error: 423, description: sentence });
    expect((await destination.call('GET', path).expect(200)).text).toBe('old');
    await locks.end(ana, itemIdOf(fileId));
    await destination.call('PUT', path).send('new').expect(200);
  });

  it('tells the sender of a large upload why it is refused, on the same connection', async () => {
    const { destination, origin, mountId, folderId } = await openPair();
    await origin.file('a.txt', 'old', folderId);
    const { text } = await destination.call('GET', `/v1/folder/${mountId}/contents`).expect(200);
    const path = `/v1/file/${String((JSON.parse(text) as Listed).contents[0]?.id)}/data`;
    const answer = await upload(
      destination,
      path,
      ['If-Match: "stale"', 'Content-Length: 50000000'],
      Buffer.alloc(300_000),
    );
    expect(answer).toMatch(/^HTTP\/1\.1 412 /);
  });

  it('PEER-05 UPL-05 answers 502 when the other cloud dies half way through an upload', async () => {
    const { destination, origin, mountId } = await openPair();
    const path = `/v1/file?name=big.bin&parent=${mountId}`;
    const answer = upload(destination, path, ['Content-Length: 50000000'], Buffer.alloc(300_000));
    await expect.poll(async () => (await readdir(join(origin.contents, 'tmp'))).length).toBe(1);
    origin.server.closeAllConnections();
    expect(await answer).toMatch(/^HTTP\/1\.1 50[24] /);
  });

  it('PEER-03 never keeps the root from being listed', async () => {
    const pair = await openPair();
    pair.origin.server.closeAllConnections();
    pair.origin.server.close();
    const root = await listed(pair, '0');
    expect(root.contents.map(({ filename }) => filename)).toContain('Plans');
    const { status, text } = await pair.destination.call('GET', `/v1/folder/${pair.mountId}/contents`);
    expect([status, text]).toEqual([502, 'The other cloud could not be reached.']);
  });

  it('PXY-06 whose grant is refused is 503, never 401 (F-06)', async () => {
    const { destination, grant, mountId } = await openPair();
    grant.end();
    await destination.call('GET', `/v1/folder/${mountId}/contents`).expect(503);
    await destination.call('POST', `/v1/file?name=a&parent=${mountId}`).send('x').expect(503);
  });

  it('for reading only is refused here, before anything goes out', async () => {
    const { destination, mountId, origin, folderId } = await openPair('read-only');
    await destination.call('POST', `/v1/file?name=a&parent=${mountId}`).send('x').expect(403);
    const { text } = await origin.call('GET', `/v1/folder/${folderId}/contents`).expect(200);
    expect((JSON.parse(text) as Listed).contents).toEqual([]);
  });

  it('FLW-03 lets the other cloud go when the reader leaves', async () => {
    const { destination, origin, mountId, folderId } = await openPair();
    await origin.file('big.bin', Buffer.alloc(30_000_000, 1), folderId);
    const { text } = await destination.call('GET', `/v1/folder/${mountId}/contents`).expect(200);
    const path = `/v1/file/${String((JSON.parse(text) as Listed).contents[0]?.id)}/data`;
    const { hostname, port } = new URL(destination.origin);
    const socket = connect(Number(port), hostname);
    socket.write(head(destination, 'GET', path));
    await new Promise((resolve) => socket.once('data', resolve));
    const before = await connections(origin);
    socket.destroy();
    await expect.poll(() => connections(origin)).toBeLessThan(before);
    expect([...origin.defects, ...destination.defects]).toEqual([]);
  });
});

function head(storage: Storage, method: string, path: string, lines: readonly string[] = []): string {
  const { host } = new URL(storage.origin);
  const authorization = `Authorization: ${storage.sign(method, path)}`;
  return [`${method} ${path} HTTP/1.1`, `Host: ${host}`, 'StackSync-API: v2', authorization, ...lines, '', ''].join(
    '\r\n',
  );
}

/** Sends a part of what it announces and answers whatever comes back. */
async function upload(storage: Storage, path: string, lines: readonly string[], part: Buffer): Promise<string> {
  const { hostname, port } = new URL(storage.origin);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  const method = path.includes('/data') ? 'PUT' : 'POST';
  socket.write(head(storage, method, path, lines));
  socket.write(part);
  let received = '';
  socket.on('data', (text: string) => (received += text));
  await new Promise((resolve) => socket.on('error', resolve).once('close', resolve));
  return received;
}

function connections({ server }: Storage): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
