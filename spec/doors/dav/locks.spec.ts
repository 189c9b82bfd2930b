import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementsIn, textOf } from '../../../src/webdav/index.js';
import { openDavStory, propsOf, xmlOf, type DavAnswer, type DavProgram, type DavStory } from './dav-story.js';

const MINUTE = 60_000;

const info = (scope = 'exclusive', owner = ''): string =>
  `<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:${scope}/></d:lockscope><d:locktype><d:write/></d:locktype>${owner}</d:lockinfo>`;

/** What Nextcloud's clients ask about locks, of every file of a folder. */
const ABOUT = ['', '-owner', '-owner-displayname', '-owner-type', '-time', '-timeout'].map((part) => `nc:lock${part}`);

describe('locks', () => {
  let story: DavStory;
  let count = 0;

  beforeAll(async () => {
    story = await openDavStory();
    await story.anaDav.call('MKCOL', '/dav/Shared');
    await story.shareWithCleo('Shared', 'read-write');
  });
  afterAll(() => story.close());

  const lock = (path: string, headers: Record<string, string> = {}, body = info(), by: DavProgram = story.anaDav) =>
    by.call('LOCK', path, { headers, body });
  const tokenOf = ({ headers }: DavAnswer): string => String(headers['lock-token']).slice(1, -1);
  /** What Nextcloud's clients are told about the lock on each member of a folder; undefined where that is 404. */
  const toldOf = async (
    by: DavProgram,
    folder: string,
  ): Promise<ReadonlyMap<string, readonly (string | undefined)[]>> => {
    const found = await by.find(folder, '1', propsOf(...ABOUT));
    const textsOf = (path: string) =>
      ABOUT.map((name) => {
        const { status, text } = found.get(path)?.get(name) ?? { status: 0, text: '' };
        return status === 404 ? undefined : text;
      });
    return new Map([...found.keys()].map((path) => [path, textsOf(path)]));
  };
  const file = async (name = 'file', by = story.anaDav): Promise<string> => {
    count += 1;
    const path = `/dav/${name}${String(count)}.txt`;
    await by.put(path, 'x');
    return path;
  };
  /** What a LOCK tells of the locks, element by element. */
  const active = async ({ text }: DavAnswer): Promise<Record<string, string>[]> => {
    const [discovery] = elementsIn(await xmlOf(text));
    if (discovery === undefined) throw new Error('no lockdiscovery');
    return elementsIn(discovery).map((each) =>
      Object.fromEntries(
        elementsIn(each).map((part) => [
          part.name,
          textOf(part) || textOf(elementsIn(part)[0] ?? part) || (elementsIn(part)[0]?.name ?? ''),
        ]),
      ),
    );
  };

  it('are taken with a token, a time and their root, at any depth where none is said (DC-15)', async () => {
    const path = await file();
    const taken = await lock(path, {}, info('exclusive', '<d:owner><d:href>mailto:ana</d:href></d:owner>'));
    expect([taken.status, tokenOf(taken)]).toEqual([200, expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/)]);
    expect(await active(taken)).toEqual([
      expect.objectContaining({
        lockscope: 'exclusive',
        locktype: 'write',
        depth: 'infinity',
        timeout: 'Second-1800',
        locktoken: tokenOf(taken),
        lockroot: path,
        owner: 'mailto:ana',
      }),
    ]);
    for (const [depth, told] of [
      ['0', '0'],
      ['infinity', 'infinity'],
    ] as const) {
      expect((await active(await lock(await file(), { depth })))[0]?.['depth']).toBe(told);
    }
    expect((await lock(path, { depth: '1' })).status).toBe(400);
    expect((await lock('/dav/')).status).toBe(403);
    expect((await lock('/dav/none/x')).status).toBe(409);
    expect((await lock(path, {}, '<a/>')).status).toBe(400);
  });

  it('hold as long as was asked for, from a minute to a day', async () => {
    for (const [timeout, seconds] of [
      ['Second-5', 60],
      ['Second-600', 600],
      ['Infinite', 86_400],
      ['Second-4100000000', 86_400],
      ['Soon, Second-90', 90],
    ] as const) {
      const taken = await lock(await file(), { timeout });
      expect([timeout, (await active(taken))[0]?.['timeout']]).toEqual([timeout, `Second-${String(seconds)}`]);
    }
    const path = await file();
    await lock(path, { timeout: 'Second-60' });
    expect((await story.anaDav.put(path, 'y')).status).toBe(423);
    story.advance(MINUTE + 1);
    expect((await story.anaDav.put(path, 'y')).status).toBe(204);
  });

  it('are asked for their token by every change of a file, and by no reading (DC-04)', async () => {
    const { anaDav } = story;
    const path = await file();
    const token = tokenOf(await lock(path));
    const set =
      '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><a xmlns="urn:x">1</a></d:prop></d:set></d:propertyupdate>';
    const target = await file();
    for (const [method, at, wish] of [
      ['PUT', path, { body: 'y' }],
      ['DELETE', path, {}],
      ['PROPPATCH', path, { body: set }],
      ['MOVE', path, { headers: { destination: `${path}2` } }],
      ['COPY', target, { headers: { destination: path } }],
      ['MOVE', target, { headers: { destination: path } }],
    ] as const) {
      const { status, text } = await anaDav.call(method, at, wish);
      expect([method, at, status]).toEqual([method, at, 423]);
      expect(text).toContain(`<d:lock-token-submitted><d:href>${path}</d:href></d:lock-token-submitted>`);
    }
    expect((await anaDav.call('COPY', path, { headers: { destination: `${path}3` } })).status).toBe(201);
    expect((await anaDav.call('GET', path)).text).toBe('x');
    const shown = { if: `(<${token}>)` };
    expect((await anaDav.put(path, 'y', shown)).status).toBe(204);
    expect((await anaDav.call('PROPPATCH', path, { body: set, headers: shown })).status).toBe(207);
    const moved = await anaDav.call('COPY', target, { headers: { destination: path, if: `<${path}> (<${token}>)` } });
    expect(moved.status).toBe(204);
    expect((await anaDav.call('DELETE', path, { headers: shown })).status).toBe(204);
  });

  it('make an empty file where nothing is, which stays when they end', async () => {
    const { anaDav } = story;
    const taken = await lock('/dav/fresh.txt');
    expect(taken.status).toBe(201);
    expect((await anaDav.call('GET', '/dav/fresh.txt')).text).toBe('');
    expect((await anaDav.put('/dav/fresh.txt', 'x')).status).toBe(423);
    expect((await anaDav.put('/dav/fresh.txt', 'x', { if: `(<${tokenOf(taken)}>)` })).status).toBe(204);
    expect(
      (await anaDav.call('UNLOCK', '/dav/fresh.txt', { headers: { 'lock-token': `<${tokenOf(taken)}>` } })).status,
    ).toBe(204);
    expect((await anaDav.call('GET', '/dav/fresh.txt')).text).toBe('x');
    expect((await lock('/dav/fresh2.txt/')).status).toBe(409);
  });

  it('that are refused leave nothing where nothing was', async () => {
    const { anaDav, cleoDav } = story;
    await anaDav.call('MKCOL', '/dav/Covered');
    const token = tokenOf(await lock('/dav/Covered', { depth: 'infinity' }));
    const mine = { if: `</dav/Covered/> (<${token}>)` };
    expect((await lock('/dav/Covered/new.txt', mine)).status).toBe(423);
    const many = info('exclusive', `<d:owner>${'o'.repeat(1_100)}</d:owner>`);
    expect((await lock('/dav/noted.txt', {}, many)).status).toBe(400);
    const { services, clock } = story.alder;
    const actor = `person:${story.cleo.accountId}`;
    const held = Array.from({ length: 100 }, (_, at) => ({
      bound_id: -1,
      tree: story.cleo.accountId,
      actor,
      token: `urn:uuid:${String(at)}`,
      ends_at: clock.now() + MINUTE,
      user_name: 'Cleo',
      cloud: 'Alder',
      ipserver: '',
      datetime: '',
      is_open: true,
      minutes: 1,
      touched_at: clock.now(),
    }));
    await services.base.database.write((trx) => trx('locks').insert(held));
    expect((await lock('/dav/over.txt', {}, info(), cleoDav)).status).toBe(507);
    await services.base.database.write((trx) => trx('locks').where({ bound_id: -1 }).delete());
    for (const [by, path] of [
      [anaDav, '/dav/Covered/new.txt'],
      [anaDav, '/dav/noted.txt'],
      [cleoDav, '/dav/over.txt'],
    ] as const) {
      expect([path, (await by.call('GET', path)).status]).toEqual([path, 404]);
    }
    const names = ['new.txt', 'noted.txt', 'over.txt'];
    expect(await services.base.database.read('items').whereIn('name', names)).toEqual([]);
  });

  it('are refreshed: the same token, a new end, the usual one unless said (DC-16, DC-17)', async () => {
    const { anaDav } = story;
    const path = await file();
    const token = tokenOf(await lock(path, { timeout: 'Second-60' }));
    story.advance(MINUTE / 2);
    const again = await anaDav.call('LOCK', path, { headers: { if: `(<${token}>)` } });
    expect([again.status, again.headers['lock-token']]).toEqual([200, undefined]);
    expect((await active(again)).map(({ timeout, locktoken }) => [timeout, locktoken])).toEqual([
      ['Second-1800', token],
    ]);
    expect((await anaDav.call('LOCK', path)).status).toBe(400);
    expect((await anaDav.call('LOCK', path, { headers: { if: '(<urn:uuid:none>)' } })).status).toBe(412);
  });

  it('exclude each other unless they are shared', async () => {
    const path = await file();
    const one = tokenOf(await lock(path, {}, info('shared')));
    const two = tokenOf(await lock(path, {}, info('shared')));
    expect(one).not.toBe(two);
    const refused = await lock(path);
    expect([refused.status, refused.text.includes(`<d:no-conflicting-lock><d:href>${path}</d:href>`)]).toEqual([
      423,
      true,
    ]);
    expect((await story.anaDav.put(path, 'y', { if: `(<${two}>)` })).status).toBe(204);
    expect((await story.anaDav.call('UNLOCK', path, { headers: { 'lock-token': `<${one}>` } })).status).toBe(204);
    expect((await story.anaDav.put(path, 'y')).status).toBe(423);
  });

  it('on a folder hold for all below it, or for its own entries alone', async () => {
    const { anaDav } = story;
    for (const [name, depth] of [
      ['Deep', 'infinity'],
      ['Flat', '0'],
    ] as const) {
      await anaDav.call('MKCOL', `/dav/${name}`);
      await anaDav.call('MKCOL', `/dav/${name}/Inner`);
      await anaDav.put(`/dav/${name}/Inner/x.txt`, 'x');
      const token = tokenOf(await lock(`/dav/${name}`, { depth }));
      const isDeep = depth === 'infinity';
      await anaDav.put('/dav/comes.txt', 'x');
      expect((await anaDav.put(`/dav/${name}/Inner/x.txt`, 'y')).status).toBe(isDeep ? 423 : 204);
      for (const [method, path, headers] of [
        ['PUT', `/dav/${name}/new.txt`, {}],
        ['MKCOL', `/dav/${name}/New`, {}],
        ['DELETE', `/dav/${name}/Inner`, {}],
        ['MOVE', `/dav/${name}/Inner`, { destination: '/dav/Out' }],
        ['MOVE', '/dav/comes.txt', { destination: `/dav/${name}/came.txt` }],
        ['COPY', '/dav/comes.txt', { destination: `/dav/${name}/came.txt` }],
        ['DELETE', `/dav/${name}`, {}],
      ] as const) {
        const { status, text } = await anaDav.call(method, path, { headers });
        expect([name, method, path, status]).toEqual([name, method, path, 423]);
        expect(text).toContain(`<d:href>/dav/${name}/</d:href>`);
      }
      expect((await anaDav.put('/dav/Inner-elsewhere.txt', 'x')).status).toBeLessThan(300);
      const shown = { if: `<${anaDav.url}/dav/${name}/> (<${token}>)` };
      expect((await anaDav.put(`/dav/${name}/new.txt`, 'x', shown)).status).toBe(201);
      const below = await anaDav.find(`/dav/${name}`, '1');
      const inherited = below.get(`/dav/${name}/Inner/`)?.get('d:lockdiscovery')?.element.children.length;
      expect([name, inherited]).toEqual([name, isDeep ? 1 : 0]);
      // A lock can be released at any item that it covers.
      const through = isDeep ? `/dav/${name}/Inner/x.txt` : `/dav/${name}`;
      expect((await anaDav.call('UNLOCK', through, { headers: { 'lock-token': `<${token}>` } })).status).toBe(204);
    }
  });

  it('below what is deleted or moved keep all of it, and are named', async () => {
    const { anaDav } = story;
    await anaDav.call('MKCOL', '/dav/Keep');
    await anaDav.put('/dav/Keep/free.txt', 'x');
    await anaDav.put('/dav/Keep/held.txt', 'x');
    await lock('/dav/Keep/held.txt');
    const refused = await anaDav.call('DELETE', '/dav/Keep');
    expect([refused.status, refused.text.includes('<d:href>/dav/Keep/held.txt</d:href>')]).toEqual([423, true]);
    expect((await anaDav.call('GET', '/dav/Keep/free.txt')).status).toBe(200);
    expect((await lock('/dav/Keep')).status).toBe(423);
  });

  it('of somebody else hold whatever is shown, tell no token, and are nobody else’s to give back (DAV-03)', async () => {
    const { anaDav, cleoDav } = story;
    await anaDav.put('/dav/Shared/doc.txt', 'x');
    const token = tokenOf(await lock('/dav/Shared/doc.txt'));
    const shown = { if: `(<${token}>)` };
    expect((await cleoDav.put('/dav/Shared/doc.txt', 'y', shown)).status).toBe(412);
    expect((await cleoDav.put('/dav/Shared/doc.txt', 'y', { if: `(<${token}>) (Not <DAV:no-lock>)` })).status).toBe(
      423,
    );
    expect(
      (await cleoDav.call('UNLOCK', '/dav/Shared/doc.txt', { headers: { 'lock-token': `<${token}>` } })).status,
    ).toBe(403);
    const seen = await cleoDav.find('/dav/Shared', '1');
    const discovery = JSON.stringify(seen.get('/dav/Shared/doc.txt')?.get('d:lockdiscovery')?.element);
    expect(discovery).toContain('activelock');
    expect(discovery).not.toContain('urn:uuid');
    expect((await lock('/dav/Shared/doc.txt', {}, info(), cleoDav)).status).toBe(423);
    expect((await anaDav.call('GET', '/dav/Shared/doc.txt')).text).toBe('x');
  });

  it('in a member’s folder are seen by its owner, each at their own address (DAV-03)', async () => {
    const { anaDav, cleoDav, cleo, alder } = story;
    await cleoDav.put('/dav/Shared/cleo.txt', 'x');
    const taken = await lock('/dav/Shared/cleo.txt', {}, info(), cleoDav);
    expect((await active(taken))[0]?.['lockroot']).toBe('/dav/Shared/cleo.txt');
    expect((await anaDav.put('/dav/Shared/cleo.txt', 'y')).status).toBe(423);
    expect((await anaDav.put('/dav/Shared/cleo.txt', 'y')).text).toContain(`${cleo.name} has this file open.`);
    expect(alder.name).toBe('Alder');
  });

  it('tell Nextcloud’s clients who holds one, since when and how long from then on; without one there is nothing to tell', async () => {
    const { anaDav, cleoDav, ana, cleo, alder } = story;
    for (const path of ['Told', 'Told/Deep']) await anaDav.call('MKCOL', `/dav/Shared/${path}`);
    for (const path of ['mine.txt', 'free.txt', 'Deep/x.txt']) await anaDav.put(`/dav/Shared/Told/${path}`, 'x');
    const token = tokenOf(await lock('/dav/Shared/Told/mine.txt', { timeout: 'Second-90' }));
    await lock('/dav/Shared/Told/Deep', {}, info(), cleoDav);
    const start = Math.floor(alder.clock.now() / 1000);
    const byCleo = ['1', cleo.email, cleo.name, '0', String(start), '1800'];
    story.advance(MINUTE / 2);
    for (const by of [anaDav, cleoDav]) {
      const told = await toldOf(by, '/dav/Shared/Told');
      expect(Object.fromEntries(told)).toEqual({
        '/dav/Shared/Told/': ABOUT.map(() => undefined),
        '/dav/Shared/Told/free.txt': ABOUT.map(() => undefined),
        '/dav/Shared/Told/mine.txt': ['1', ana.email, ana.name, '0', String(start), '90'],
        '/dav/Shared/Told/Deep/': byCleo,
      });
      expect((await toldOf(by, '/dav/Shared/Told/Deep')).get('/dav/Shared/Told/Deep/x.txt')).toEqual(byCleo);
    }
    await lock('/dav/Shared/Told/mine.txt', { if: `(<${token}>)`, timeout: 'Second-600' }, '');
    const again = (await toldOf(cleoDav, '/dav/Shared/Told')).get('/dav/Shared/Told/mine.txt');
    expect(again?.slice(-2)).toEqual([String(start + 30), '600']);
    const all = await anaDav.find('/dav/Shared/Told/mine.txt');
    expect([...(all.get('/dav/Shared/Told/mine.txt')?.keys() ?? [])].filter((name) => name.startsWith('nc:'))).toEqual(
      [],
    );
  });

  it('are told to Nextcloud’s clients as the reader’s own where several share one', async () => {
    const { anaDav, cleoDav, ana, cleo } = story;
    await anaDav.call('MKCOL', '/dav/Shared/Both');
    await anaDav.put('/dav/Shared/Both/doc.txt', 'x');
    for (const by of [anaDav, cleoDav]) await lock('/dav/Shared/Both/doc.txt', {}, info('shared'), by);
    for (const [by, { email }] of [
      [anaDav, ana],
      [cleoDav, cleo],
    ] as const) {
      expect((await toldOf(by, '/dav/Shared/Both')).get('/dav/Shared/Both/doc.txt')?.[1]).toBe(email);
    }
  });

  it('are asked for once for all that a page of a folder tells', async () => {
    const { anaDav, alder } = story;
    await anaDav.call('MKCOL', '/dav/Many');
    for (let at = 0; at < 8; at += 1) await lock(`/dav/Many/${String(at)}.txt`);
    const { database } = alder.services.base;
    const asked: string[] = [];
    const listen = ({ sql }: { readonly sql: string }): void => void asked.push(sql);
    database.read.on('query', listen);
    const told = await toldOf(anaDav, '/dav/Many');
    database.read.removeListener('query', listen);
    expect([...told.values()].filter(([isLocked]) => isLocked === '1')).toHaveLength(8);
    // For the folder itself, and for all of its members.
    expect(asked.filter((sql) => sql.includes('from locks'))).toHaveLength(2);
  });

  it('are too many beyond a hundred of one person (DAV-03)', async () => {
    const { cleoDav } = story;
    await cleoDav.call('MKCOL', '/dav/Locks');
    let status = 0;
    let taken = 0;
    for (; taken < 101; taken += 1) {
      ({ status } = await lock(`/dav/Locks/${String(taken)}`, {}, info(), cleoDav));
      if (status !== 201) break;
    }
    // Some are held already, by the tests before.
    expect([status, taken]).toEqual([507, expect.toBeOneOf([97, 98, 99, 100])]);
  });

  it('are given back with a token that is one, here, and one’s own', async () => {
    const { anaDav } = story;
    const [path, other] = [await file(), await file()];
    const token = tokenOf(await lock(path));
    expect((await anaDav.call('UNLOCK', path)).status).toBe(400);
    expect((await anaDav.call('UNLOCK', path, { headers: { 'lock-token': 'x' } })).status).toBe(400);
    const elsewhere = await anaDav.call('UNLOCK', other, { headers: { 'lock-token': `<${token}>` } });
    expect([elsewhere.status, elsewhere.text.includes('<d:lock-token-matches-request-uri/>')]).toEqual([409, true]);
    expect((await anaDav.call('UNLOCK', path, { headers: { 'lock-token': `<${token}>` } })).status).toBe(204);
  });
});

