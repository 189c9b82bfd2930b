import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { START } from '../../support/seeds.js';
import { openDavStory, propsOf, told, xmlOf, type DavStory } from './dav-story.js';

const patch = (set: string, remove = ''): string =>
  `<d:propertyupdate xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:nc="http://nextcloud.org/ns" xmlns:x="urn:x" xmlns:w="urn:schemas-microsoft-com:">
    ${set === '' ? '' : `<d:set><d:prop>${set}</d:prop></d:set>`}
    ${remove === '' ? '' : `<d:remove><d:prop>${remove}</d:prop></d:remove>`}</d:propertyupdate>`;

describe('what a resource tells of itself', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory({ FOOTBRIDGE_DEFAULT_QUOTA: '1000000' });
    const { anaDav } = story;
    await anaDav.call('MKCOL', '/dav/Plans');
    await anaDav.put('/dav/Plans/a%20b%26%3C.txt', 'twelve bytes');
    await anaDav.call('MKCOL', '/dav/Plans/Inner');
  });
  afterAll(() => story.close());

  const proppatch = (path: string, body: string) => story.anaDav.call('PROPPATCH', path, { body });

  it('a folder and its members, each by its whole address, folders with a slash (DC-08)', async () => {
    const found = await story.anaDav.find('/dav/Plans', '1');
    expect([...found.keys()]).toEqual(['/dav/Plans/', '/dav/Plans/a%20b%26%3C.txt', '/dav/Plans/Inner/']);
  });

  it('a folder is answered with a slash and without, never with a way to the other (DC-11)', async () => {
    for (const path of ['/dav', '/dav/', '/dav/Plans', '/dav/Plans/']) {
      const { status, headers } = await story.anaDav.call('PROPFIND', path, { headers: { depth: '0' } });
      expect([path, status]).toEqual([path, 207]);
      expect(headers['content-location']).toBe(path.endsWith('/') ? undefined : `${path}/`);
      expect(headers['dav']).toBe('1, 2, 3, extended-mkcol');
    }
    expect((await story.anaDav.find('/dav//Plans')).size).toBe(1);
    expect((await story.anaDav.find('/dav/Plans/a%20b%26%3C.txt/')).size).toBe(1);
  });

  it('an infinite depth is refused by its name, on a file any depth is none (DAV-02)', async () => {
    const { anaDav } = story;
    for (const headers of [{ depth: 'infinity' }, {}] as Record<string, string>[]) {
      const { status, text } = await anaDav.call('PROPFIND', '/dav/Plans', { headers });
      expect([status, text.includes('<d:propfind-finite-depth/>')]).toEqual([403, true]);
      expect((await anaDav.call('PROPFIND', '/dav/Plans/a%20b%26%3C.txt', { headers })).status).toBe(207);
    }
    expect((await anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '2' } })).status).toBe(400);
  });

  it('what is missing is a plain 404, with no 207 around it', async () => {
    const { status, text } = await story.anaDav.call('PROPFIND', '/dav/no', { headers: { depth: '0' } });
    expect([status, text.includes('multistatus')]).toEqual([404, false]);
  });

  it('an empty prop is answered, with what is there first and the rest as 404 (DC-29)', async () => {
    const empty = await story.anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '0' }, body: propsOf() });
    expect([empty.status, empty.text.includes('HTTP/1.1 200 OK')]).toEqual([207, true]);
    const { text } = await story.anaDav.call('PROPFIND', '/dav/Plans', {
      headers: { depth: '0' },
      body: propsOf('x:none', 'displayname', 'getcontentlength'),
    });
    expect(text.indexOf('200 OK')).toBeLessThan(text.indexOf('404 Not Found'));
    const [plans] = [
      ...(await story.anaDav.find('/dav/Plans', '0', propsOf('x:none', 'displayname', 'getcontentlength'))).values(),
    ];
    expect(plans?.get('d:displayname')).toMatchObject({ status: 200, text: 'Plans' });
    expect(plans?.get('d:getcontentlength')?.status).toBe(404);
    expect(plans?.get('urn:x:none')?.status).toBe(404);
  });

  it('bodies as clients send them: an answer inside a name, a stray letter, none at all (DC-21)', async () => {
    const { anaDav } = story;
    for (const body of [
      '',
      '<propfind xmlns="DAV:"><allprop/></propfind>',
      '<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype><D:collection/></D:resourcetype><D:getetag/></D:prop>M</D:propfind>',
      '<D:propfind xmlns:D="DAV:"><foo xmlns="urn:y"><bar/></foo><D:prop><D:getetag/></D:prop></D:propfind>',
    ]) {
      const [plans] = [...(await anaDav.find('/dav/Plans', '0', body)).values()];
      expect(plans?.get('d:getetag')?.text).toMatch(/^"[0-9a-f]{32}"$/);
    }
    for (const body of [
      '<a/>',
      '<D:propfind xmlns:D="DAV:"/>',
      '<D:propfind xmlns:D="DAV:"><D:allprop/><D:propname/></D:propfind>',
    ]) {
      expect((await anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '0' }, body })).status).toBe(400);
    }
    const many = propsOf(...Array.from({ length: 201 }, (_, index) => `x:n${String(index)}`));
    expect((await anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '0' }, body: many })).status).toBe(400);
  });

  it.each([
    ['a document type', '<!DOCTYPE a SYSTEM "http://localhost:1/x"><a/>', 400],
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>', 400],
    ['another encoding', '<?xml version="1.0" encoding="ISO-8859-1"?><a/>', 415],
    ['too many bytes', `<a>${' '.repeat(262_144)}</a>`, 413],
    ['too many levels', '<a>'.repeat(5_000), 400],
  ])('XML with %s is refused, and nothing is fetched (DAV-01)', async (_what, body, status) => {
    const { anaDav, alder } = story;
    const before = alder.connections.length;
    for (const method of ['PROPFIND', 'PROPPATCH', 'LOCK']) {
      expect([method, (await anaDav.call(method, '/dav/Plans', { headers: { depth: '0' }, body })).status]).toEqual([
        method,
        status,
      ]);
    }
    expect(alder.connections.length).toBe(before);
  });

  it('a file and a folder have what sync clients cannot do without (DC-19, DC-21)', async () => {
    const asked = [
      'resourcetype',
      'getcontentlength',
      'getcontenttype',
      'getetag',
      'getlastmodified',
      'creationdate',
      'quota-used-bytes',
      'quota-available-bytes',
      'oc:id',
      'oc:fileid',
      'oc:permissions',
      'oc:size',
      'oc:checksums',
      'oc:owner-id',
      'oc:owner-display-name',
      'nc:mount-type',
      'nc:is-mount-root',
      'nc:creation_time',
    ];
    const found = await story.anaDav.find('/dav/Plans', '1', propsOf(...asked));
    const file = found.get('/dav/Plans/a%20b%26%3C.txt');
    const folder = found.get('/dav/Plans/');
    const value = (told: typeof file, name: string) =>
      told?.get(name)?.status === 200 ? told.get(name)?.text : undefined;
    const id = value(file, 'oc:fileid') ?? '';
    expect(value(file, 'oc:id')).toMatch(new RegExp(`^0*${id}fb[a-z0-9]{8}$`));
    expect(value(file, 'oc:id')?.slice(0, 8)).toBe(id.padStart(8, '0'));
    expect(value(file, 'd:getcontentlength')).toBe('12');
    expect([value(file, 'oc:size'), value(folder, 'oc:size')]).toEqual(['12', '12']);
    expect(value(found.get('/dav/Plans/Inner/'), 'oc:size')).toBe('0');
    expect((await story.anaDav.property('/dav/', 'oc:size'))?.text).toBe('12');
    expect(value(file, 'd:getlastmodified')).toBe(new Date(START).toUTCString());
    expect(value(file, 'd:creationdate')).toBe('2026-11-02T09:00:00Z');
    expect(value(file, 'oc:checksums')).toMatch(/^$/);
    expect(file?.get('oc:checksums')?.element.children[0]).toMatchObject({
      name: 'checksum',
      children: ['ADLER32:1ff104df'],
    });
    expect(value(file, 'oc:permissions')).toBe('RGDNVW');
    expect(value(file, 'oc:owner-id')).toBe(story.ana.email);
    expect(value(file, 'oc:owner-display-name')).toBe(story.ana.name);
    expect([value(file, 'nc:mount-type'), value(file, 'nc:is-mount-root')]).toEqual(['', 'false']);
    expect(value(folder, 'oc:permissions')).toBe('RGDNVCK');
    expect([value(folder, 'd:getcontentlength'), value(folder, 'd:getcontenttype')]).toEqual([undefined, undefined]);
    expect(folder?.get('d:resourcetype')?.element.children).toMatchObject([{ name: 'collection' }]);
    expect(value(folder, 'd:quota-used-bytes')).toBe('12');
    expect(value(folder, 'd:quota-available-bytes')).toBe('999988');
    expect(value(file, 'd:quota-used-bytes')).toBeUndefined();
    expect((await story.anaDav.property('/dav/', 'oc:permissions'))?.text).toBe('GCK');
  });

  it('what is asked for by all is what RFC 4918 names, and never a quota; names alone are names', async () => {
    const [told] = [...(await story.anaDav.find('/dav/Plans', '0')).values()];
    expect([...(told?.keys() ?? [])]).toEqual(
      [
        'displayname',
        'resourcetype',
        'getetag',
        'getlastmodified',
        'creationdate',
        'supportedlock',
        'lockdiscovery',
      ].map((name) => `d:${name}`),
    );
    const names = await story.anaDav.find('/dav/Plans', '0', '<d:propfind xmlns:d="DAV:"><d:propname/></d:propfind>');
    expect([...names.values()][0]?.get('oc:permissions')?.text).toBe('');
    const more =
      '<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns"><d:allprop/><d:include><oc:id/></d:include></d:propfind>';
    expect([...(await story.anaDav.find('/dav/Plans', '0', more)).values()][0]?.has('oc:id')).toBe(true);
  });

  it('properties that nobody here knows are kept as they are, with their language, and go with the file', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/kept.txt', 'x');
    const value = '<x:who xml:lang="de" a="1">Ana <x:b/> &amp; Bo</x:who><none xmlns="">𝄞</none>';
    const { status, text } = await proppatch('/dav/kept.txt', patch(value));
    expect(status).toBe(207);
    expect(text).toContain('200 OK');
    await anaDav.call('MOVE', '/dav/kept.txt', { headers: { destination: '/dav/Plans/kept2.txt' } });
    await anaDav.put('/dav/Plans/kept2.txt', 'new content');
    await anaDav.call('COPY', '/dav/Plans/kept2.txt', { headers: { destination: '/dav/kept3.txt' } });
    for (const path of ['/dav/Plans/kept2.txt', '/dav/kept3.txt']) {
      const [found] = [...(await anaDav.find(path, '0', propsOf('x:who'))).values()];
      expect(found?.get('urn:x:who')?.element).toMatchObject({
        language: 'de',
        children: ['Ana ', { name: 'b' }, ' & Bo'],
      });
      const [all] = [...(await anaDav.find(path, '0')).values()];
      expect(all?.get(':none')?.text).toBe('𝄞');
    }
    await proppatch('/dav/kept3.txt', patch('', '<x:who/>'));
    const [gone] = [...(await anaDav.find('/dav/kept3.txt', '0', propsOf('x:who'))).values()];
    expect(gone?.get('urn:x:who')?.status).toBe(404);
  });

  it('steps are done in their order, all of them or none, and the answer is a 207 whatever it says (DC-13, DC-14)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/order.txt', 'x');
    const refused = await proppatch(
      '/dav/order.txt',
      patch('<x:a>1</x:a><d:getetag>"x"</d:getetag><oc:permissions>X</oc:permissions><nc:lock>1</nc:lock>'),
    );
    expect(refused.status).toBe(207);
    expect(refused.text).toContain('<d:cannot-modify-protected-property/>');
    const root = await xmlOf(refused.text);
    expect(JSON.stringify(root)).toContain('424 Failed Dependency');
    const [after] = [...(await anaDav.find('/dav/order.txt', '0', propsOf('x:a'))).values()];
    expect(after?.get('urn:x:a')?.status).toBe(404);
    await proppatch('/dav/order.txt', patch('<x:a>1</x:a>', '<x:a/>'));
    const [removed] = [...(await anaDav.find('/dav/order.txt', '0', propsOf('x:a'))).values()];
    expect(removed?.get('urn:x:a')?.status).toBe(404);
  });

  it('of the root nothing is kept, which a 207 says of each name (DC-14)', async () => {
    const { status, text } = await proppatch('/dav/', patch('<x:a>1</x:a><d:lastmodified>1000000000</d:lastmodified>'));
    expect(status).toBe(207);
    const [values] = [...(await told(text)).entries()].map(([href, found]) => [href, ...found.keys()]);
    expect(values).toEqual(['/dav/', 'urn:x:a', 'd:lastmodified']);
    expect(text).toContain('<d:status>HTTP/1.1 403 Forbidden</d:status>');
    expect(text).not.toContain('200 OK');
  });

  it('a time and what programs keep are written together, or neither', async () => {
    const { anaDav, alder } = story;
    await anaDav.put('/dav/both.txt', 'x', { 'x-oc-mtime': '1000000000' });
    const { database } = alder.services.base;
    const write = vi.spyOn(database, 'write');
    const both = patch('<x:a>1</x:a><d:lastmodified>1100000000</d:lastmodified>');
    expect((await proppatch('/dav/both.txt', both)).text).toContain('200 OK');
    expect(write.mock.calls).toHaveLength(1);
    write.mockRestore();
    const tooMuch = patch(`<d:lastmodified>1200000000</d:lastmodified><x:a>${'a'.repeat(9_000)}</x:a>`);
    expect((await proppatch('/dav/both.txt', tooMuch)).text).toContain('507 Insufficient Storage');
    const [kept] = [...(await anaDav.find('/dav/both.txt', '0', propsOf('x:a', 'getlastmodified'))).values()];
    expect(kept?.get('urn:x:a')?.text).toBe('1');
    expect(kept?.get('d:getlastmodified')?.text).toBe('Tue, 09 Nov 2004 11:33:20 GMT');
  });

  it('who does without what is not there is not told of it', async () => {
    const asked = { body: propsOf('displayname', 'x:none') };
    const absent = async (headers: Record<string, string>) =>
      (await story.anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '0', ...headers }, ...asked })).text;
    for (const headers of [{ brief: 't' }, { prefer: 'respond-async, return=minimal' }] as Record<string, string>[]) {
      const text = await absent(headers);
      expect([text.includes('404 Not Found'), text.includes('>Plans<')]).toEqual([false, true]);
    }
    for (const headers of [{}, { brief: 'f' }, { prefer: 'return=representation' }] as Record<string, string>[]) {
      expect(await absent(headers)).toContain('404 Not Found');
    }
  });

  it('more than is kept of one file is 507 for its names', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/much.txt', 'x');
    const { status, text } = await proppatch('/dav/much.txt', patch(`<x:a>${'a'.repeat(9_000)}</x:a>`));
    expect([status, text.includes('507 Insufficient Storage')]).toEqual([207, true]);
  });

  it('names of WebDAV’s own that are not there are kept for nobody; of others they are', async () => {
    const { text } = await proppatch('/dav/Plans', patch('<d:invented>1</d:invented>'));
    expect(text).toContain('403 Forbidden');
    expect((await proppatch('/dav/Plans', patch('<oc:invented>1</oc:invented>'))).text).toContain('200 OK');
  });

  it('Explorer’s and other clients’ times are taken, and their attributes never fail (DC-32)', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/times.txt', 'x');
    const at = 'Sat, 01 Jan 2000 00:00:00 GMT';
    const win = `<w:Win32CreationTime>${at}</w:Win32CreationTime><w:Win32LastModifiedTime>${at}</w:Win32LastModifiedTime><w:Win32FileAttributes>00000020</w:Win32FileAttributes>`;
    expect((await proppatch('/dav/times.txt', patch(win))).text).toContain('200 OK');
    expect((await anaDav.property('/dav/times.txt', 'getlastmodified'))?.text).toBe(at);
    await proppatch('/dav/times.txt', patch('<d:lastmodified>1000000000</d:lastmodified>'));
    const read = await anaDav.call('GET', '/dav/times.txt');
    expect(read.headers['last-modified']).toBe('Sun, 09 Sep 2001 01:46:40 GMT');
    await proppatch('/dav/times.txt', patch('<d:getlastmodified>Mon, 02 Feb 2004 00:00:00 GMT</d:getlastmodified>'));
    expect((await anaDav.property('/dav/times.txt', 'getlastmodified'))?.text).toBe('Mon, 02 Feb 2004 00:00:00 GMT');
    expect((await proppatch('/dav/times.txt', patch('<d:lastmodified>soon</d:lastmodified>'))).text).toContain(
      '409 Conflict',
    );
    expect((await proppatch('/dav/Plans', patch(win))).text).toContain('200 OK');
  });

  it('a name with every sign is told of without breaking the others (CNT-03)', async () => {
    const { anaDav } = story;
    const name = `]]><&"' \u{1f309}`;
    await anaDav.put(`/dav/${encodeURIComponent(name).replace(/'/g, '%27')}`, 'x');
    const found = await anaDav.find('/dav/', '1', propsOf('displayname'));
    expect([...found.values()].map((values) => values.get('d:displayname')?.text)).toContain(name);
  });

  it('a list comes in gzip to who asks for it; contents, refusals and changes never do (DC-22)', async () => {
    const { anaDav } = story;
    const headers = { depth: '1', 'accept-encoding': 'gzip' };
    const [plain, listed] = [
      await anaDav.call('PROPFIND', '/dav/Plans', { headers: { depth: '1' } }),
      await anaDav.call('PROPFIND', '/dav/Plans', { headers }),
    ];
    expect([listed.headers['content-encoding'], listed.headers['vary']]).toEqual(['gzip', 'Accept-Encoding']);
    expect(gunzipSync(listed.body).toString()).toBe(plain.text);
    const path = '/dav/coded.txt';
    const body = 'text '.repeat(1_000);
    await anaDav.put(path, body);
    const tag = await anaDav.tag(path);
    for (const method of ['GET', 'HEAD']) {
      const { headers: told, text } = await anaDav.call(method, path, { headers });
      expect([told['content-encoding'], told.etag, text]).toEqual([undefined, tag, method === 'GET' ? body : '']);
    }
    for (const [method, at, wish] of [
      ['PUT', path, { body }],
      ['GET', '/dav/Plans', {}],
      ['PROPFIND', '/dav/none', {}],
      ['DELETE', path, {}],
    ] as const) {
      const { headers: told } = await anaDav.call(method, at, { headers, ...wish });
      expect([method, at, told['content-encoding']]).toEqual([method, at, undefined]);
    }
  });
});

