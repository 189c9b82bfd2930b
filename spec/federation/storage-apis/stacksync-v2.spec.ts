import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { unusableCount, type Node, type Opened } from '../../../src/files/index.js';
import { Failure, isFailure, SECOND } from '../../../src/kernel/index.js';
import { httpPeer, rawPeer, type ScriptedPeer } from '../../platform/outbound-peers.js';
import { createHandClock } from '../../support/seeds.js';
import { KeptListings } from '../../../src/federation/storage-apis/stacksync-v2/index.js';
import { openSpace, type OpenedSpace, type Wanted } from './support.js';

const CONTENT = { 'content-type': 'text/plain; charset=utf-8', 'content-length': '5', etag: '"tag"' };

/** A peer that answers as a test wrote down, and a space over its folder 7. */
async function against(
  listener: RequestListener,
  wanted: Partial<Wanted> = {},
): Promise<OpenedSpace & { peer: ScriptedPeer }> {
  return over(await httpPeer(listener), wanted);
}

function over(peer: ScriptedPeer, wanted: Partial<Wanted> = {}): OpenedSpace & { peer: ScriptedPeer } {
  onTestFinished(() => peer.stop());
  return { peer, ...openSpace({ resourceUrl: `${peer.url}/any/prefix/folder/7`, ...wanted }) };
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener => {
  return (request, response) => {
    request.resume();
    const payload = typeof body === 'string' ? body : JSON.stringify(body);
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(payload);
  };
};

function entry(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const item = { id: 8, parent_id: 7, filename: 'a.txt', is_folder: false, status: 'NEW' };
  return {
    ...item,
    modified_at: '2026-11-02 09:00:00.5',
    version: 1,
    checksum: 1,
    size: 5,
    mimetype: 'text/plain',
    ...changes,
  };
}

const top = (changes: Record<string, unknown> = {}): Record<string, unknown> =>
  entry({ id: 7, parent_id: null, filename: 'Plans', is_folder: true, size: 0, contents: [], ...changes });

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => new Error('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error)) throw error;
  return error;
}

const codeOf = async (promise: Promise<unknown>): Promise<string> => (await failureOf(promise)).code;

async function children({ space }: OpenedSpace, key = space.rootKey): Promise<Node[]> {
  const nodes: Node[] = [];
  for await (const node of (await space.list(key)).children) nodes.push(node);
  return nodes;
}

function bodyOf(opened: Opened): Readable {
  if (opened.outcome !== 'content') throw new Error('not modified');
  return opened.body;
}

const upload = (content: string): { body: Readable; length: number } => ({
  body: Readable.from([Buffer.from(content)]),
  length: content.length,
});

describe('a resource_url', () => {
  it.each([
    '',
    'nonsense',
    'https://a.example/v1/folder/0',
    'https://a.example/v1/folder/7?x=1',
    'https://a.example/v1/folders/7',
  ])('that names no shared folder is refused: %s', (resourceUrl) => {
    expect(() => openSpace({ resourceUrl, originPins: [] })).toThrow(/URL|resource_url/);
  });
});

describe('what goes out', () => {
  it('PXY-01 PXY-02 is built from the pinned base, our signature and an allow-list', async () => {
    const seen: IncomingMessage[] = [];
    const { space } = await against((request, response) => {
      seen.push(request);
      request.resume().on('end', () => response.writeHead(201).end(JSON.stringify(entry({ filename: 'a b&c?.txt' }))));
    });
    await space.create('7', 'a b&c?.txt', upload('hello'), {
      conditions: { ifNoneMatch: '*' },
      receipt: { key: 'client:app:1 secret', digest: 'x' },
    });
    const [request] = seen;
    expect([request?.method, request?.url]).toEqual(['POST', '/any/prefix/file?name=a%20b%26c%3F.txt&parent=7']);
    const { host, authorization, 'idempotency-key': key, ...others } = request?.headers ?? {};
    expect(host).toMatch(/^127\.0\.0\.1:/);
    expect(authorization).toMatch(
      /^OAuth oauth_consumer_key="birch", oauth_token="grant1", oauth_signature_method="HMAC-SHA1"/,
    );
    expect(key).toMatch(/^[\w-]{43}$/);
    expect(others).toEqual({
      'user-agent': 'Footbridge',
      'accept-encoding': 'identity',
      connection: 'keep-alive',
      'stacksync-api': 'v2',
      'content-type': 'application/octet-stream',
      'content-length': '5',
      'if-none-match': '*',
    });
  });

  it.each(['0', '-1', '1e3', '../../interop/share', '8/data?x=', '%2e%2e', '08'])(
    'PXY-01 never holds the key %s',
    async (key) => {
      const { space, peer } = await against(answer(200, top()));
      for (const attempt of [
        space.stat(key),
        space.list(key),
        space.open(key),
        space.versions(key),
        space.replace(key, upload('x')),
        space.create(key, 'a', upload('x')),
        space.makeFolder(key, 'a'),
        space.move(key, { name: 'a' }),
        space.move('8', { parentKey: key }),
        space.remove(key),
      ]) {
        expect(await codeOf(attempt)).toBe('not-found');
      }
      expect(peer.connections).toBe(0);
    },
  );

  it('PXY-01 goes nowhere but to the registered origins', async () => {
    const { space, peer } = await against(answer(200, top()), { originPins: ['https://elsewhere.example'] });
    expect(await codeOf(space.stat('7'))).toBe('peer-failed');
    expect(peer.connections).toBe(0);
  });
});

describe('a listing', () => {
  it('PTH-08 keeps what can be believed, and counts what cannot', async () => {
    const good = [
      entry(),
      entry({ id: 9, filename: 'e\u0301.txt' }),
      entry({ id: 12, filename: 'sub', is_folder: true, size: null }),
    ];
    const bad = [
      entry({ id: 20, filename: '..' }),
      entry({ id: 21, filename: 'a/b' }),
      entry({ id: 22, filename: '' }),
      entry({ id: 23, filename: 'x'.repeat(4097) }),
      entry({ id: 24, filename: 'a\u0000b' }),
      entry({ id: 26, filename: '\u00e9.txt' }),
      entry({ id: 27, parent_id: 99 }),
      entry({ id: 8, filename: 'same id' }),
      entry({ id: 7, filename: 'the folder itself' }),
      entry({ id: 28, filename: 'no size', size: null }),
      entry({ id: 29, filename: 'odd size', size: -1 }),
      entry({ id: 0, filename: 'a root' }),
      entry({ id: '1e3', filename: 'odd id' }),
      entry({ id: 1.5, filename: 'half an id' }),
      entry({ id: 30, filename: 7 }),
      { resource_url: 'https://elsewhere.example/', name: 'bare', access_token_key: 'x' },
      null,
      'text',
    ];
    const opened = await against(answer(200, top({ contents: [...good, ...bad] })));
    const nodes = await children(opened);
    expect(nodes.map(({ key, name, kind, parentKey }) => [key, name, kind, parentKey])).toEqual([
      ['8', 'a.txt', 'file', '7'],
      ['9', '\u00e9.txt', 'file', '7'],
      ['12', 'sub', 'folder', '7'],
    ]);
    const dropped = { shape: 2, id: 4, name: 6, parent: 1, size: 2, repeat: 3 };
    expect(opened.warnings).toMatchObject([{ dropped, folder: '7' }]);
    expect(unusableCount(dropped)).toBe(bad.length);
  });

  it('shows names that we would not give, reachable by their ids (F-11)', async () => {
    const names = [
      'AC\\DC',
      'x'.repeat(101),
      'é'.repeat(300),
      'a\u0007b',
      'a\u202eb',
      'a\u2028b',
      ' ',
      'CON',
      '\ud800',
    ];
    const contents = names.map((filename, index) => entry({ id: 10 + index, filename }));
    const opened = await against((request, response) => {
      const id = Number(/\/file\/(\d+)$/.exec(String(request.url))?.[1]);
      answer(200, contents.find((each) => each['id'] === id) ?? top({ contents }))(request, response);
    });
    const wanted = [...names.slice(0, -1), '\ufffd'];
    expect((await children(opened)).map(({ name }) => name)).toEqual(wanted);
    expect(opened.warnings).toEqual([]);
    for (const [index, name] of wanted.entries())
      expect(await opened.space.stat(String(10 + index))).toMatchObject({ name });
  });

  it('takes numbers as text, signed checksums and missing times (F-11)', async () => {
    const odd = entry({ id: '8', parent_id: '7', size: '5', version: '3', checksum: -1, is_folder: 'false' });
    const bare = { id: 9, parent_id: 7, filename: 'b', is_folder: false, size: 0 };
    const late = entry({
      id: 10,
      filename: 'c',
      modified_at: 1_777_000_000_000,
      version: 2 ** 31,
      mimetype: 7,
      etag: {},
    });
    const opened = await against(answer(200, top({ contents: [{ ...odd, modified_at: null }, bare, late] })));
    const [first, second, third] = await children(opened);
    expect(first).toMatchObject({ key: '8', size: 5, version: 3, checksum: 0xffff_ffff, kind: 'file', modifiedAt: 0 });
    expect(second).toMatchObject({ key: '9', size: 0, version: 1, checksum: 0, status: 'NEW', modifiedAt: 0 });
    expect(third).toMatchObject({ modifiedAt: 1_777_000_000_000, version: 2_147_483_648 });
    expect(opened.warnings).toEqual([]);
  });

  it('counts what is unusable and says what is wrong with it (F-11, F-71)', async () => {
    const contents = [entry(), {}, entry({ id: 9, filename: 'a/b' }), entry(), entry({ id: 10, parent_id: 4 })];
    const { space } = await against(answer(200, top({ contents })));
    const listing = await space.list('7');
    const names: string[] = [];
    for await (const { name } of listing.children) names.push(name);
    expect([names, listing.unusable]).toEqual([['a.txt'], { id: 1, name: 1, repeat: 1, parent: 1 }]);
  });

  it('PTH-09 drops ids that JSON cannot hold', async () => {
    const contents = '[{"id":9007199254740993,"parent_id":7,"filename":"a","is_folder":true}]';
    const opened = await against(answer(200, JSON.stringify(top()).replace('"contents":[]', `"contents":${contents}`)));
    expect(await children(opened)).toEqual([]);
  });

  it('leaves deleted entries out unless they are asked for', async () => {
    const listed = top({ contents: [entry({ status: 'DELETED' }), entry({ id: 9 })] });
    const { space, warnings } = await against(answer(200, listed));
    const all: Node[] = [];
    for await (const node of (await space.list('7', { includeDeleted: true })).children) all.push(node);
    expect(all.map(({ key, status }) => [key, status])).toEqual([
      ['8', 'DELETED'],
      ['9', 'NEW'],
    ]);
    expect(warnings).toEqual([]);
  });

  it('of another folder, without contents, or endless, is unusable', async () => {
    const endless = top({
      contents: Array.from({ length: 50 }, (_, index) => entry({ id: 100 + index, filename: String(index) })),
    });
    for (const [listing, caps] of [
      [top({ id: 9 }), {}],
      [top({ contents: 'none' }), {}],
      [[], {}],
      [endless, { listing: 2_000 }],
    ] as const) {
      const { space } = await against(answer(200, listing), { caps });
      expect(await codeOf(space.list('7'))).toBe('peer-failed');
    }
  });

  it.each([
    ['nothing but junk', `{"id":7,"contents":[${'{},'.repeat(300_000)}`, '1000 entries of the listing cannot be used'],
    ['too deep', `{"id":7,"contents":[${'['.repeat(1_000_000)}`, 'more than 32 levels'],
    ['one endless text', `{"id":7,"contents":["${'x'.repeat(1_000_000)}`, 'more than 65536 bytes in one piece'],
  ])(
    'of %s is left where it shows, with the reason, and no sign that the peer is down (F-60)',
    async (_, text, why) => {
      const { space, breaker } = await against((request, response) => {
        request.resume();
        response.on('error', () => undefined).end(text);
      });
      for (let time = 0; time < 6; time += 1) {
        const failure = await failureOf(space.list('7'));
        expect(failure.code).toBe('peer-failed');
        expect(failure.detail).toContain(why);
      }
      expect(breaker.allow()).toBe(true);
    },
  );

  it('may have 999 entries that cannot be used, and 100 000 that can (F-60, F-52)', { timeout: 60_000 }, async () => {
    const contents = Array.from({ length: 100_000 }, (_each, at) =>
      at < 999 ? {} : entry({ id: at + 8, filename: `${String(at)}.txt` }),
    );
    const bench = await against(answer(200, top({ contents })));
    expect(await children(bench)).toHaveLength(99_001);
    const more = await against(answer(200, top({ contents: [...contents, entry({ id: 5, filename: 'one more' })] })));
    const { detail, message } = await failureOf(more.space.list('7'));
    expect(detail).toContain('more than 100000 entries');
    // A request for a sorted list is told why it cannot be (F-52).
    expect(message).toBe('There are more than 100 000 entries here, and the other cloud lists them only all at once.');
  });

  it('reads what old servers write', async () => {
    const old = entry({
      status: 'MOVED',
      modified_at: 'Tue Apr 28 11:19:23 CEST 2015',
      version: null,
      checksum: null,
      mimetype: 'no type',
      etag: 'weak',
    });
    const [node] = await children(await against(answer(200, top({ contents: [old] }))));
    expect(node).toMatchObject({
      status: 'RENAMED',
      version: 1,
      checksum: 0,
      mimetype: 'application/octet-stream',
      etag: '"v1-0"',
    });
    expect(node?.modifiedAt).toBe(Date.UTC(2015, 3, 28, 11, 19, 23));
  });
});

describe('metadata', () => {
  it('CRD-09 of something else is not believed', async () => {
    for (const wrong of [entry({ id: 9 }), entry({ id: '8 ' }), {}, [], null, 'text']) {
      const { space } = await against(answer(200, wrong));
      expect(await codeOf(space.stat('8'))).toBe('peer-failed');
    }
  });

  it('is asked for as a file first, and as a folder when it is none; then its kind is known', async () => {
    const asked: string[] = [];
    const { space } = await against((request, response) => {
      asked.push(String(request.url));
      if (request.url?.includes('/file/') === true) answer(404, 'Not found.')(request, response);
      else answer(200, entry({ id: 9, is_folder: true, filename: 'sub' }))(request, response);
    });
    await space.stat('9');
    await space.stat('9');
    expect(asked).toEqual(['/any/prefix/file/9', '/any/prefix/folder/9', '/any/prefix/folder/9']);
  });

  it('of the shared folder carries its terms', async () => {
    const { space } = await against(answer(200, top({ permission: 'READ-ONLY', expires_at: '2026-12-31 18:00:00.0' })));
    const terms = { permission: 'read-only', expiresAt: Date.UTC(2026, 11, 31, 18) };
    expect(await space.stat('7')).toMatchObject({ key: '7', parentKey: null, shared: terms });
  });
});

describe('a download', () => {
  it('PXY-03 takes type, length, tag and date from the peer and nothing else', async () => {
    const { space } = await against((_request, response) => {
      response.writeHead(200, {
        ...CONTENT,
        'last-modified': 'Mon, 02 Nov 2026 09:00:00 GMT',
        'set-cookie': 'a=b',
        'x-accel-redirect': '/etc/passwd',
        'content-security-policy': 'none',
        link: '<x>',
      });
      response.end('hello');
    });
    const { body, ...facts } = (await space.open('8')) as Opened & { outcome: 'content' };
    expect(await text(body)).toBe('hello');
    expect(facts).toEqual({
      outcome: 'content',
      size: 5,
      mimetype: 'text/plain',
      etag: '"tag"',
      modifiedAt: Date.UTC(2026, 10, 2, 9),
      takesRanges: false,
      range: undefined,
    });
  });

  it.each(['W/"weak"', 'bare', `"${'x'.repeat(300)}"`])('has no tag when the peer sends %s', async (etag) => {
    const { space } = await against((_request, response) => response.writeHead(200, { ...CONTENT, etag }).end('hello'));
    expect((await space.open('8')).etag).toBe('');
  });

  it.each(['gzip', 'br', 'gzip, identity', 'x'])('PXY-04 coded as %s is unusable', async (coding) => {
    const { space } = await against((_request, response) =>
      response.writeHead(200, { ...CONTENT, 'content-encoding': coding }).end('hello'),
    );
    expect(await codeOf(space.open('8'))).toBe('peer-failed');
  });

  it('PXY-05 that ends early breaks', async () => {
    const peer = await rawPeer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'));
    });
    const { space } = over(peer);
    await expect(buffer(bodyOf(await space.open('8')))).rejects.toMatchObject({ code: 'peer-failed' });
  });

  it('PXY-05 PEER-04 that stops half way breaks when the peer dies', async () => {
    const { space, peer } = await against(
      (_request, response) => void response.writeHead(200, { 'content-length': '10' }).write('hello'),
    );
    const body = bodyOf(await space.open('8'));
    body.once('data', () => {
      for (const socket of peer.sockets) socket.destroy();
    });
    await expect(buffer(body)).rejects.toMatchObject({ code: 'peer-failed' });
  });

  it('PXY-05 a second answer on the connection is never read', async () => {
    let requests = 0;
    const peer = await rawPeer((socket) => {
      socket.on('data', () => {
        requests += 1;
        if (requests === 1) socket.write(`${okAnswer('first')}${okAnswer('evil!')}`);
        else socket.write(okAnswer('other'));
      });
    });
    const { space } = over(peer);
    expect(await text(bodyOf(await space.open('8')))).toBe('first');
    expect(await text(bodyOf(await space.open('9')))).toBe('other');
  });

  it('in chunks has no length, and its own end (F-12)', async () => {
    const { space } = await against((_request, response) =>
      response.writeHead(200, { 'content-type': 'text/plain' }).end('hello'),
    );
    const opened = await space.open('8');
    expect(opened).toMatchObject({ size: undefined, range: undefined });
    expect(await text(bodyOf(opened))).toBe('hello');
  });

  it('PXY-05 in chunks that are cut breaks (F-12)', async () => {
    const peer = await rawPeer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n'));
    });
    const { space } = over(peer);
    await expect(buffer(bodyOf(await space.open('8')))).rejects.toMatchObject({ code: 'peer-failed' });
  });

  it('PXY-05 that only the end of the connection ends is unusable', async () => {
    const peer = await rawPeer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello'));
    });
    expect(await codeOf(over(peer).space.open('8'))).toBe('peer-failed');
  });

  it('has no time where the peer tells none, and takes ranges where the peer says so (F-20)', async () => {
    const silent = await against((_request, response) => response.writeHead(200, CONTENT).end('hello'));
    expect(await silent.space.open('8')).toMatchObject({ modifiedAt: undefined, takesRanges: false });
    const telling = await against((_request, response) =>
      response.writeHead(200, { ...CONTENT, 'accept-ranges': 'bytes' }).end('hello'),
    );
    expect(await telling.space.open('8')).toMatchObject({ takesRanges: true });
  });

  it.each([
    ['another start', 'bytes 0-3/10', 4],
    ['another end', 'bytes 2-4/10', 3],
    ['another length', 'bytes 2-5/10', 3],
    ['no range', undefined, 4],
    ['nonsense', 'bytes 2-5/*', 4],
    ['the wrong way round', 'bytes 5-2/10', 4],
  ])('PXY-05 of a range with %s is unusable', async (_what, contentRange, length) => {
    const { space } = await against((_request, response) => {
      const headers = {
        ...CONTENT,
        'content-length': String(length),
        ...(contentRange === undefined ? {} : { 'content-range': contentRange }),
      };
      response.writeHead(206, headers).end('x'.repeat(length));
    });
    expect(await codeOf(space.open('8', { range: { kind: 'from', start: 2, end: 5 } }))).toBe('peer-failed');
  });

  it('takes the whole where a range was asked for, and no part that was not', async () => {
    const { space } = await against((request, response) => {
      const partial = request.headers.range === undefined;
      response
        .writeHead(partial ? 206 : 200, { ...CONTENT, ...(partial ? { 'content-range': 'bytes 0-4/5' } : {}) })
        .end('hello');
    });
    const opened = await space.open('8', { range: { kind: 'last', length: 2 } });
    expect(opened).toMatchObject({ size: 5, range: undefined });
    expect(await text(bodyOf(opened))).toBe('hello');
    expect(await codeOf(space.open('8'))).toBe('peer-failed');
  });

  it('is not modified only when that was asked', async () => {
    const { space } = await against((_request, response) => response.writeHead(304, { etag: '"tag"' }).end());
    expect(await space.open('8', { conditions: { ifNoneMatch: ['"tag"'] } })).toMatchObject({
      outcome: 'not-modified',
      etag: '"tag"',
    });
    expect(await codeOf(space.open('8'))).toBe('peer-failed');
  });

  it('tells how long a content is whose range was missed', async () => {
    const { space } = await against(answer(416, '', { 'content-range': 'bytes */10' }));
    const failure = await failureOf(space.open('8', { range: { kind: 'from', start: 99, end: undefined } }));
    expect([failure.code, failure.facts]).toEqual(['range-not-satisfiable', { size: 10 }]);
  });
});

