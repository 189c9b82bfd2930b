import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTown, PASSWORD } from '../../support/open-pair.js';
import { basic, DavProgram, openDavStory, xmlOf, type DavStory } from './dav-story.js';

const METHODS = [
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'PROPPATCH'],
  ...['MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT'],
];

const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';

describe('who comes in', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
  });
  afterAll(() => story.close());

  it('every method asks for Basic alone, with the name of the cloud (DC-23)', async () => {
    const { anaDav, ana } = story;
    const wrong = [
      undefined,
      basic(ana.email, 'wrong'),
      basic('eve@alder.example', 'x'),
      'Bearer abc',
      'Bearer',
      'Basic',
      'Basic !!',
    ];
    for (const method of METHODS) {
      for (const authorization of wrong.slice(0, method === 'GET' ? undefined : 2)) {
        const { status, headers } = await anaDav.as(authorization).call(method, '/dav/x');
        expect([method, authorization, status]).toEqual([method, authorization, 401]);
        expect(headers['www-authenticate']).toBe('Basic realm="Alder", charset="UTF-8"');
        expect(headers['set-cookie']).toBeUndefined();
      }
    }
  });

  it('every method with somebody else’s password finds nothing of theirs, and with one’s own nothing of others', async () => {
    const { anaDav, cleoDav, ana } = story;
    await story.forgetLimits();
    await anaDav.call('MKCOL', '/dav/Private');
    await anaDav.put('/dav/Private/secret.txt', 'secret');
    const [, password = ''] = Buffer.from((cleoDav.authorization ?? '').slice('Basic '.length), 'base64')
      .toString()
      .split(':');
    for (const method of METHODS) {
      const destination = { destination: '/dav/x' };
      const mixed = await anaDav.as(basic(ana.email, password)).call(method, '/dav/Private/secret.txt', {
        headers: destination,
      });
      expect([method, mixed.status]).toEqual([method, 401]);
      const theirs = await cleoDav.call(method, '/dav/Private/secret.txt', {
        headers: { ...destination, depth: '0', 'x-recalculate-hash': 'md5', 'lock-token': '<urn:uuid:x>' },
        ...(method === 'LOCK' ? { body: LOCK } : {}),
      });
      const makes = ['PUT', 'MKCOL', 'LOCK'].includes(method);
      expect([method, theirs.status, theirs.text.includes('secret')]).toEqual([method, makes ? 409 : 404, false]);
    }
    await story.forgetLimits();
    expect((await anaDav.call('GET', '/dav/Private/secret.txt')).text).toBe('secret');
  });

  it('the account’s own password opens nothing', async () => {
    const { anaDav, ana } = story;
    expect((await anaDav.as(basic(ana.email, PASSWORD)).call('PROPFIND', '/dav/')).status).toBe(401);
  });

  it('an address counts whatever its letters, and a withdrawn password no more', async () => {
    const { alder, ana, anaDav } = story;
    const { id, password } = await alder.services.apps.appPasswords.add(ana.accountId, 'once');
    const program = anaDav.as(basic(ana.email.toUpperCase(), password));
    expect((await program.call('GET', '/dav/')).status).toBe(200);
    await alder.services.apps.appPasswords.remove(id);
    expect((await program.call('GET', '/dav/')).status).toBe(401);
  });

  it('cookies of a session open nothing (WEB-12)', async () => {
    const { ana, alder, anaDav } = story;
    await ana.browser.signIn(alder.url);
    const cookie = ana.browser.browser.cookies.header(new URL(alder.url), { method: 'GET', sameSite: true });
    expect((await anaDav.as(undefined).call('PROPFIND', '/dav/', { headers: { cookie: cookie ?? '' } })).status).toBe(
      401,
    );
  });

  it('OPTIONS is answered to everybody, at every address and at the top of the host (DC-01, DC-02)', async () => {
    const nobody = story.anaDav.as(undefined);
    for (const path of ['/', '/dav', '/dav/', '/dav/no/such/thing']) {
      const { status, headers, text: body } = await nobody.call('OPTIONS', path);
      expect([path, status, body, headers['content-length']]).toEqual([path, 200, '', '0']);
      expect(headers['dav']).toBe('1, 2, 3, extended-mkcol');
      expect(headers['ms-author-via']).toBe('DAV');
      expect(headers['allow']).toContain('PROPFIND');
    }
  });

  it('at the top of the host and at pages PROPFIND is 405, never a way to somewhere else (DC-12)', async () => {
    for (const path of ['/', '/files']) {
      expect((await story.anaDav.call('PROPFIND', path, { headers: { depth: '0' } })).status).toBe(405);
    }
  });

  it('twenty misses a minute are enough, from there and for that name only (ACC-02)', async () => {
    const { cleo, cleoDav, anaDav } = story;
    const wrong = cleoDav.as(basic(cleo.email, 'wrong'));
    for (let miss = 0; miss < 20; miss += 1) expect((await wrong.call('GET', '/dav/')).status).toBe(401);
    const { status, headers } = await cleoDav.call('GET', '/dav/');
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    expect((await anaDav.call('GET', '/dav/')).status).toBe(200);
    await story.forgetLimits();
    expect((await cleoDav.call('GET', '/dav/')).status).toBe(200);
  });

  it('a stranger’s body is never drawn, not even after Expect (PXY-09, DC-27)', async () => {
    const { port } = new URL(story.alder.url);
    const socket = connect(Number(port), 'localhost');
    socket.write(
      `PUT /dav/big.bin HTTP/1.1\r\nHost: localhost:${port}\r\nContent-Length: 1000000\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n`,
    );
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
    expect(answer).not.toContain('100 Continue');
  });

  it('whoever waits for 100 gets it where the body is wanted, and the connection stays (DC-28)', async () => {
    const { port } = new URL(story.alder.url);
    const { anaDav } = story;
    const head = `Host: localhost:${port}\r\nAuthorization: ${anaDav.authorization ?? ''}\r\n`;
    const socket = connect(Number(port), 'localhost');
    let heard = '';
    const came = (what: RegExp): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (what.test(heard)) resolve();
        };
        socket.on('data', (piece: Buffer) => {
          heard += piece.toString();
          look();
        });
        look();
      });
    socket.write(`PUT /dav/small.txt HTTP/1.1\r\n${head}Content-Length: 5\r\nExpect: 100-continue\r\n\r\n`);
    await came(/^HTTP\/1\.1 100 Continue\r\n\r\n/);
    socket.write('hello');
    await came(/HTTP\/1\.1 201 Created/);
    socket.write(`GET /dav/small.txt HTTP/1.1\r\n${head}Connection: close\r\n\r\n`);
    await came(/hello$/);
    socket.destroy();
  });

  it('refusals that need no body come before it, for those who are known, too (PXY-09)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/here.txt', 'x');
    await anaDav.call('MKCOL', '/dav/Folder');
    const expect100 = (path: string, headers: Readonly<Record<string, string>> = {}) =>
      anaDav.call('PUT', path, {
        headers: { 'content-length': '1000000', connection: 'close', expect: '100-continue', ...headers },
      });
    await anaDav.call('MKCOL', '/dav/Looked');
    await anaDav.put('/dav/Looked/at.txt', 'x');
    await story.shareWithCleo('Looked', 'read-only');
    await anaDav.put('/dav/held.txt', 'x');
    await anaDav.call('LOCK', '/dav/held.txt', { body: LOCK });
    const read = await story.cleoDav.call('PUT', '/dav/Looked/at.txt', {
      headers: { 'content-length': '1000000', connection: 'close', expect: '100-continue' },
    });
    expect(read.status).toBe(403);
    const patch = await anaDav.call('PROPPATCH', '/dav/here.txt', {
      headers: { 'content-length': '1000000', connection: 'close', expect: '100-continue' },
    });
    expect(patch.status).toBe(413);
    for (const [path, headers, status] of [
      ['/dav/held.txt', {}, 423],
      ['/dav/none/x', {}, 409],
      ['/dav/Folder', {}, 405],
      ['/dav/here.txt', { 'if-none-match': '*' }, 412],
      ['/dav/here.txt', { 'if-match': '"x"' }, 412],
      ['/dav/here.txt', { 'content-encoding': 'gzip' }, 415],
      ['/dav/here.txt', { 'content-range': 'bytes 0-1/2' }, 400],
    ] as const) {
      expect([path, (await expect100(path, headers)).status]).toEqual([path, status]);
    }
    expect((await anaDav.call('GET', '/dav/here.txt')).text).toBe('x');
  });

  it('refusals are XML in the words that clients read, without a trace of us (SEC-04)', async () => {
    const { anaDav } = story;
    const missing = await anaDav.call('GET', '/dav/no.txt');
    expect(missing.status).toBe(404);
    expect(missing.headers['content-type']).toBe('application/xml; charset=utf-8');
    const root = await xmlOf(missing.text);
    expect(root).toMatchObject({ namespace: 'DAV:', name: 'error' });
    expect(missing.text).toContain('<s:exception>Sabre\\DAV\\Exception\\NotFound</s:exception>');
    const bad = await anaDav.call('GET', '/dav/a%2fb');
    expect([bad.status, bad.text.includes('OC\\Connector\\Sabre\\Exception\\InvalidPath')]).toEqual([400, true]);
    const method = await anaDav.call('POST', '/dav/here.txt');
    expect([method.status, method.headers['allow']?.includes('PROPFIND')]).toEqual([405, true]);
    expect((await anaDav.call('HEAD', '/dav/no.txt')).text).toBe('');
  });

  it.each(['/dav/%00', '/dav/a%0ab', '/dav/%5c', '/dav/a//b', '/dav/%ff', '/dav/%'])(
    '%s is 400, and so it is as a destination (PTH-01, PTH-02)',
    async (path) => {
      const { anaDav } = story;
      await anaDav.put('/dav/source.txt', 'x');
      expect((await anaDav.call('GET', path)).status).toBe(400);
      expect((await anaDav.put(path, 'x')).status).toBe(400);
      expect((await anaDav.call('COPY', '/dav/source.txt', { headers: { destination: path } })).status).toBe(400);
    },
  );

  it('dot segments in a target are refused, escaped or not (PTH-02)', async () => {
    for (const path of ['/dav/../v1/file', '/dav/%2e%2e/x', '/dav/./x']) {
      expect((await story.anaDav.call('GET', path)).status).toBe(400);
    }
  });

  it('a deep path whose names are all escaped fits into the headers (431 is no answer to it)', async () => {
    const { anaDav } = story;
    const name = encodeURIComponent('é'.repeat(127));
    const path = `/dav${`/${name}`.repeat(15)}`;
    const answer = await anaDav.call('MOVE', path, {
      headers: { destination: path, if: `<${anaDav.url}${path}> (Not <DAV:no-lock>)` },
    });
    expect(answer.status).toBe(404);
  });

  it('a folder answers GET with a few words, never with a way to the sign-in; no dot is in its address (DC-33)', async () => {
    const { status, headers, text: page } = await story.anaDav.call('GET', '/dav/');
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(page).toContain('href="/files"');
  });
});

describe('over plain http', () => {
  it('nobody is asked for a password (ACC-03)', async () => {
    const town = await openTown(() => Promise.resolve({ FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'false' }));
    try {
      const { url } = await town.found('Alder');
      const program = new DavProgram(url, basic('ana@alder.example', 'a password'));
      const { status, headers } = await program.call('PROPFIND', '/dav/');
      expect(status).toBe(403);
      expect(headers['www-authenticate']).toBeUndefined();
      expect((await program.call('OPTIONS', '/dav/')).status).toBe(200);
      // Another cloud would take 403 for the end of a share (open-cloud-mesh.md 8).
      for (const path of ['/public.php/webdav/', '/dav/ocm/x/']) {
        const { status: told } = await program.as(basic('a-secret', '')).call('PROPFIND', path);
        expect([path, told]).toEqual([path, 503]);
      }
    } finally {
      await town.close();
    }
  });
});
