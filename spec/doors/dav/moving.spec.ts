import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openDavStory, propsOf, type DavStory } from './dav-story.js';

const SET =
  '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><a xmlns="urn:x">1</a></d:prop></d:set></d:propertyupdate>';

describe('COPY and MOVE', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
    await story.anaDav.call('MKCOL', '/dav/Box');
  });
  afterAll(() => story.close());

  const act = (method: 'COPY' | 'MOVE', from: string, destination: string, headers: Record<string, string> = {}) =>
    story.anaDav.call(method, from, { headers: { destination, ...headers } });
  const read = async (path: string): Promise<string | number> => {
    const { status, text } = await story.anaDav.call('GET', path);
    return status === 200 ? text : status;
  };
  const fileId = async (path: string) => (await story.anaDav.property(path, 'oc:fileid'))?.text;

  it('go to a path, or to any spelling of our own address (DC-06, DC-07)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/a.txt', 'a');
    const { host } = new URL(anaDav.url);
    for (const [at, destination] of ['/dav/Box/1', `http://${host}/dav/Box/2`, `https://${host}/dav/Box/3`].entries()) {
      const { status, headers } = await act('COPY', '/dav/a.txt', destination);
      expect([status, headers['location']]).toEqual([201, `/dav/Box/${String(at + 1)}`]);
      expect(await read(`/dav/Box/${String(at + 1)}`)).toBe('a');
    }
  });

  it('go nowhere else (DAV-02)', async () => {
    const { anaDav, alder } = story;
    await anaDav.put('/dav/stay.txt', 'x');
    const connections = alder.connections.length;
    for (const [destination, status] of [
      ['http://evil.example/dav/x', 502],
      ['http://localhost:1/dav/x', 502],
      ['/v1/file', 502],
      ['/davx/y', 502],
      ['/dav/../x', 400],
      ['/dav/%2e%2e/x', 400],
      ['/dav/a#b', 400],
      ['/dav/%zz', 400],
      ['/dav/none/x', 409],
      ['/dav/stay.txt/x', 409],
      ['/dav/', 403],
    ] as const) {
      for (const method of ['COPY', 'MOVE'] as const) {
        expect([destination, (await act(method, '/dav/stay.txt', destination)).status]).toEqual([destination, status]);
      }
    }
    expect((await anaDav.call('COPY', '/dav/stay.txt')).status).toBe(400);
    expect((await act('COPY', '/dav/no.txt', '/dav/x')).status).toBe(404);
    expect(await read('/dav/stay.txt')).toBe('x');
    expect(alder.connections.length).toBe(connections);
  });

  it('a move keeps id, tag and time; a copy has an id of its own and the same tag', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/m.txt', 'm');
    const [id, tag] = [await fileId('/dav/m.txt'), await anaDav.tag('/dav/m.txt')];
    const moved = await act('MOVE', '/dav/m.txt', '/dav/Box/m2.txt');
    expect([moved.status, moved.headers.etag]).toEqual([201, tag]);
    expect([await fileId('/dav/Box/m2.txt'), await read('/dav/m.txt')]).toEqual([id, 404]);
    await act('COPY', '/dav/Box/m2.txt', '/dav/m3.txt');
    expect(await anaDav.tag('/dav/m3.txt')).toBe(tag);
    expect(await fileId('/dav/m3.txt')).not.toBe(id);
    expect((await act('MOVE', '/dav/m3.txt', '/dav/M3.txt')).status).toBe(201);
    expect(await read('/dav/M3.txt')).toBe('m');
  });

  it('replace what is there unless they are told not to, when the new is whole', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/from.txt', 'from');
    await anaDav.put('/dav/to.txt', 'to');
    const id = await fileId('/dav/to.txt');
    for (const method of ['COPY', 'MOVE'] as const) {
      expect((await act(method, '/dav/from.txt', '/dav/to.txt', { overwrite: 'F' })).status).toBe(412);
      expect((await act(method, '/dav/from.txt', '/dav/to.txt', { overwrite: 'maybe' })).status).toBe(400);
    }
    expect(await read('/dav/to.txt')).toBe('to');
    // A copy is new content of the file that was there.
    expect((await act('COPY', '/dav/from.txt', '/dav/to.txt')).status).toBe(204);
    expect([await read('/dav/to.txt'), await fileId('/dav/to.txt')]).toEqual(['from', id]);
    const source = await fileId('/dav/from.txt');
    expect((await act('MOVE', '/dav/from.txt', '/dav/to.txt')).status).toBe(204);
    expect([await read('/dav/from.txt'), await fileId('/dav/to.txt')]).toEqual([404, source]);
  });

  it('a copy of a file reads and writes none of its bytes, onto a free name and onto a file alike', async () => {
    const { anaDav, alder } = story;
    const large = Buffer.alloc(2_000_000, 'x');
    await anaDav.put('/dav/large.bin', large, { 'x-oc-mtime': '1000000000' });
    const tag = await anaDav.tag('/dav/large.bin');
    await anaDav.call('PROPPATCH', '/dav/large.bin', { body: SET });
    await anaDav.put('/dav/old.bin', 'old');
    const id = await fileId('/dav/old.bin');
    const used = () => anaDav.property('/dav/', 'quota-used-bytes').then((value) => Number(value?.text));
    const before = await used();
    const { contents } = alder.services.base;
    const [opened, put] = [vi.spyOn(contents, 'open'), vi.spyOn(contents, 'put')];
    for (const [to, status] of [
      ['/dav/free.bin', 201],
      ['/dav/old.bin', 204],
      ['/dav/Box/large.bin', 201],
    ] as const) {
      const copied = await act('COPY', '/dav/large.bin', to);
      expect([to, copied.status, copied.headers.etag]).toEqual([to, status, tag]);
      expect((await anaDav.property(to, 'getlastmodified'))?.text).toBe('Sun, 09 Sep 2001 01:46:40 GMT');
      const [kept] = [...(await anaDav.find(to, '0', propsOf('x:a'))).values()];
      expect(kept?.get('urn:x:a')?.text).toBe('1');
    }
    expect([opened.mock.calls.length, put.mock.calls.length]).toEqual([0, 0]);
    vi.restoreAllMocks();
    expect(await fileId('/dav/old.bin')).toBe(id);
    expect((await used()) - before).toBe(3 * large.length);
    expect((await anaDav.call('GET', '/dav/old.bin')).body.equals(large)).toBe(true);
    const moment = { 'x-oc-mtime': '1100000000' };
    expect((await act('COPY', '/dav/large.bin', '/dav/old.bin', moment)).headers['x-oc-mtime']).toBe('accepted');
    expect((await anaDav.property('/dav/old.bin', 'getlastmodified'))?.text).toBe('Tue, 09 Nov 2004 11:33:20 GMT');
  });

  it('a file over a folder, a folder over a file or a folder: replaced, never merged', async () => {
    const { anaDav } = story;
    const make = async (): Promise<void> => {
      for (const path of ['/dav/F', '/dav/G']) {
        await anaDav.call('DELETE', path);
        await anaDav.call('MKCOL', path);
        await anaDav.put(`${path}/${path.slice(-1)}.txt`, path);
      }
      await anaDav.put('/dav/f.txt', 'file');
    };
    for (const method of ['COPY', 'MOVE'] as const) {
      await make();
      expect((await act(method, '/dav/F', '/dav/G')).status).toBe(204);
      expect([await read('/dav/G/F.txt'), await read('/dav/G/G.txt')]).toEqual(['/dav/F', 404]);
      expect(await read('/dav/F/F.txt')).toBe(method === 'COPY' ? '/dav/F' : 404);
      await make();
      expect((await act(method, '/dav/f.txt', '/dav/G')).status).toBe(204);
      expect(await read('/dav/G')).toBe('file');
      await make();
      await anaDav.call('DELETE', '/dav/G');
      await anaDav.put('/dav/G', 'g');
      expect((await act(method, '/dav/F', '/dav/G')).status).toBe(204);
      expect(await read('/dav/G/F.txt')).toBe('/dav/F');
    }
    expect([...(await anaDav.find('/dav/', '1')).keys()].some((href) => href.includes('.fb-part-'))).toBe(false);
  });

  it('never into themselves, onto themselves, or onto what holds them (PTH-06)', async () => {
    const { anaDav } = story;
    await anaDav.call('MKCOL', '/dav/Self');
    await anaDav.call('MKCOL', '/dav/Self/Inner');
    for (const method of ['COPY', 'MOVE'] as const) {
      expect((await act(method, '/dav/Self', '/dav/Self')).status).toBe(403);
      expect((await act(method, '/dav/Self', '/dav/Self/')).status).toBe(403);
      expect((await act(method, '/dav/Self', '/dav/Self/Inner/x')).status).toBe(409);
      expect((await act(method, '/dav/Self/Inner', '/dav/Self')).status).toBe(409);
    }
    expect((await act('MOVE', '/dav/', '/dav/x')).status).toBe(403);
    expect((await anaDav.find('/dav/Self', '1')).size).toBe(2);
  });

  it('a folder is moved whole; it is copied whole or alone, with what is kept of it', async () => {
    const { anaDav } = story;
    await anaDav.call('MKCOL', '/dav/Deep');
    await anaDav.put('/dav/Deep/x.txt', 'x');
    await anaDav.call('PROPPATCH', '/dav/Deep', { body: SET });
    expect((await act('MOVE', '/dav/Deep', '/dav/Deep2', { depth: '0' })).status).toBe(400);
    expect((await act('COPY', '/dav/Deep', '/dav/Deep2', { depth: '1' })).status).toBe(400);
    expect((await act('COPY', '/dav/Deep', '/dav/Alone', { depth: '0' })).status).toBe(201);
    expect((await anaDav.find('/dav/Alone', '1')).size).toBe(1);
    const [alone] = [...(await anaDav.find('/dav/Alone', '0', propsOf('x:a'))).values()];
    expect(alone?.get('urn:x:a')?.text).toBe('1');
    expect((await act('COPY', '/dav/Deep', '/dav/Whole')).status).toBe(201);
    expect(await read('/dav/Whole/x.txt')).toBe('x');
    expect((await act('MOVE', '/dav/Deep', '/dav/Whole/Deep')).status).toBe(201);
    expect(await read('/dav/Whole/Deep/x.txt')).toBe('x');
  });

  it.each(['a?b', 'a#b', 'a%b', 'a+b', 'a,b', '(a)', 'a.b.c', '.hidden', "it's", 'ä ö'])(
    'carry a name with difficult signs: %s',
    async (name) => {
      const { anaDav } = story;
      const path = `/dav/Box/${encodeURIComponent(name)}`;
      await anaDav.put('/dav/plain', name);
      expect((await act('MOVE', '/dav/plain', path)).status).toBe(201);
      expect(await read(path)).toBe(name);
      expect((await act('COPY', path, `${path}2`)).status).toBe(201);
      expect(await read(`${path}2`)).toBe(name);
    },
  );

  it('a folder with more in it than is copied at once is copied all the same', async () => {
    const { anaDav, alder, ana } = story;
    await anaDav.call('MKCOL', '/dav/Large');
    await anaDav.call('MKCOL', '/dav/Large/Inner');
    const principal = { kind: 'person', accountId: ana.accountId } as const;
    const large = await alder.services.files.tree.find(principal, '0' as never, ['Large', 'Inner']);
    for (let index = 0; index < 1_001; index += 1) {
      await alder.services.files.tree.makeFolder(principal, large?.id ?? ('0' as never), `f${String(index)}`);
    }
    expect((await act('COPY', '/dav/Large', '/dav/Large2')).status).toBe(201);
    const { text } = await anaDav.call('PROPFIND', '/dav/Large2/Inner', { headers: { depth: '1' } });
    expect(text.match(/<d:response>/g)).toHaveLength(1_002);
    expect([...(await anaDav.find('/dav/', '1')).keys()].some((href) => href.includes('.fb-part-'))).toBe(false);
  });

  it('a person’s own file may have such a name as what is on its way, and stays', async () => {
    const { alder, anaDav } = story;
    const own = `/dav/.fb-part-${'a'.repeat(32)}`;
    expect((await anaDav.put(own, 'mine')).status).toBe(201);
    expect([...(await anaDav.find('/dav/', '1')).keys()]).toContain(own);
    story.advance(25 * 3_600_000);
    expect(await alder.services.files.tree.clearStaged()).toBe(0);
    expect((await anaDav.call('GET', own)).text).toBe('mine');
    expect((await anaDav.call('DELETE', own)).status).toBe(204);
  });

  it('what a crash has left on its way is hidden, and deleted after a day', async () => {
    const { alder, ana, anaDav } = story;
    const { tree } = alder.services.files;
    const principal = { kind: 'person', accountId: ana.accountId } as const;
    const name = `.fb-part-${'b'.repeat(32)}`;
    const { id } = await tree.makeFolder(principal, '0' as never, name, { isStaged: true });
    await tree.put(principal, id, 'in.txt', { body: Readable.from([Buffer.from('x')]), length: 1 });
    const hidden = (text: string) => expect(text).not.toContain('fb-part');
    hidden([...(await anaDav.find('/dav/', '1')).keys()].join());
    expect((await anaDav.call('PROPFIND', `/dav/${name}`, { headers: { depth: '0' } })).status).toBe(404);
    const sync =
      '<d:sync-collection xmlns:d="DAV:"><d:sync-token/><d:sync-level>infinite</d:sync-level><d:prop/></d:sync-collection>';
    hidden((await anaDav.call('REPORT', '/dav/', { body: sync })).text);
    hidden([...(await ana.app.children()).keys()].join());
    await ana.browser.signIn(alder.url);
    hidden((await ana.browser.browser.visit(`${alder.url}/files`)).text);
    expect(await tree.clearStaged()).toBe(0);
    story.advance(25 * 3_600_000);
    expect(await tree.clearStaged()).toBe(1);
    expect((await tree.stat(principal, id)).status).toBe('DELETED');
  });
});

