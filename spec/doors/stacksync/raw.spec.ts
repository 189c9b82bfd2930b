import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { randomWord } from '../../../src/kernel/index.js';
import { formatAuthorization, signature, signingKey, baseString, type Pair } from '../../../src/oauth1/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { createSeededRandom } from '../../support/seeds.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();
const random = createSeededRandom('raw');

/** An Authorization header for a request target exactly as it will be sent. */
function proof(storage: Storage, method: string, target: string): string {
  const { consumerKey, consumerSecret, token = '', tokenSecret } = storage.ana;
  const extra: Pair[] = [
    ['oauth_consumer_key', consumerKey],
    ['oauth_token', token],
    ['oauth_signature_method', 'HMAC-SHA1'],
    ['oauth_timestamp', String(Math.floor(storage.clock.now() / 1_000))],
    ['oauth_nonce', randomWord(random)],
  ];
  const base = baseString({ method, origin: storage.origin, target, extra });
  const value = signature('HMAC-SHA1', base, signingKey(consumerSecret, tokenSecret));
  return formatAuthorization([...extra, ['oauth_signature', value]]);
}

/** Sends pieces, each after the answer to the one before has come, and answers everything that came back. */
async function exchange(storage: Storage, ...pieces: readonly string[]): Promise<string> {
  const { socket, received, closed } = dial(storage);
  for (const [index, piece] of pieces.entries()) {
    socket.write(piece, 'latin1');
    await Promise.race([closed, until(() => statusesOf(received()).length > index)]);
  }
  // Whatever should not follow has a moment to show itself.
  await wait(50);
  socket.destroy();
  return received();
}

/** Sends bytes and vanishes. */
async function vanish(storage: Storage, text: string): Promise<void> {
  const { socket } = dial(storage);
  await new Promise((resolve) => socket.write(text, 'latin1', resolve));
  await wait(50);
  socket.destroy();
}

function dial(storage: Storage) {
  const { hostname, port } = new URL(storage.origin);
  const socket = connect(Number(port), hostname).setEncoding('latin1');
  let received = '';
  socket.on('data', (text: string) => (received += text)).on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, received: () => received, closed };
}

async function until(met: () => boolean): Promise<void> {
  await vi.waitUntil(met, { timeout: 10_000, interval: 5 });
}

function head(storage: Storage, method: string, target: string, lines: readonly string[] = []): string {
  const host = new URL(storage.origin).host;
  return [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'StackSync-API: v2', ...lines, '', ''].join('\r\n');
}

function signed(storage: Storage, method: string, target: string, lines: readonly string[] = []): string {
  return head(storage, method, target, [`Authorization: ${proof(storage, method, target)}`, ...lines]);
}

const statusesOf = (text: string): string[] =>
  [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => String(status));