describe('the tag of a folder', () => {
  let story: DavStory;

  beforeAll(async () => {
    story = await openDavStory();
    const { anaDav } = story;
    for (const path of ['/dav/A', '/dav/A/B', '/dav/A/B/C', '/dav/Z']) await anaDav.call('MKCOL', path);
    await story.shareWithCleo('A', 'read-write');
  });
  afterAll(() => story.close());

  /** Compares the tags of some folders before and after an act: true for those that differ. */
  async function changes(act: () => Promise<unknown>): Promise<Record<string, boolean>> {
    const paths = ['/dav/', '/dav/A', '/dav/A/B', '/dav/A/B/C', '/dav/Z'];
    const tags = () => Promise.all(paths.map((path) => story.anaDav.tag(path)));
    const theirs = () => Promise.all(['/dav/', '/dav/A', '/dav/A/B'].map((path) => story.cleoDav.tag(path)));
    const [before, members] = [await tags(), await theirs()];
    await act();
    const [after, membersAfter] = [await tags(), await theirs()];
    const changed = Object.fromEntries(
      paths.map((path, at) => [path.slice('/dav/'.length) || '/', before[at] !== after[at]]),
    );
    return { ...changed, theirs: members.every((tag, at) => tag !== membersAfter[at]) };
  }

  const above = { '/': true, A: true, 'A/B': true, 'A/B/C': true, Z: false, theirs: true };
  const none = { '/': false, A: false, 'A/B': false, 'A/B/C': false, Z: false, theirs: false };

  it('changes in every folder above and for everybody who sees it, by all that happens below', async () => {
    const { anaDav } = story;
    const acts: [string, () => Promise<unknown>][] = [
      ['create', () => anaDav.put('/dav/A/B/C/x.txt', '1')],
      ['overwrite', () => anaDav.put('/dav/A/B/C/x.txt', '2')],
      ['rename', () => anaDav.call('MOVE', '/dav/A/B/C/x.txt', { headers: { destination: '/dav/A/B/C/y.txt' } })],
      ['copy', () => anaDav.call('COPY', '/dav/A/B/C/y.txt', { headers: { destination: '/dav/A/B/C/z.txt' } })],
      ['delete', () => anaDav.call('DELETE', '/dav/A/B/C/z.txt')],
      ['by a member', () => story.cleoDav.put('/dav/A/B/C/cleo.txt', '1')],
    ];
    for (const [what, act] of acts) expect([what, await changes(act)]).toEqual([what, above]);
  });

  it('changes in both chains of a move, and in that of the target of a copy alone', async () => {
    const { anaDav } = story;
    await anaDav.put('/dav/A/B/C/m.txt', '1');
    expect(
      await changes(() => anaDav.call('MOVE', '/dav/A/B/C/m.txt', { headers: { destination: '/dav/Z/m.txt' } })),
    ).toEqual({
      ...above,
      Z: true,
    });
    expect(
      await changes(() => anaDav.call('COPY', '/dav/A/B/C/y.txt', { headers: { destination: '/dav/Z/c.txt' } })),
    ).toEqual({
      ...none,
      '/': true,
      Z: true,
    });
  });

  it('stays where nothing changed: reading, refused changes, locks, properties of others', async () => {
    const { anaDav } = story;
    expect(await changes(() => anaDav.call('GET', '/dav/A/B/C/y.txt'))).toEqual(none);
    expect(await changes(() => anaDav.put('/dav/A/B/C/y.txt', 'x', { 'if-none-match': '*' }))).toEqual(none);
    expect(await changes(() => anaDav.call('MKCOL', '/dav/A/B'))).toEqual(none);
  });

  it('comes without an available quota where there is none: negative numbers are read as a full disk (DC-19)', async () => {
    expect((await story.anaDav.property('/dav/', 'quota-available-bytes'))?.status).toBe(404);
  });

  it('is a tag like any other: opaque, strong, and a condition of changes', async () => {
    const { anaDav } = story;
    const tag = await anaDav.tag('/dav/Z');
    expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
    expect((await anaDav.call('DELETE', '/dav/Z', { headers: { 'if-match': '"0"' } })).status).toBe(412);
    expect((await anaDav.call('DELETE', '/dav/Z', { headers: { 'if-match': tag } })).status).toBe(204);
  });
});