describe('between people', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
    const { anaDav } = story;
    for (const [name, permission] of [
      ['Both', 'read-write'],
      ['Look', 'read-only'],
    ] as const) {
      await anaDav.call('MKCOL', `/dav/${name}`);
      await anaDav.put(`/dav/${name}/in.txt`, 'ours');
      await anaDav.call('MKCOL', `/dav/${name}/Sub`);
      await story.shareWithCleo(name, permission);
    }
  });
  afterAll(() => story.close());

  const act = (method: string, from: string, destination: string, headers: Record<string, string> = {}) =>
    story.cleoDav.call(method, from, { headers: { destination, ...headers } });

  it('a member’s folder tells what may be done in it', async () => {
    const permissions = async (path: string) => (await story.cleoDav.property(path, 'oc:permissions'))?.text;
    expect(await permissions('/dav/Both')).toBe('SGCK');
    expect(await permissions('/dav/Both/in.txt')).toBe('SGDNVW');
    expect(await permissions('/dav/Both/Sub')).toBe('SGDNVCK');
    for (const path of ['/dav/Look', '/dav/Look/in.txt', '/dav/Look/Sub']) expect(await permissions(path)).toBe('SG');
    expect((await story.cleoDav.property('/dav/Both/in.txt', 'oc:owner-id'))?.text).toBe(story.ana.email);
    expect((await story.cleoDav.property('/dav/Both', 'nc:mount-type'))?.text).toBe('shared');
    const lockable = async (path: string) =>
      (await story.cleoDav.property(path, 'supportedlock'))?.element.children.length;
    expect([await lockable('/dav/Both/in.txt'), await lockable('/dav/Look/in.txt')]).toEqual([2, 0]);
  });

  it('what may only be read is changed by no method (AUT-01)', async () => {
    const { cleoDav } = story;
    const lock =
      '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
    await cleoDav.put('/dav/mine.txt', 'mine');
    for (const [method, path, wish] of [
      ['PUT', '/dav/Look/in.txt', { body: 'x' }],
      ['PUT', '/dav/Look/new.txt', { body: 'x' }],
      ['DELETE', '/dav/Look/in.txt', {}],
      ['MKCOL', '/dav/Look/New', {}],
      ['PROPPATCH', '/dav/Look/in.txt', { body: SET }],
      ['LOCK', '/dav/Look/in.txt', { body: lock }],
      ['LOCK', '/dav/Look/new.txt', { body: lock }],
      ['MOVE', '/dav/Look/in.txt', { headers: { destination: '/dav/Look/out.txt' } }],
      ['MOVE', '/dav/mine.txt', { headers: { destination: '/dav/Look/mine.txt' } }],
      ['COPY', '/dav/mine.txt', { headers: { destination: '/dav/Look/in.txt' } }],
    ] as const) {
      expect([method, path, (await cleoDav.call(method, path, wish)).status]).toEqual([method, path, 403]);
    }
    expect((await story.anaDav.find('/dav/Look', '1')).size).toBe(3);
    expect((await story.anaDav.call('GET', '/dav/Look/in.txt')).text).toBe('ours');
  });

  it('tops stay where they are, and are replaced by nothing', async () => {
    const { cleoDav } = story;
    expect((await cleoDav.call('DELETE', '/dav/Both')).status).toBe(403);
    expect((await act('MOVE', '/dav/Both', '/dav/Mine')).status).toBe(403);
    await cleoDav.put('/dav/over.txt', 'x');
    expect((await act('MOVE', '/dav/over.txt', '/dav/Both')).status).toBe(403);
    expect((await act('COPY', '/dav/over.txt', '/dav/Both')).status).toBe(403);
    expect((await cleoDav.put('/dav/Both', 'x')).status).toBe(405);
  });

  it('files and folders go from one person to another, whole, with what is kept of them', async () => {
    const { cleoDav, anaDav } = story;
    await cleoDav.call('MKCOL', '/dav/Gift');
    await cleoDav.call('MKCOL', '/dav/Gift/Deeper');
    await cleoDav.put('/dav/Gift/Deeper/a.txt', 'a', { 'x-oc-mtime': '1000000000' });
    await cleoDav.call('PROPPATCH', '/dav/Gift/Deeper/a.txt', { body: SET });
    expect((await act('COPY', '/dav/Gift', '/dav/Both/Copy')).status).toBe(201);
    expect((await act('MOVE', '/dav/Gift', '/dav/Both/Gift')).status).toBe(201);
    expect((await cleoDav.call('GET', '/dav/Gift')).status).toBe(404);
    for (const name of ['Copy', 'Gift']) {
      expect((await anaDav.call('GET', `/dav/Both/${name}/Deeper/a.txt`)).text).toBe('a');
      const path = `/dav/Both/${name}/Deeper/a.txt`;
      expect((await anaDav.property(path, 'getlastmodified'))?.text).toBe('Sun, 09 Sep 2001 01:46:40 GMT');
      const [kept] = [...(await anaDav.find(path, '0', propsOf('x:a'))).values()];
      expect(kept?.get('urn:x:a')?.text).toBe('1');
    }
    expect((await anaDav.find('/dav/Both', '1')).size).toBe(5);
  });

  it('a file goes onto one of somebody else: its content is the new one, the source is gone', async () => {
    const { cleoDav, anaDav } = story;
    await cleoDav.put('/dav/new.txt', 'new');
    expect((await act('MOVE', '/dav/new.txt', '/dav/Both/in.txt')).status).toBe(204);
    expect([
      (await anaDav.call('GET', '/dav/Both/in.txt')).text,
      (await cleoDav.call('GET', '/dav/new.txt')).status,
    ]).toEqual(['new', 404]);
  });

  it('what does not fit into the quota of the other is refused, and the old target stays (DC-26)', async () => {
    const { anaDav, cleoDav, alder, ana } = story;
    await cleoDav.put('/dav/big.bin', Buffer.alloc(1_000_000));
    await anaDav.put('/dav/Both/target.bin', 'old');
    await alder.services.base.database.write((trx) =>
      trx('accounts').where({ id: ana.accountId }).update({ quota: 500_000 }),
    );
    for (const method of ['MOVE', 'COPY']) {
      const { status, text } = await act(method, '/dav/big.bin', '/dav/Both/target.bin');
      expect([method, status, text.includes('<d:quota-not-exceeded/>')]).toEqual([method, 507, true]);
      expect((await anaDav.call('GET', '/dav/Both/target.bin')).text).toBe('old');
      expect((await cleoDav.call('HEAD', '/dav/big.bin')).headers['content-length']).toBe('1000000');
    }
    await alder.services.base.database.write((trx) => trx('accounts').update({ quota: null }));
    expect((await act('MOVE', '/dav/big.bin', '/dav/Both/target.bin')).status).toBe(204);
  });

  it('the repeat of a move that went through this cloud is answered as the first, and a copy is made anew', async () => {
    const { cleoDav } = story;
    await cleoDav.put('/dav/again.txt', 'x');
    expect((await act('MOVE', '/dav/again.txt', '/dav/Both/again.txt')).status).toBe(201);
    expect((await act('MOVE', '/dav/again.txt', '/dav/Both/again.txt')).status).toBe(201);
    expect((await act('MOVE', '/dav/again.txt', '/dav/Both/other.txt')).status).toBe(404);
    story.advance(11 * 60_000);
    expect((await act('MOVE', '/dav/again.txt', '/dav/Both/again.txt')).status).toBe(404);
    for (let round = 0; round < 2; round += 1) {
      expect((await act('COPY', '/dav/Both/again.txt', '/dav/copied.txt')).status).toBe(201);
      expect((await cleoDav.call('DELETE', '/dav/copied.txt')).status).toBe(204);
    }
  });

  it('who leaves while a move goes through this cloud does not end it, and the repeat joins it', async () => {
    const { cleoDav, anaDav, alder } = story;
    await cleoDav.put('/dav/slow.txt', 'slow');
    const { tree } = alder.services.files;
    const original = tree.open.bind(tree);
    let [begin, goOn] = [(): void => undefined, (): void => undefined];
    const [begun, held] = [
      new Promise<void>((resolve) => (begin = resolve)),
      new Promise<void>((resolve) => (goOn = resolve)),
    ];
    const open = vi.spyOn(tree, 'open').mockImplementation(async (...args) => {
      begin();
      await held;
      return original(...args);
    });
    const { port } = new URL(alder.url);
    const socket = connect(Number(port), 'localhost');
    const head = `Host: localhost\r\nAuthorization: ${cleoDav.authorization ?? ''}\r\nDestination: /dav/Both/slow.txt\r\n\r\n`;
    socket.write(`MOVE /dav/slow.txt HTTP/1.1\r\n${head}`);
    await begun;
    socket.destroy();
    const repeat = act('MOVE', '/dav/slow.txt', '/dav/Both/slow.txt');
    await new Promise((resolve) => setImmediate(resolve));
    goOn();
    expect((await repeat).status).toBe(201);
    expect(open.mock.calls).toHaveLength(1);
    open.mockRestore();
    expect((await anaDav.call('GET', '/dav/Both/slow.txt')).text).toBe('slow');
    expect((await cleoDav.call('GET', '/dav/slow.txt')).status).toBe(404);
  });

  it('one thing that is seen at two places is not moved onto itself', async () => {
    const { anaDav, cleoDav } = story;
    await anaDav.call('MKCOL', '/dav/Outer');
    await anaDav.call('MKCOL', '/dav/Outer/Nested');
    await anaDav.put('/dav/Outer/Nested/f.txt', 'kept');
    await story.shareWithCleo('Outer', 'read-write');
    const { services } = story.alder;
    const principal = { kind: 'person', accountId: story.ana.accountId } as const;
    const nested = await services.files.tree.find(principal, '0' as never, ['Outer', 'Nested']);
    const terms = { addresses: [story.cleo.email], permission: 'read-write' as const, again: {} };
    await services.agreements.sharing.share(story.ana.accountId, nested?.id ?? ('0' as never), terms);
    expect((await cleoDav.call('GET', '/dav/Nested/f.txt')).text).toBe('kept');
    expect((await act('MOVE', '/dav/Nested/f.txt', '/dav/Outer/Nested/f.txt')).status).toBe(403);
    expect((await act('MOVE', '/dav/Outer', '/dav/Nested/Outer')).status).toBe(403);
    expect((await anaDav.call('GET', '/dav/Outer/Nested/f.txt')).text).toBe('kept');
  });

  it('what a lock keeps from leaving is said, and nothing is half, here or there', async () => {
    const { anaDav, cleoDav } = story;
    await anaDav.call('MKCOL', '/dav/Both/Held');
    await anaDav.put('/dav/Both/Held/free.txt', 'x');
    await anaDav.put('/dav/Both/Held/locked.txt', 'x');
    await anaDav.call('LOCK', '/dav/Both/Held/locked.txt', {
      body: '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>',
    });
    const { status, text } = await act('MOVE', '/dav/Both/Held', '/dav/Held');
    expect([status, text.includes('<d:href>/dav/Both/Held/</d:href><d:status>HTTP/1.1 423 ')]).toEqual([207, true]);
    for (const name of ['free', 'locked']) {
      expect((await anaDav.call('GET', `/dav/Both/Held/${name}.txt`)).text).toBe('x');
      expect((await cleoDav.call('GET', `/dav/Held/${name}.txt`)).text).toBe('x');
    }
  });
});
