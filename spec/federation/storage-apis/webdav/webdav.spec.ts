import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { knowsQuota, unusableCount } from '../../../../src/files/index.js';
import { SECOND } from '../../../../src/kernel/index.js';
import {
  childrenIn,
  codeOf,
  inPieces,
  namesIn,
  noise,
  refusalOf,
  textOf,
  words,
} from '../../../contracts/file-space/harness.js';
import { sqliteBench } from '../../../support/each-database.js';
import { PROFILES, type DavCall, type ProfileName, type Stand } from '../../../support/scripted-peers/webdav/index.js';
import { against } from './support.js';

const bench = sqliteBench();
const { nextcloud, apache, nginx, rclone, sabre, seafile } = PROFILES;

/** A 207 of these responses. */
const told = (...responses: string[]): Stand => ({
  status: 207,
  headers: { 'content-type': 'application/xml' },
  body: `<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">${responses.join('')}</d:multistatus>`,
});
const one = (href: string, props: string): string =>
  `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
const FOLDER = '<d:resourcetype><d:collection/></d:resourcetype>';
const file = (size = 5, more = ''): string =>
  `<d:resourcetype/><d:getcontentlength>${String(size)}</d:getcontentlength><d:getetag>"t"</d:getetag>${more}`;

/** A space over a server that answers PROPFIND of its root with these responses. */
async function listing(...responses: string[]) {
  const opened = await against(bench);
  const { server, space } = opened;
  server.standIn = ({ method, path }) =>
    method === 'PROPFIND' && path === '/' ? told(one(`${server.base}/`, FOLDER), ...responses) : undefined;
  return { ...opened, nodes: () => childrenIn(space, space.rootKey) };
}

const DAV_BASE = '/some%20dir/dav';
const heard = (calls: readonly DavCall[], method: string): DavCall[] => calls.filter((call) => call.method === method);

describe('what goes out', () => {
  it('PXY-01 PXY-02 is built from the pinned root, the credentials of the share and nothing of whoever asked', async () => {
    const { space, server } = await against(bench);
    await space.find('/', 'a b&c?.txt');
    const [call] = server.heard;
    expect(call?.path).toBe('/a b&c?.txt');
    const { host, authorization, ...others } = call?.headers ?? {};
    expect(host).toMatch(/^localhost:/);
    expect(authorization).toBe(`Basic ${Buffer.from('bo:secret').toString('base64')}`);
    expect(others).toEqual({
      'user-agent': 'Footbridge',
      'accept-encoding': 'identity',
      connection: 'keep-alive',
      depth: '0',
      'content-type': 'application/xml; charset=utf-8',
      'content-length': others['content-length'],
    });
  });

  it.each(['', 'a', '/..', '/a/../b', '/./a', '//a', '/a//b', '/a\0', `/${'x/'.repeat(70)}x`, '/\ud800'])(
    'PXY-01 never holds the key %j',
    async (key) => {
      const { space, server } = await against(bench);
      for (const attempt of [
        () => space.stat(key),
        () => space.list(key),
        () => space.open(key),
        () => space.head(key),
        () => space.replace(key, words('x')),
        () => space.create(key, 'a', words('x')),
        () => space.makeFolder(key, 'a'),
        () => space.move(key, { name: 'a' }),
        () => space.remove(key),
        () => space.find(key, 'a'),
      ]) {
        expect(await codeOf(attempt())).toBe('not-found');
      }
      expect(server.heard).toEqual([]);
    },
  );

  it('PXY-01 goes nowhere but to the registered origins', async () => {
    const { space, server } = await against(bench, nextcloud, { origins: ['https://elsewhere.example'] });
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    expect(server.heard).toEqual([]);
  });

  it('SSR-03 follows a redirect to the same folder with its slash, and no other', async () => {
    const { space, server } = await against(bench, apache);
    await space.makeFolder('/', 'Plans');
    server.heard.splice(0);
    const other = await against(bench, apache);
    other.server.disk.makeFolder('/Plans');
    expect(await other.space.stat('/Plans')).toMatchObject({ kind: 'folder' });
    expect(other.server.heard.map(({ path }) => path)).toEqual(['/Plans', '/Plans/']);
    for (const location of [
      `${other.server.base}/Other/`,
      'https://elsewhere.example/',
      `${other.server.base}/Plans/?a`,
    ]) {
      other.server.standIn = ({ path }) => (path === '/x' ? { status: 301, headers: { location } } : undefined);
      expect(await codeOf(other.space.stat('/x'))).toMatch(/not-found|peer-failed/);
      expect(other.server.heard.some(({ path }) => path.startsWith('/Other'))).toBe(false);
    }
  });
});

describe('credentials', () => {
  const bearer = { kind: 'bearer', token: 'hush' } as const;
  const BASIC = `Basic ${Buffer.from('hush:').toString('base64')}`;

  it('of a bearer are tried as the user of Basic once, and that is remembered with the share', async () => {
    const opened = await against(bench, nextcloud, { credentials: bearer });
    const { server, space, again } = opened;
    server.opens = [BASIC];
    await space.stat('/');
    expect(server.heard.map(({ headers }) => headers.authorization)).toEqual(['Bearer hush', BASIC]);
    await space.stat('/');
    await again(true).stat('/');
    expect(server.heard.slice(2).map(({ headers }) => headers.authorization)).toEqual([BASIC, BASIC]);
  });

  it('of a bearer stay what they are where they are taken', async () => {
    const { server, space } = await against(bench, nextcloud, { credentials: bearer });
    server.opens = ['Bearer hush'];
    await space.stat('/');
    await space.create('/', 'a', words('1'));
    expect(new Set(server.heard.map(({ headers }) => headers.authorization))).toEqual(new Set(['Bearer hush']));
  });

  it('that are refused ask what is shared itself, and a refusal is never passed on as a 401', async () => {
    let asked = 0;
    const onRefused = () => Promise.resolve(void (asked += 1));
    const { server, space } = await against(bench, nextcloud, { onRefused });
    server.opens = ['nothing'];
    expect(await codeOf(space.list('/'))).toBe('peer-failed');
    expect(asked).toBe(1);
    expect(await space.probe()).toMatchObject({ kind: 'refused' });
  });

  it('of another storage API are refused before anybody is asked', async () => {
    const oauth = { kind: 'oauth1', token: 't', secret: 's' } as const;
    await expect(against(bench, nextcloud, { credentials: oauth })).rejects.toMatchObject({ code: 'peer-failed' });
  });
});

describe('a probe', () => {
  it.each([401, 403, 404, 410])('takes %i for a refusal, which ends nothing by itself (F-06)', async (status) => {
    const { server, space } = await against(bench);
    server.standIn = () => ({ status });
    expect(await space.probe()).toEqual({ kind: 'refused', detail: `answered ${String(status)}` });
  });

  it.each([500, 503, 429, 302, 200])('takes %i for trouble', async (status) => {
    const { server, space } = await against(bench);
    server.standIn = () => ({ status, headers: { 'retry-after': '7' } });
    expect(await space.probe()).toMatchObject({ kind: 'trouble' });
  });

  it('says what is shared, and on what terms as far as the server tells', async () => {
    const { server, space } = await against(bench, nextcloud, { expiresAt: 99 });
    // If the server does not tell it, the known permission is shown; the probe does not present it as the server's.
    const shared = { permission: 'read-write', expiresAt: 99 };
    const node = { key: '/', parentKey: null, kind: 'folder', name: 'dav', shared };
    expect(await space.probe()).toMatchObject({
      kind: 'ok',
      node,
      permission: 'read-write',
      expiresAt: undefined,
      keepsDesk: false,
    });
    server.mayWrite = false;
    expect(await space.probe()).toMatchObject({ kind: 'ok', permission: 'read-only' });
    const plain = await against(bench, sabre);
    expect(await plain.space.probe()).toMatchObject({ kind: 'ok', permission: undefined });
  });

  it.each([
    ['1793743199', 1_793_743_199_000],
    ['0', null],
    ['', undefined],
    ['-1', undefined],
    ['2026-11-02', undefined],
    ['9'.repeat(13), undefined],
  ])('reads the end of the share from our own property %j', async (text, expiresAt) => {
    const { server, space } = await against(bench, nextcloud, { expiresAt: 99 });
    const own = `<f:expiration xmlns:f="urn:x-footbridge:dav">${text}</f:expiration><oc:permissions>G</oc:permissions>`;
    server.standIn = () => told(one(`${server.base}/`, `${FOLDER}${own}`));
    expect(await space.probe()).toMatchObject({ kind: 'ok', expiresAt });
    expect((await space.stat('/')).shared?.expiresAt).toBe(expiresAt === undefined ? 99 : (expiresAt ?? undefined));
  });

  it.each([
    [
      '{http://open-cloud-mesh.org/ns}',
      'x:share-permissions xmlns:x="http://open-cloud-mesh.org/ns"',
      '["read","write"]',
      'read-write',
    ],
    [
      '{http://open-cloud-mesh.org/ns}',
      'x:share-permissions xmlns:x="http://open-cloud-mesh.org/ns"',
      '["read"]',
      'read-only',
    ],
    [
      '{http://open-collaboration-services.org/ns}',
      'x:share-permissions xmlns:x="http://open-collaboration-services.org/ns"',
      '15',
      'read-write',
    ],
    [
      '{http://open-collaboration-services.org/ns}',
      'x:share-permissions xmlns:x="http://open-collaboration-services.org/ns"',
      '17',
      'read-only',
    ],
  ])('reads the permission from %s', async (_space, tag, value, permission) => {
    const { server, space } = await against(bench);
    const property = `<${tag}>${value}</x:share-permissions>`;
    server.standIn = () => told(one(`${server.base}/`, `${FOLDER}${property}`));
    expect(await space.probe()).toMatchObject({ kind: 'ok', permission });
  });
});

describe('the room on a server', () => {
  it.each([
    ['<d:quota-used-bytes>5</d:quota-used-bytes><d:quota-available-bytes>7</d:quota-available-bytes>', 5, 7],
    ['<d:quota-used-bytes>5</d:quota-used-bytes><d:quota-available-bytes>-3</d:quota-available-bytes>', 5, undefined],
    ['<d:quota-available-bytes>7</d:quota-available-bytes>', undefined, 7],
  ])('is what it says with a listing, and is not asked for again: %s', async (said, used, available) => {
    const { server, space } = await against(bench);
    server.standIn = () => told(one(`${server.base}/`, `${FOLDER}${said}`));
    await space.list('/');
    const asked = server.heard.length;
    expect(knowsQuota(space) ? await space.quota('/') : undefined).toEqual({ used, available });
    expect(server.heard.length).toBe(asked);
  });
});

describe('a listing', () => {
  it('PTH-08 G9 keeps what can be believed, leaves hostile names and places out, and counts them', async () => {
    const href = (name: string): string => `${DAV_BASE}/${name}`;
    const { nodes, warnings, space } = await listing(
      one(href('a.txt'), file()),
      one(href('sub/'), FOLDER),
      ...['%2e%2e', '..%2fx', 'a%2fb', 'a%00b', 'x%ff', '%', 'a/b', 'x'.repeat(4_096)].map((name) =>
        one(href(name), file()),
      ),
      ...[
        'https://elsewhere.example/x',
        '/elsewhere/x',
        '//elsewhere/x',
        'x',
        `${DAV_BASE}x/y`,
        `${DAV_BASE}/q?a=b`,
      ].map((each) => one(each, file())),
      one(href('a.txt'), file()),
      one(href(''), FOLDER),
      '<d:response/>',
      '<d:other/>',
    );
    expect((await nodes()).map(({ key, kind }) => [key, kind])).toEqual([
      ['/a.txt', 'file'],
      ['/sub', 'folder'],
    ]);
    const { unusable = {} } = await space.list('/');
    expect(unusableCount(unusable)).toBe(18);
    expect(warnings).toMatchObject([{ folder: '/' }, { folder: '/' }]);
  });

  it('shows names that we would not give, under keys by which they are reached (F-11)', async () => {
    const names = ['a\\b', 'a\nb', 'x'.repeat(256), '\u202egnp.exe'];
    const { nodes } = await listing(...names.map((name) => one(`${DAV_BASE}/${encodeURIComponent(name)}`, file())));
    expect((await nodes()).map(({ key, name }) => [key, name])).toEqual(names.map((name) => [`/${name}`, name]));
  });

  it('is given up when little in it can be used (F-60)', async () => {
    const { nodes } = await listing(...Array.from({ length: 1_001 }, () => one('/elsewhere', file())));
    expect(await refusalOf(nodes())).toMatchObject({ code: 'peer-failed' });
  });

  it('DC-34 DC-10 compares addresses decoded, whatever was escaped', async () => {
    const names = ['%5b1%5D', '(2)', '%283%29', '4+4', '5%2b5', "6'", '%C3%BC', '%c3%a4', '100%25', 'a%2525b'];
    const base = '/some%20dir/%64av';
    const { nodes } = await listing(...names.map((name) => one(`${base}/${name}`, file())));
    expect((await nodes()).map(({ name }) => name)).toEqual([
      '[1]',
      '(2)',
      '(3)',
      '4+4',
      '5+5',
      "6'",
      'ü',
      'ä',
      '100%',
      'a%25b',
    ]);
  });

  it('takes hrefs with the host of the server, and the names that they end in, never what is displayed', async () => {
    const { server, space } = await against(bench, seafile);
    server.disk.write('/a.txt', Buffer.from('1'));
    expect(await namesIn(space, '/')).toEqual(['a.txt']);
    const shown = await listing(one(`${DAV_BASE}/a`, file(5, '<d:displayname>../../etc</d:displayname>')));
    expect((await shown.nodes()).map(({ name }) => name)).toEqual(['a']);
  });

  it('finds what is spelt in decomposed letters by its composed name', async () => {
    const { server, space } = await against(bench);
    server.disk.write('/cafe\u0301', Buffer.from('1'));
    const found = await space.find('/', 'caf\u00e9');
    expect(found).toMatchObject({ key: '/cafe\u0301', name: 'caf\u00e9' });
    expect(await textOf(space.open(found?.key ?? ''))).toBe('1');
  });

  it.each([
    ['too deep', (): string => '<d:x>'.repeat(40)],
    ['of an endless value', (): string => one(`${DAV_BASE}/a`, `<d:getetag>${'x'.repeat(9_000)}</d:getetag>`)],
    ['of a document type', (): string => '<!DOCTYPE x>'],
    ['of no XML', (): string => '<d:response>'],
  ])('G9 is refused when it is %s', async (_what, junk) => {
    const { nodes } = await listing(junk());
    expect(await codeOf(nodes())).toBe('peer-failed');
  });

  it('reads values as they are written: sizes, dates and tags', async () => {
    const at = Date.UTC(1994, 10, 6, 8, 49, 37);
    const dated = (text: string): string => file(5, `<d:getlastmodified a="b">${text}</d:getlastmodified>`);
    const { nodes } = await listing(
      one(`${DAV_BASE}/1`, dated('Sun, 6 Nov 1994 08:49:37 GMT')),
      one(`${DAV_BASE}/2`, dated('Sunday, 06-Nov-94 08:49:37 GMT')),
      one(`${DAV_BASE}/3`, dated('Sun Nov  6 08:49:37 1994')),
      one(`${DAV_BASE}/4`, dated('1994-11-06T08:49:37Z')),
      one(`${DAV_BASE}/5/`, `${FOLDER}<d:getcontentlength>4096</d:getcontentlength>`),
    );
    const found = await nodes();
    expect(found.slice(0, 4).map(({ modifiedAt }) => modifiedAt)).toEqual([at, at, at, at]);
    expect(found[4]).toMatchObject({ kind: 'folder', size: 0, bytesBelow: undefined, etag: '' });
    expect(found[0]?.etag).toMatch(/^"/);
  });

  it('knows what lies in a folder where the server says so, and takes nothing else for it (webdav.md 1.6, oc:size)', async () => {
    const { nodes } = await listing(
      ...['7000000000', '-1', '-2', '1e3', '9'.repeat(16), ''].map((said, index) =>
        one(`${DAV_BASE}/${String(index)}/`, `${FOLDER}<oc:size>${said}</oc:size>`),
      ),
      one(`${DAV_BASE}/file`, file(5, '<oc:size>7</oc:size>')),
    );
    const found = await nodes();
    expect(found.map(({ bytesBelow }) => bytesBelow)).toEqual([7_000_000_000, ...new Array(6).fill(undefined)]);
    expect(found.at(-1)?.size).toBe(5);
  });

  it('asks a file whose size is not listed for its head, and leaves it out when that does not say either', async () => {
    const { space, server } = await listing(
      one(`${DAV_BASE}/a`, '<d:resourcetype/>'),
      one(`${DAV_BASE}/b`, '<d:resourcetype/>'),
    );
    server.disk.write('/a', Buffer.from('seven b'));
    const { unusable } = await space.list('/');
    expect((await childrenIn(space, '/')).map(({ name, size }) => [name, size])).toEqual([['a', 7]]);
    expect(unusable).toEqual({ size: 1 });
  });

  it('DC-38 takes a 207 that says 404, or tells no property, for what is not there', async () => {
    const { space, server } = await against(bench, nginx);
    expect(await codeOf(space.stat('/a'))).toBe('not-found');
    expect(await space.find('/', 'a')).toBeUndefined();
    const empty = `<d:response><d:href>${server.base}/a</d:href><d:propstat><d:prop><d:getetag/></d:prop><d:status>HTTP/1.1 404 Not Found</d:status></d:propstat></d:response>`;
    server.standIn = () => told(empty);
    expect(await codeOf(space.stat('/a'))).toBe('not-found');
  });

  it('DC-35 asks again with the slash where a folder without it is a page, and is refused for pages', async () => {
    const { space, server } = await against(bench, seafile);
    server.disk.makeFolder('/Plans');
    expect(await space.stat('/Plans')).toMatchObject({ kind: 'folder' });
    server.standIn = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html/>' });
    expect(await codeOf(space.stat('/Plans'))).toBe('peer-failed');
  });

  it('learns that something was renamed elsewhere, and that a content has changed', async () => {
    const { space, server, clock } = await against(bench);
    const made = await space.create('/', 'a', words('1'));
    server.disk.move('/a', '/b');
    expect(await childrenIn(space, '/')).toMatchObject([{ key: '/b', version: 2, status: 'RENAMED', etag: made.etag }]);
    clock.advance(SECOND);
    server.disk.write('/b', Buffer.from('other'));
    expect(await space.stat('/b')).toMatchObject({ version: 3, status: 'CHANGED', checksum: 0 });
  });

  it('takes a content for another one although its tag stayed: a tag alone proves nothing', async () => {
    const { space, server } = await against(bench, { ...nextcloud, keepsTags: true });
    const made = await space.create('/', 'a', words('1'));
    server.disk.write('/a', Buffer.from('longer'), { keepsTag: true });
    const found = await space.stat('/a');
    expect(found.version).toBe(2);
    expect(found.etag).not.toBe(made.etag);
  });
});

describe('a change', () => {
  it('is bound to the tag of the server where it keeps to that, which is tried once per mount', async () => {
    const { space, server, again } = await against(bench);
    expect(space.abilities.conditionalWrites).toBe(false);
    const made = await space.create('/', 'a', words('1'));
    expect(space.abilities.conditionalWrites).toBe(true);
    await again(true).replace(made.key, words('2'));
    const tries = heard(server.heard, 'PUT').filter(({ path }) => path.startsWith('/.fb-try-'));
    expect(tries).toHaveLength(1);
    const [, create, replace] = heard(server.heard, 'PUT');
    expect(create?.headers).toMatchObject({ 'if-none-match': '*', 'content-length': '1' });
    expect(replace?.headers['if-match']).toMatch(/^"[0-9a-f]{16}"$/);
  });

  it.each<ProfileName>(['nginx', 'rclone'])(
    'says that it cannot be bound where %s does not look, and leaves nothing of the trial',
    async (profile) => {
      const { space, server } = await against(bench, PROFILES[profile]);
      await space.create('/', 'a', words('1'));
      expect(space.abilities.conditionalWrites).toBe(false);
      expect(server.disk.inside('/')).toEqual(['/a']);
      const refused = await refusalOf(space.create('/', 'a', words('2')));
      expect(refused).toMatchObject({ reason: 'name-taken' });
    },
  );

  it('never leaves half of an upload, not even at a server that would keep it', async () => {
    const { space, server } = await against(bench, rclone);
    const content = noise(300_000);
    await space.create('/', 'a', words('old'));
    const body = inPieces(content, 50_000, 200_000);
    expect(await codeOf(space.put('/', 'a', { body, length: content.length }))).toBe('invalid');
    expect(server.disk.find('/a')?.content?.toString()).toBe('old');
  });

  it('always has a length: what comes without one is kept here first', async () => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', { body: Readable.from([Buffer.from('un'), Buffer.from('announced')]) });
    expect(heard(server.heard, 'PUT').at(-1)?.headers).toMatchObject({ 'content-length': '11' });
    expect(heard(server.heard, 'PUT').at(-1)?.headers['transfer-encoding']).toBeUndefined();
  });

  it('is refused when the server has taken something else than was sent', async () => {
    const { space, server } = await against(bench);
    await space.stat('/');
    server.standIn = ({ method, path }) =>
      method === 'PROPFIND' && path === '/a' ? told(one(`${server.base}/a`, file(999))) : undefined;
    expect(await codeOf(space.create('/', 'a', words('1')))).toBe('peer-failed');
  });

  it('carries the time of a content, and remembers it where the server does not', async () => {
    const at = 784_111_777_000;
    const kept = await against(bench);
    expect(await kept.space.create('/', 'a', words('1'), { contentAt: at })).toMatchObject({
      contentAt: at,
      modifiedAt: at,
    });
    expect(heard(kept.server.heard, 'PUT').at(-1)?.headers['x-oc-mtime']).toBe('784111777');
    const { space, server, clock, again } = await against(bench, sabre);
    await space.create('/', 'a', words('1'), { contentAt: at });
    expect(await again(true).stat('/a')).toMatchObject({ contentAt: at, checksum: 0x00320032 });
    clock.advance(SECOND);
    server.disk.write('/a', Buffer.from('2'));
    const changed = await space.stat('/a');
    expect(changed).toMatchObject({ checksum: 0, contentAt: changed.modifiedAt });
  });

  it('names a whole address as its destination, and never overwrites', async () => {
    const { space, server } = await against(bench);
    const folder = await space.makeFolder('/', 'a b');
    await space.move(folder.key, { name: 'c d' });
    await space.copy('/c d', { parentKey: '/', name: 'e' });
    const [move, copy] = [heard(server.heard, 'MOVE')[0], heard(server.heard, 'COPY')[0]];
    expect(move?.headers).toMatchObject({ destination: `${server.url}c%20d/`, overwrite: 'F' });
    expect(copy?.headers).toMatchObject({ destination: `${server.url}e/`, overwrite: 'F' });
    expect(move?.path).toBe('/a b/');
  });

  it.each([
    ['MOVE', 207, 'peer-failed'],
    ['MOVE', 502, 'peer-failed'],
    ['DELETE', 207, 'peer-failed'],
    ['DELETE', 423, 'locked'],
    ['PUT', 423, 'locked'],
    ['PUT', 507, 'quota'],
    ['PUT', 413, 'too-large'],
    ['PUT', 403, 'forbidden'],
    ['MKCOL', 507, 'quota'],
    ['MKCOL', 301, 'peer-failed'],
  ])('%s that is answered %i is refused as %s, and nothing is known to have changed', async (method, status, code) => {
    const { space, server } = await against(bench);
    const made = await space.create('/', 'a', words('1'));
    server.standIn = (call) => (call.method === method ? { status } : undefined);
    const change: Record<string, () => Promise<unknown>> = {
      MOVE: () => space.move(made.key, { name: 'b' }),
      DELETE: () => space.remove(made.key),
      PUT: () => space.replace(made.key, words('2')),
      MKCOL: () => space.makeFolder('/', 'b'),
    };
    expect(await codeOf(change[method]?.() ?? Promise.resolve())).toBe(code);
    server.standIn = undefined;
    expect(await space.stat(made.key)).toEqual(made);
  });

  it('takes what is gone already for deleted', async () => {
    const { space, server } = await against(bench);
    const made = await space.create('/', 'a', words('1'));
    server.standIn = ({ method }) => (method === 'DELETE' ? { status: 404 } : undefined);
    expect(await space.remove(made.key)).toMatchObject({ status: 'DELETED' });
  });

  it('of a server that wants the slash has it', async () => {
    const { space } = await against(bench, nginx);
    const folder = await space.makeFolder('/', 'a');
    const moved = await space.move(folder.key, { name: 'b' });
    expect(await space.remove(moved.key)).toMatchObject({ status: 'DELETED' });
  });
});

describe('a server that wants to be left alone', () => {
  it.each([429, 503])('with %i and Retry-After is not asked before', async (status) => {
    const { space, server, clock } = await against(bench);
    server.standIn = () => ({ status, headers: { 'retry-after': '20' } });
    expect(await codeOf(space.stat('/'))).toBe('peer-failed');
    server.standIn = undefined;
    const asked = server.heard.length;
    expect(await refusalOf(space.stat('/'))).toMatchObject({ code: 'unavailable', retryAfter: 20 });
    expect(server.heard).toHaveLength(asked);
    clock.advance(20 * SECOND);
    expect(await space.stat('/')).toMatchObject({ kind: 'folder' });
  });
});

describe('a content', () => {
  const range = { kind: 'from', start: 2, end: 3 } as const;

  it('PXY-05 in part is the part that was asked for, of what was listed', async () => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', words('012345'));
    for (const [asked, body] of [
      ['bytes 0-1/6', '01'],
      ['bytes 2-4/6', '234'],
      ['bytes 2-3/9', '23'],
      ['', '23'],
    ] as const) {
      server.standIn = ({ method }) =>
        method === 'GET' ? { status: 206, headers: { 'content-range': asked }, body } : undefined;
      expect(await codeOf(space.open('/a', { range }))).toBe('peer-failed');
    }
  });

  it('is skipped to its part where ranges are not served, and taken whole from then on where that is far', async () => {
    const { space, server, again } = await against(bench, { ...nextcloud, ignoresRanges: true });
    await space.create('/', 'a', words('012345'));
    const part = await space.open('/a', { range });
    expect(part).toMatchObject({ range: { start: 2, end: 3 } });
    expect(await textOf(Promise.resolve(part))).toBe('23');
    server.disk.write('/big', noise(9 * 1024 * 1024));
    const far = { kind: 'last', length: 5 } as const;
    expect(await codeOf(space.open('/big', { range: far }))).toBe('peer-failed');
    expect(await again(true).head('/big')).toMatchObject({ takesRanges: false });
    const whole = await space.open('/big', { range: far });
    expect(whole).toMatchObject({ size: 9 * 1024 * 1024, range: undefined, takesRanges: false });
    if (whole.outcome === 'content') whole.body.destroy();
  });

  it('PXY-05 is broken off when it is longer or shorter than it was listed', async () => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', words('012345'));
    for (const body of ['01234', '0123456']) {
      server.standIn = ({ method }) => (method === 'GET' ? { status: 200, body } : undefined);
      expect(await codeOf(space.open('/a'))).toBe('peer-failed');
    }
    for (const [start, ends] of [
      ['01234', 'fewer'],
      ['0123456', 'more'],
    ] as const) {
      server.standIn = ({ method }) => (method === 'GET' ? { status: 200, body: start, chunked: true } : undefined);
      await expect(textOf(space.open('/a'))).rejects.toMatchObject({ detail: expect.stringContaining(ends) as string });
    }
  });

  it('is no page of the server where something else was listed', async () => {
    const { space, server } = await against(bench);
    server.disk.write('/a.png', Buffer.from('012345'));
    server.standIn = ({ method }) =>
      method === 'GET' ? { status: 200, headers: { 'content-type': 'text/html' }, body: '<html>' } : undefined;
    expect(await codeOf(space.open('/a.png'))).toBe('peer-failed');
  });

  it('that changes between the two questions is asked about again, and read as it then is', async () => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', words('old'));
    let changed = false;
    server.standIn = ({ method }) => {
      if (method === 'GET' && !changed) {
        changed = true;
        server.disk.write('/a', Buffer.from('number two'));
      }
      return undefined;
    };
    const opened = await space.open('/a');
    expect(await textOf(Promise.resolve(opened))).toBe('number two');
    expect(opened.etag).toBe((await space.stat('/a')).etag);
  });

  it.each([
    [4, 'read as it then is'],
    [5, 'peer-failed'],
  ])('that changes %i times in a row between the two questions is %s', async (times, outcome) => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', words('old'));
    let asked = 0;
    server.standIn = ({ method }) => {
      if (method === 'GET' && (asked += 1) <= times) server.disk.write('/a', Buffer.alloc(asked + 10, 'x'));
      return undefined;
    };
    if (outcome === 'peer-failed') expect(await codeOf(space.open('/a'))).toBe(outcome);
    else expect(await textOf(space.open('/a'))).toHaveLength(times + 10);
  });

  it('PXY-04 is asked for as it is, and refused when it is coded', async () => {
    const { space, server } = await against(bench);
    await space.create('/', 'a', words('012345'));
    server.standIn = ({ method }) =>
      method === 'GET' ? { status: 200, headers: { 'content-encoding': 'gzip' }, body: '012345' } : undefined;
    expect(await codeOf(space.open('/a'))).toBe('peer-failed');
  });
});