describe('on the wire', () => {
  it('OAU-08 two Authorization headers, or Basic beside OAuth, are refused', async () => {
    const storage = await openStorage(bench);
    const target = '/v1/folder/0/contents';
    const twice = [
      `Authorization: ${proof(storage, 'GET', target)}`,
      `Authorization: ${proof(storage, 'GET', target)}`,
    ];
    expect(statusesOf(await exchange(storage, head(storage, 'GET', target, twice)))).toEqual(['400']);
    const basic = ['Authorization: Basic YW5hOnNlY3JldA==', `Authorization: ${proof(storage, 'GET', target)}`];
    expect(statusesOf(await exchange(storage, head(storage, 'GET', target, basic)))).toEqual(['400']);
    expect(statusesOf(await exchange(storage, signed(storage, 'GET', target)))).toEqual(['200']);
  });

  it('OAU-12 two hosts, or a full target elsewhere, are refused; a full target here is read', async () => {
    const storage = await openStorage(bench);
    const target = '/v1/folder/0/contents';
    const authorization = (): string => `Authorization: ${proof(storage, 'GET', target)}`;
    const second = signed(storage, 'GET', target, ['Host: other.example']);
    expect(statusesOf(await exchange(storage, second))).toEqual(['400']);
    const elsewhere = head(storage, 'GET', `http://other.example${target}`, [authorization()]);
    expect(statusesOf(await exchange(storage, elsewhere))).toEqual(['400']);
    const here = head(storage, 'GET', `${storage.origin}${target}`, [authorization()]);
    expect(statusesOf(await exchange(storage, here))).toEqual(['200']);
  });

  it.each([
    '/v1/folder/../file/1',
    '/v1/folder/%2e%2e',
    '/v1/folder/%2e%2e/contents',
    '/v1/./folder/0',
    '/v1/%2E/folder/0',
    '/v1/folder/0/..',
    '/v1/folder/%2f',
    '/v1/folder/..%2f0',
    '/v1/folder/%5c',
    '/v1/file/%c0%ae',
  ])('PTH-02 %s is no path', async (target) => {
    const storage = await openStorage(bench);
    expect(statusesOf(await exchange(storage, signed(storage, 'GET', target)))).toEqual(['400']);
  });

  it.each([
    ['both lengths', ['Content-Length: 5', 'Transfer-Encoding: chunked'], '0\r\n\r\n'],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6'], 'hello'],
    ['a list of lengths', ['Content-Length: 5, 5'], 'hello'],
    ['an odd coding', ['Transfer-Encoding: chunked, gzip'], 'hello'],
    ['folding', ['X-Folded: a', ' b', 'Content-Length: 5'], 'hello'],
  ])('PXY-08 %s is refused and the connection closed', async (_what, lines, body) => {
    const storage = await openStorage(bench);
    const received = await exchange(storage, signed(storage, 'POST', '/v1/file?name=a', lines) + body);
    expect(statusesOf(received)).toEqual(['400']);
    expect(received).toMatch(/connection: close/i);
    expect(await storage.database.read('items')).toEqual([]);
  });

  it('PXY-08 gzip, chunked is refused', async () => {
    const storage = await openStorage(bench);
    const upload = signed(storage, 'POST', '/v1/file?name=a', ['Transfer-Encoding: gzip, chunked']);
    const received = await exchange(storage, `${upload}5\r\nhello\r\n0\r\n\r\n`);
    expect(statusesOf(received)).toEqual(['400']);
    expect(received).toMatch(/connection: close/i);
    expect(await storage.database.read('items')).toEqual([]);
  });

  it('PXY-09 a waiting upload gets 100 only when it will be read', async () => {
    const storage = await openStorage(bench, { defaultQuota: 10 });
    const waiting = ['Content-Length: 5', 'Expect: 100-continue'];
    const target = '/v1/file?name=a.txt';
    const unsigned = await exchange(storage, head(storage, 'POST', target, waiting));
    const nowhere = await exchange(storage, signed(storage, 'POST', '/v1/file?name=a.txt&parent=987654', waiting));
    const quota = await exchange(
      storage,
      signed(storage, 'POST', target, ['Content-Length: 11', 'Expect: 100-continue']),
    );
    expect([unsigned, nowhere, quota].map(statusesOf)).toEqual([['401'], ['404'], ['413']]);
    expect(unsigned).toMatch(/connection: close/i);
    const taken = await exchange(storage, signed(storage, 'POST', target, waiting), 'hello');
    expect(statusesOf(taken)).toEqual(['100', '201']);
  });

  it('PXY-09 a waiting JSON body gets 100 after its sender is known', async () => {
    const storage = await openStorage(bench);
    const waiting = ['Content-Length: 12', 'Expect: 100-continue'];
    expect(statusesOf(await exchange(storage, head(storage, 'POST', '/v1/folder', waiting)))).toEqual(['401']);
    expect(statusesOf(await exchange(storage, signed(storage, 'POST', '/v1/folder', waiting), '{"name":"A"}'))).toEqual(
      ['100', '201'],
    );
  });

  it('PXY-09 a waiting form-typed upload is refused: it would have to be read first', async () => {
    const storage = await openStorage(bench);
    const lines = ['Content-Length: 5', 'Expect: 100-continue', 'Content-Type: application/x-www-form-urlencoded'];
    expect(statusesOf(await exchange(storage, signed(storage, 'POST', '/v1/file?name=a', lines)))).toEqual(['415']);
  });

  it('a sender that is still sending sees its refusal, and then the end', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    const target = `/v1/file/${id}/data`;
    const { socket, received, closed } = dial(storage);
    let sent = 0;
    const send = (): void => {
      while (sent < 100 && received() === '' && socket.write('x'.repeat(1_000_000))) sent += 1;
    };
    socket.on('drain', send);
    socket.write(signed(storage, 'PUT', target, ['Content-Length: 1000000000', 'If-Match: "stale"']));
    send();
    await closed;
    expect(statusesOf(received())).toEqual(['412']);
    expect(received()).toMatch(/connection: close/i);
    expect(received().endsWith('It has changed in the meantime.')).toBe(true);
  });

  it.each([0, 1, 50, 99])('UPL-01 an upload cut off at %i %% leaves nothing', async (percent) => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    const upload = signed(storage, 'PUT', `/v1/file/${id}/data`, ['Content-Length: 100']);
    await vanish(storage, upload + 'x'.repeat(percent));
    await expect.poll(async () => (await storage.call('GET', `/v1/file/${id}`)).text).toContain('"version":1');
    expect((await storage.call('GET', `/v1/file/${id}/data`)).text).toBe('old');
    expect(storage.defects).toEqual([]);
  });

  it('FLW-03 a download whose reader leaves ends, and is no defect', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('big.bin', Buffer.alloc(20_000_000, 1));
    const { hostname, port } = new URL(storage.origin);
    const socket = connect(Number(port), hostname);
    socket.write(signed(storage, 'GET', `/v1/file/${id}/data`));
    await new Promise((resolve) => socket.once('data', resolve));
    socket.destroy();
    await expect.poll(() => openConnections(storage)).toBe(0);
    expect(storage.defects).toEqual([]);
  });

  it('two requests on one connection are both answered', async () => {
    const storage = await openStorage(bench);
    const target = '/v1/folder/0/contents';
    const once = (): string => signed(storage, 'GET', target);
    expect(statusesOf(await exchange(storage, once() + once(), ''))).toEqual(['200', '200']);
  });
});

function openConnections({ server }: Storage): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