describe('If', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
    await story.anaDav.put('/dav/a.txt', 'a');
    await story.anaDav.put('/dav/b.txt', 'b');
  });
  afterAll(() => story.close());

  const put = async (condition: string, path = '/dav/a.txt'): Promise<number> =>
    (await story.anaDav.put(path, 'a', { if: condition })).status;

  it('holds by tags, of this resource or of one that is named, whatever the scheme (DC-18)', async () => {
    const { anaDav } = story;
    const [a, b] = [await anaDav.tag('/dav/a.txt'), await anaDav.tag('/dav/b.txt')];
    const { host } = new URL(anaDav.url);
    expect(await put(`([${a}])`)).toBe(204);
    expect(await put(`([W/${a}])`)).toBe(204);
    expect(await put(`(["x"])`)).toBe(412);
    expect(await put(`(Not ["x"])`)).toBe(204);
    expect(await put(`(["x"]) ([${a}])`)).toBe(204);
    expect(await put(`([${a}] ["x"])`)).toBe(412);
    expect(await put(`</dav/b.txt> ([${b}])`)).toBe(204);
    expect(await put(`<https://${host}/dav/b.txt> ([${b}])`)).toBe(204);
    expect(await put(`<http://${host}/dav/b.txt> ([${a}])`)).toBe(412);
    expect(await put(`<http://evil.example/dav/b.txt> (Not ["x"])`)).toBe(204);
    expect(await put(`<http://evil.example/dav/b.txt> ([${b}])`)).toBe(412);
    expect(await put(`(<DAV:no-lock>)`)).toBe(412);
    expect(await put(`(Not <DAV:no-lock>)`)).toBe(204);
    expect(await put(`([${a}])`, '/dav/new.txt')).toBe(412);
  });

  it('is 400 where it is malformed', async () => {
    for (const condition of ['()', 'x', '(', '</dav/a> ', '(["a"]) </dav/b> (["b"])'])
      expect([condition, await put(condition)]).toEqual([condition, 400]);
  });

  it('is bound to the change: another content in between is refused', async () => {
    const { anaDav } = story;
    const tag = await anaDav.tag('/dav/a.txt');
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        anaDav.put('/dav/a.txt', `writer ${String(index)}`, { if: `([${tag}])` }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...new Array<number>(7).fill(412)]);
  });

  it('with a lock: the token that was shown counts, and one that covers nothing does not hold', async () => {
    const { anaDav } = story;
    const taken = await anaDav.call('LOCK', '/dav/b.txt', { body: info() });
    const token = String(taken.headers['lock-token']).slice(1, -1);
    expect(
      (await anaDav.put('/dav/b.txt', 'b', { if: `(<${token}> [${await anaDav.tag('/dav/b.txt')}])` })).status,
    ).toBe(204);
    expect((await anaDav.put('/dav/b.txt', 'b', { if: `(<${token}> ["x"])` })).status).toBe(412);
    expect((await anaDav.put('/dav/a.txt', 'a', { if: `(<${token}>)` })).status).toBe(412);
    expect((await anaDav.put('/dav/b.txt', 'b', { if: `(Not <DAV:no-lock>)` })).status).toBe(423);
    // Every token that is named counts as shown (RFC 4918 10.4.1).
    expect((await anaDav.put('/dav/b.txt', 'b', { if: `(<${token}> ["x"]) (Not <DAV:no-lock>)` })).status).toBe(204);
  });
});