describe('a listing that is asked about again', () => {
  const listingOf = (names: readonly string[]) =>
    top({ contents: names.map((filename, index) => entry({ id: 8 + index, filename })) });
  const kept = () => new KeptListings({ clock: createHandClock() }).of('share');
  const namesOf = async (opened: OpenedSpace): Promise<string[]> => (await children(opened)).map(({ name }) => name);

  /** A peer that tags its listing by what is in it, and what it was asked. */
  async function tagging(wanted: Partial<Wanted> = {}) {
    const names = ['a.txt'];
    const asked: (string | undefined)[] = [];
    const opened = await against((request, response) => {
      const etag = `"${names.join('+')}"`;
      const known = request.headers['if-none-match'];
      asked.push(known);
      if (known === etag) response.writeHead(304, { etag }).end();
      else answer(200, listingOf(names), { etag })(request, response);
    }, wanted);
    return { ...opened, names, asked };
  }

  it('travels only when it has changed; what it told is told each time', async () => {
    const terms: unknown[] = [];
    const onTerms = (shared: unknown): Promise<void> => Promise.resolve(void terms.push(shared));
    const opened = await tagging({ kept: kept(), onTerms });
    expect([await namesOf(opened), await namesOf(opened)]).toEqual([['a.txt'], ['a.txt']]);
    opened.names.push('b.txt');
    expect([await namesOf(opened), await namesOf(opened)]).toEqual([
      ['a.txt', 'b.txt'],
      ['a.txt', 'b.txt'],
    ]);
    expect(opened.asked).toEqual([undefined, '"a.txt"', '"a.txt"', '"a.txt+b.txt"']);
    expect(await opened.space.seen('9')).toMatchObject({ kind: 'file' });
    expect(terms).toEqual([]);
  });

  it('is never asked about by whoever keeps nothing, nor with deleted children', async () => {
    const opened = await tagging();
    await namesOf(opened);
    await namesOf(opened);
    const keeping = await tagging({ kept: kept() });
    for (let time = 0; time < 2; time += 1) await keeping.space.list('7', { includeDeleted: true });
    expect([...opened.asked, ...keeping.asked]).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('is not modified only when that was asked', async () => {
    const opened = await against((_request, response) => response.writeHead(304, { etag: '"tag"' }).end(), {
      kept: kept(),
    });
    expect(await codeOf(opened.space.list('7'))).toBe('peer-failed');
  });

  it('is forgotten when the peer refuses, and served from memory by nobody', async () => {
    let isRefusing = false;
    const asked: (string | undefined)[] = [];
    const opened = await against(
      (request, response) => {
        asked.push(request.headers['if-none-match']);
        answer(isRefusing ? 404 : 200, listingOf(['a.txt']), { etag: '"tag"' })(request, response);
      },
      { kept: kept() },
    );
    await namesOf(opened);
    isRefusing = true;
    expect(await codeOf(opened.space.list('7'))).toBe('not-found');
    isRefusing = false;
    await namesOf(opened);
    expect(asked).toEqual([undefined, '"tag"', undefined]);
  });

  it('has a strong tag, or is not kept', async () => {
    const asked: (string | undefined)[] = [];
    const opened = await against(
      (request, response) => {
        asked.push(request.headers['if-none-match']);
        answer(200, listingOf(['a.txt']), { etag: 'W/"tag"' })(request, response);
      },
      { kept: kept() },
    );
    await namesOf(opened);
    await namesOf(opened);
    expect(asked).toEqual([undefined, undefined]);
  });
});

describe('PXY-06 a refusal of the peer', () => {
  it.each([
    [400, 'invalid', 'invalid'],
    [403, 'not-found', 'forbidden'],
    [404, 'not-found', 'not-found'],
    [405, 'not-found', 'not-found'],
    [409, 'conflict', 'conflict'],
    [412, 'precondition-failed', 'precondition-failed'],
    [413, 'too-large', 'too-large'],
    [423, 'locked', 'locked'],
    [301, 'peer-failed', 'peer-failed'],
    [307, 'peer-failed', 'peer-failed'],
    [401, 'peer-failed', 'peer-failed'],
    [402, 'peer-failed', 'peer-failed'],
    [418, 'peer-failed', 'peer-failed'],
    [429, 'peer-failed', 'peer-failed'],
    [500, 'peer-failed', 'peer-failed'],
    [503, 'peer-failed', 'peer-failed'],
  ])('%i means %s to a reader and %s to a writer', async (status, reading, writing) => {
    const { space } = await against(
      answer(status, 'secret words', { location: 'http://127.0.0.1:1/', 'retry-after': '7' }),
    );
    const read = await failureOf(space.stat('7'));
    const opened = await failureOf(space.open('8'));
    const written = await failureOf(space.replace('8', upload('x')));
    expect([read.code, opened.code, written.code]).toEqual([reading, reading, writing]);
    for (const { message } of [read, opened, written]) expect(message).not.toContain('secret');
  });

  it('knows the sentences that clients compare by their reason, and drops all others', async () => {
    const known = 'This name is already used in the same folder. Please use a different one.';
    const { space } = await against((request, response) => {
      answer(400, request.url?.includes('taken') === true ? `${known}\n` : '<b>markup</b>')(request, response);
    });
    expect(await failureOf(space.create('7', 'taken', upload('x')))).toMatchObject({
      code: 'invalid',
      reason: 'name-taken',
    });
    expect((await failureOf(space.create('7', 'other', upload('x')))).message).toBe(
      'The other cloud refused the request.',
    );
  });

  it('for want of room is one of room', async () => {
    const { space } = await against(answer(413, 'Upload exceeds quota.'));
    expect(await codeOf(space.create('7', 'a', upload('x')))).toBe('quota');
  });

  it.each(['{', '<html>', ''])('junk with status 200 is trouble: %s', async (body) => {
    const { space } = await against(answer(200, body));
    expect(await codeOf(space.stat('7'))).toBe('peer-failed');
    expect(await codeOf(space.makeFolder('7', 'a'))).toBe('peer-failed');
  });

  it.each([
    [401, 'peer-failed', 'peer-failed', 2],
    [403, 'not-found', 'forbidden', 1],
    [404, 'not-found', 'not-found', 2],
  ])('CNV-03 %i is about the grant when what is shared says so too (F-06)', async (status, read, write, questions) => {
    for (const refusal of [undefined, new Failure('unavailable', 'The key is refused.')]) {
      let asked = 0;
      const onRefused = (): Promise<Failure | undefined> => {
        asked += 1;
        return Promise.resolve(refusal);
      };
      const { space } = await against(answer(status, 'Could not authorize request'), { onRefused });
      expect(await codeOf(space.list('7'))).toBe(refusal?.code ?? read);
      const written = await codeOf(space.replace('8', upload('x')));
      expect(written).toBe(status === 403 ? write : (refusal?.code ?? write));
      expect(asked).toBe(questions);
    }
  });
});

describe('a change', () => {
  it('PEER-05 UPL-05 whose answer is lost is neither made nor refused', async () => {
    for (const cut of ['', 'HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{"id"']) {
      const peer = await rawPeer((socket) => void socket.once('data', () => setTimeout(() => socket.end(cut), 20)));
      const { space } = over(peer);
      expect(await codeOf(space.makeFolder('7', 'a'))).toBe('peer-timeout');
    }
  });

  it('PEER-01 that is not answered in time is 504, and not sent again', async () => {
    let requests = 0;
    const { space } = await against(
      (request) => {
        requests += 1;
        request.resume();
      },
      { limits: { headers: 50, idle: 50 } },
    );
    expect(await codeOf(space.makeFolder('7', 'a'))).toBe('peer-timeout');
    expect(requests).toBe(1);
  });

  it('is never sent twice, though its connection had died', async () => {
    const { space, peer } = await dyingPeer();
    await space.stat('7');
    dieOnNextRequest(peer);
    expect(await codeOf(space.makeFolder('7', 'a'))).toBe('peer-timeout');
  });

  it('of a file that old servers answer with nothing is looked at', async () => {
    const { space } = await against((request, response) => {
      if (request.method === 'PUT') answer(201, '')(request, response);
      else answer(200, entry({ version: 2, status: 'CHANGED' }))(request, response);
    });
    expect(await space.replace('8', upload('x'))).toMatchObject({ key: '8', version: 2 });
  });

  it('of the shared folder itself is refused here', async () => {
    const { space, peer } = await against(answer(200, top()));
    expect(await codeOf(space.remove('7'))).toBe('forbidden');
    expect(await codeOf(space.move('7', { name: 'mine' }))).toBe('forbidden');
    expect(peer.connections).toBe(0);
  });

  it('that the peer refuses early leaves the sender’s stream standing', async () => {
    const { space } = await against((_request, response) => response.writeHead(412, { connection: 'close' }).end());
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(100_000));
    expect(await codeOf(space.replace('8', { body, length: 1_000_000 }))).toBe('precondition-failed');
    expect(body.destroyed).toBe(false);
  });

  it('breaks with its sender', async () => {
    const { space } = await against((request) => request.resume().on('error', () => undefined));
    const body = new Readable({ read: () => undefined });
    body.push(Buffer.alloc(100));
    setTimeout(() => body.destroy(new Error('gone')), 30);
    expect(await codeOf(space.replace('8', { body, length: 1_000 }))).toBe('invalid');
  });

  it('breaks with a sender that leaves before anything was drawn from it', async () => {
    const { space } = await against((request) => request.resume().on('error', () => undefined));
    const body = new Readable({ read: () => undefined });
    const code = codeOf(space.replace('8', { body, length: 1_000 }));
    body.destroy(new Error('gone'));
    expect(await code).toBe('invalid');
  });
});

describe('a question', () => {
  it('CRD-08 whose pooled connection had died is asked once more, signed afresh', async () => {
    const { space, peer, authorizations } = await dyingPeer();
    await space.stat('7');
    dieOnNextRequest(peer);
    await space.stat('7');
    expect(new Set(authorizations).size).toBe(authorizations.length);
    expect(authorizations).toHaveLength(3);
  });
});

describe('PEER-02 the breaker', () => {
  it('opens after five failures, lets one question pass later, and closes when it is answered', async () => {
    const clock = createHandClock();
    let status = 500;
    const { space, peer } = await against((request, response) => answer(status, top())(request, response), { clock });
    for (let attempt = 0; attempt < 5; attempt += 1) expect(await codeOf(space.stat('7'))).toBe('peer-failed');
    const served = peer.connections;
    const failure = await failureOf(space.stat('7'));
    expect([failure.code, failure.retryAfter]).toEqual(['unavailable', 10]);
    expect(peer.connections).toBe(served);
    clock.advance(10 * SECOND);
    status = 200;
    await space.stat('7');
    await space.stat('7');
  });

  it('takes a refusal for a sign of life', async () => {
    const { space } = await against(answer(404, 'Not found.'));
    for (let attempt = 0; attempt < 10; attempt += 1) expect(await codeOf(space.open('8'))).toBe('not-found');
  });
});

describe('a probe', () => {
  it('tells the terms of a folder that opens', async () => {
    const { space } = await against(answer(200, top({ permission: 'read-write' })));
    expect(await space.probe()).toMatchObject({
      kind: 'ok',
      name: 'Plans',
      permission: 'read-write',
      expiresAt: null,
    });
    // A peer that tells no terms leaves those of the proposal.
    const silent = await against(answer(200, top()));
    expect(await silent.space.probe()).toMatchObject({ permission: undefined, expiresAt: undefined });
  });

  it.each([undefined, '', 'a/b', '..', 'AC\\DC', 'x'.repeat(5000)])(
    'is not put off by the name %j (F-11)',
    async (filename) => {
      const { space } = await against(answer(200, top({ filename, permission: 'read-write' })));
      expect(await space.probe()).toMatchObject({ kind: 'ok', node: { key: '7' } });
      expect(await space.stat('7')).toMatchObject({ key: '7' });
    },
  );

  it.each([
    ['refused', 401, 'Could not authorize request'],
    ['refused', 404, 'Not found.'],
    ['refused', 403, ''],
    ['trouble', 503, ''],
    ['trouble', 302, ''],
    ['trouble', 200, '<html>'],
    ['wrong', 200, top({ id: 9 })],
    ['wrong', 200, top({ is_folder: false, size: 1 })],
    ['wrong', 200, top({ status: 'DELETED' })],
    ['wrong', 200, top({ permission: 'everything' })],
    ['wrong', 200, top({ expires_at: 'soon' })],
    ['wrong', 200, []],
  ])('CRD-09 is %s for %i', async (kind, status, body) => {
    const asked: unknown[] = [];
    const { space } = await against(answer(status, body), {
      onRefused: () => Promise.reject(new Error(String(asked.push(1)))),
    });
    expect((await space.probe()).kind).toBe(kind);
    expect(asked).toEqual([]);
  });

  it('is trouble when nobody answers', async () => {
    const { space, peer } = await against(answer(200, top()));
    await peer.stop();
    expect((await space.probe()).kind).toBe('trouble');
  });
});

function okAnswer(body: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${String(body.length)}\r\n\r\n${body}`;
}

const doomed = new WeakSet<ScriptedPeer>();

/** A peer whose connections die under the next request, as idle ones do. */
async function dyingPeer() {
  const authorizations: string[] = [];
  const opened = await against((request: IncomingMessage, response: ServerResponse) => {
    authorizations.push(String(request.headers.authorization));
    if (!doomed.delete(opened.peer)) answer(200, top())(request, response);
    else request.socket.destroy();
  });
  return { ...opened, authorizations };
}

function dieOnNextRequest(peer: ScriptedPeer): void {
  doomed.add(peer);
}
