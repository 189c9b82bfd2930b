import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, SECOND } from '../../../src/kernel/index.js';
import { halvesOf } from '../../journeys/support/story.js';
import { basic, openDavStory, propsOf, type DavProgram, type DavStory } from './dav-story.js';
import { rootOf, shareBySecret, type SecretShare } from './secret-share.js';

const ROOT = '/public.php/webdav/';
const METHODS = [
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'COPY',
  'MOVE',
  'LOCK',
  'UNLOCK',
  'REPORT',
];
const LOCK =
  '<d:lockinfo xmlns:d="DAV:"><d:lockscope><d:exclusive/></d:lockscope><d:locktype><d:write/></d:locktype></d:lockinfo>';
const SET =
  '<d:propertyupdate xmlns:d="DAV:"><d:set><d:prop><a xmlns="urn:x">1</a></d:prop></d:set></d:propertyupdate>';
const OCS = 'http://open-collaboration-services.org/ns';
const OCM = 'http://open-cloud-mesh.org/ns';

let story: DavStory;
let share: SecretShare;
let readOnly: SecretShare;

beforeAll(async () => {
  story = await openDavStory();
  share = await shareBySecret(story, { permission: 'read-write' });
  readOnly = await shareBySecret(story, { permission: 'read-only' });
});
afterAll(() => story.close());

/** Everything in Ana's tree, as she sees it. */
const namesOf = async (path: string) => [...(await story.anaDav.find(path, '1')).keys()];

describe('the secret of a share', () => {
  it('picks the share at the common root, as a user without a password or as a bearer', async () => {
    const own = rootOf(share);
    for (const root of [ROOT, own]) {
      for (const shown of [basic(share.secret, ''), basic(share.secret, '::'), `Bearer ${share.secret}`]) {
        const found = await share.program.as(shown).find(root, '1');
        expect([root, shown, [...found.keys()]]).toEqual([root, shown, [root, `${root}budget.txt`]]);
        expect((await share.program.as(shown).call('GET', `${root}budget.txt`)).text).toBe('twelve');
      }
    }
  });

  it('opens nothing with a password beside it, elsewhere, or when it is another', async () => {
    const { program, secret } = share;
    const wrong = [undefined, basic(secret, 'x'), basic('x', secret), basic('', ''), `Bearer x${secret}`, 'Bearer'];
    for (const root of [ROOT, rootOf(share)]) {
      for (const shown of wrong) {
        const { status, headers } = await program.as(shown).call('PROPFIND', root, { headers: { depth: '0' } });
        expect([root, shown, status]).toEqual([root, shown, 401]);
        expect(headers['www-authenticate']).toBe('Basic realm="Alder", charset="UTF-8"');
        expect([headers['set-cookie'], headers.location]).toEqual([undefined, undefined]);
      }
    }
    await story.forgetLimits();
    for (const path of ['/dav/', '/dav/ocm', '/dav/ocm/', `/dav/${share.name}`]) {
      expect((await program.call('PROPFIND', encodeURI(path), { headers: { depth: '0' } })).status).toBe(401);
      expect((await program.as(`Bearer ${secret}`).call('GET', encodeURI(path))).status).toBe(401);
    }
    // The password for a person's programs opens no share, and the secret of one share no other.
    expect((await story.anaDav.call('PROPFIND', ROOT, { headers: { depth: '0' } })).status).toBe(401);
    expect((await program.call('PROPFIND', rootOf(readOnly), { headers: { depth: '0' } })).status).toBe(404);
  });

  it('leaves people their own folder of the name `ocm`', async () => {
    const own = rootOf(share);
    expect((await story.anaDav.call('PROPFIND', own, { headers: { depth: '0' } })).status).toBe(404);
    await story.anaDav.call('MKCOL', '/dav/ocm');
    await story.anaDav.call('MKCOL', own);
    await story.anaDav.put(`${own}mine.txt`, 'mine');
    expect((await story.anaDav.call('GET', `${own}mine.txt`)).text).toBe('mine');
    expect((await share.program.call('GET', `${own}mine.txt`)).status).toBe(404);
  });

  it('twenty misses a minute from one network are enough, and are called trouble, not an end (ACC-02)', async () => {
    await story.forgetLimits();
    const wrong = share.program.as(basic('no-such-secret', ''));
    const statuses: number[] = [];
    for (let at = 0; at < 21; at += 1) statuses.push((await wrong.call('GET', ROOT)).status);
    expect([statuses.filter((status) => status === 401).length, statuses.at(-1)]).toEqual([20, 503]);
    const right = await share.program.call('GET', ROOT);
    expect([right.status, Number(right.headers['retry-after']) > 0]).toEqual([503, true]);
    await story.forgetLimits();
  });
});

describe('through the secret of a share', () => {
  it('paths with a lone dot lead on, and those with two are refused (PTH-02)', async () => {
    const call = (path: string) => share.program.call('PROPFIND', path, { headers: { depth: '0' } });
    for (const root of [ROOT, rootOf(share)]) {
      for (const path of [`${root}.`, `${root}./`, `${root}./budget.txt`, `${root}budget.txt`]) {
        expect([path, (await call(path)).status]).toEqual([path, 207]);
      }
      for (const path of [`${root}..`, `${root}../x`, `${root}%2e`, `${root}%2e%2e/x`, `${root}a/../budget.txt`]) {
        expect([path, (await call(path)).status]).toEqual([path, 400]);
      }
    }
    expect((await story.anaDav.call('GET', '/dav/./x')).status).toBe(400);
  });

  it('`allprop` is taken in no namespace, one folder at a time is listed (DAV-02)', async () => {
    const bare = '<propfind xmlns="DAV:"><allprop xmlns=""/></propfind>';
    const { program } = share;
    const found = await program.find(ROOT, '0', bare);
    expect(found.get(ROOT)?.get('d:getetag')?.status).toBe(200);
    expect((await story.anaDav.call('PROPFIND', '/dav/', { headers: { depth: '0' }, body: bare })).status).toBe(400);
    for (const headers of [{}, { depth: 'infinity' }] as Record<string, string>[]) {
      const { status, text } = await program.call('PROPFIND', ROOT, { headers });
      expect([status, text.includes('propfind-finite-depth')]).toEqual([403, true]);
    }
  });

  it('everything is told that other clouds ask for (open-cloud-mesh.md 8)', async () => {
    const asked = `<d:propfind xmlns:d="DAV:"><d:prop xmlns:x="http://owncloud.org/ns" xmlns:x1="${OCS}" xmlns:x2="${OCM}">
      <d:getlastmodified/><d:getcontentlength/><d:getcontenttype/><d:resourcetype/><d:getetag/><d:quota-available-bytes/>
      <x:permissions/><x:fileid/><x:size/><x1:share-permissions/><x2:share-permissions/></d:prop></d:propfind>`;
    const tell = async (of: SecretShare, name: string) => {
      const told = (await of.program.find(ROOT, '1', asked)).get(`${ROOT}${name}`);
      return (property: string) => (told?.get(property)?.status === 200 ? told.get(property)?.text : undefined);
    };
    const [top, file] = [await tell(share, ''), await tell(share, 'budget.txt')];
    for (const one of [top, file]) {
      expect(one('d:getetag')).toMatch(/^".+"$/);
      expect(one('d:getlastmodified')).toMatch(/GMT$/);
      expect(one('http://owncloud.org/ns:fileid') ?? one('oc:fileid')).toMatch(/^\d+$/);
      expect(one(`${OCM}:share-permissions`)).toBe('["read","write"]');
    }
    expect([top('oc:permissions'), file('oc:permissions')]).toEqual(['GDNVCK', 'GDNVW']);
    expect([top(`${OCS}:share-permissions`), file(`${OCS}:share-permissions`)]).toEqual(['15', '11']);
    expect([top('d:quota-available-bytes'), file('d:getcontentlength'), file('oc:size')]).toEqual(['-3', '6', '6']);
    expect([top('d:getcontentlength'), top('oc:size')]).toEqual([undefined, '6']);
    const fixed = await tell(readOnly, '');
    expect([fixed('oc:permissions'), fixed(`${OCS}:share-permissions`)]).toEqual(['G', '1']);
    expect(fixed(`${OCM}:share-permissions`)).toBe('["read"]');
  });

  it('the shared item itself tells when it ends, in seconds as the offer did, and nothing else does', async () => {
    const ours = 'urn:x-footbridge:dav';
    const asked = `<d:propfind xmlns:d="DAV:"><d:prop xmlns:f="${ours}"><f:expiration/></d:prop></d:propfind>`;
    const until = story.alder.clock.now() + 9 * DAY;
    const { outgoing } = await halvesOf(story, readOnly.folder);
    const told = async (program: DavProgram, root: string, name = '') => {
      const found = (await program.find(root, '1', asked)).get(`${root}${name}`)?.get(`${ours}:expiration`);
      return found?.status === 200 ? found.text : found?.status;
    };
    for (const [expiresAt, text] of [
      [until + 999, String(until / SECOND)],
      [null, '0'],
    ] as const) {
      await story.alder.services.agreements.changing.change(story.ana.accountId, outgoing.id, { expiresAt });
      for (const root of [ROOT, rootOf(readOnly)]) expect(await told(readOnly.program, root)).toBe(text);
    }
    expect(await told(readOnly.program, ROOT, 'budget.txt')).toBe(404);
    expect(await told(story.anaDav, `/dav/${encodeURI(readOnly.name)}/`)).toBe(404);
    const unasked = await readOnly.program.find(ROOT, '0');
    expect(unasked.get(ROOT)?.has(`${ours}:expiration`)).toBe(false);
  });

  it('the tag of the root is another one whenever anything below changes, whoever changes it', async () => {
    const { program, name } = share;
    const seen = [await program.tag(ROOT)];
    const at = encodeURI(`/dav/${name}`);
    await program.call('MKCOL', `${ROOT}Deep`);
    seen.push(await program.tag(ROOT));
    await story.anaDav.call('MKCOL', `${at}/Deep/er`);
    seen.push(await program.tag(ROOT));
    await story.anaDav.put(`${at}/Deep/er/x.txt`, 'x');
    seen.push(await program.tag(ROOT));
    await program.put(`${ROOT}Deep/er/x.txt`, 'y');
    seen.push(await program.tag(ROOT));
    await story.anaDav.call('DELETE', `${at}/Deep`);
    seen.push(await program.tag(ROOT));
    expect(new Set(seen).size).toBe(seen.length);
    expect(await program.tag(ROOT)).toBe(seen.at(-1));
  });

  it('a day’s work goes on below the root that was asked, and nowhere else (DAV-02)', async () => {
    const { program, name } = share;
    const { url } = story.alder;
    for (const root of [ROOT, rootOf(share)]) {
      const call = (method: string, path: string, headers: Record<string, string> = {}) =>
        program.call(method, `${root}${path}`, { headers });
      const odd = { 'content-type': 'application/x-www-form-urlencoded' };
      expect((await call('MKCOL', 'Work', odd)).status).toBe(201);
      expect((await program.put(`${root}Work/a.txt`, 'one')).status).toBe(201);
      const { headers } = await call('GET', 'Work/a.txt', { range: 'bytes=1-1' });
      expect([headers['content-range'], headers['set-cookie']]).toEqual(['bytes 1-1/3', undefined]);
      const move = (destination: string) => call('MOVE', 'Work/a.txt', { destination });
      expect((await move(`${url}${root}Work/b.txt`)).status).toBe(201);
      expect((await call('COPY', 'Work/b.txt', { destination: `${url}${root}c.txt` })).headers.location).toBe(
        `${root}c.txt`,
      );
      expect(await namesOf(encodeURI(`/dav/${name}/`))).toContain(encodeURI(`/dav/${name}/c.txt`));
      await call('MOVE', 'Work/b.txt', { destination: `${root}Work/a.txt` });
      const other = root === ROOT ? rootOf(share) : ROOT;
      for (const [destination, status] of [
        [`${url}/dav/stolen.txt`, 404],
        [`${url}${other}x.txt`, 404],
        ['https://elsewhere.example/x.txt', 502],
        [`${url}/files/x.txt`, 502],
        [`${url}${root}../x.txt`, 400],
      ] as const) {
        expect([destination, (await move(destination)).status]).toEqual([destination, status]);
      }
      expect((await call('DELETE', 'c.txt', odd)).status).toBe(204);
      expect((await call('DELETE', 'Work')).status).toBe(204);
      for (const method of ['DELETE', 'MOVE']) {
        expect((await call(method, '', { destination: `${root}x` })).status).toBe(403);
      }
    }
  });

  it('a large upload streams, and locks bind as anywhere', async () => {
    const { program } = share;
    const chunks = Array.from({ length: 64 }, (_, at) => Buffer.alloc(256 * 1024, at));
    expect((await program.call('PUT', `${ROOT}large.bin`, { chunks })).status).toBe(201);
    expect((await program.property(`${ROOT}large.bin`, 'getcontentlength'))?.text).toBe(String(64 * 256 * 1024));
    const { status, headers, text } = await program.call('LOCK', `${ROOT}large.bin`, { body: LOCK });
    expect([status, text.includes('<d:lockroot>')]).toEqual([200, true]);
    const token = String(headers['lock-token']);
    const owner = encodeURI(`/dav/${share.name}/large.bin`);
    expect((await story.anaDav.put(owner, 'x')).status).toBe(423);
    // The holder is a cloud, which has no address, and is told nobody's.
    const asked = ['nc:lock', 'nc:lock-owner', 'nc:lock-owner-displayname'];
    const [told] = [...(await story.anaDav.find(owner, '0', propsOf(...asked))).values()];
    expect(asked.map((name) => told?.get(name)?.text)).toEqual(['1', '', 'Birch']);
    expect(told?.get('nc:lock-owner')?.status).toBe(404);
    const budget = owner.replace('large.bin', 'budget.txt');
    const own = String((await story.anaDav.call('LOCK', budget, { body: LOCK })).headers['lock-token']);
    const [seen] = [...(await program.find(`${ROOT}budget.txt`, '0', propsOf(...asked))).values()];
    expect(asked.map((name) => seen?.get(name)?.text)).toEqual(['1', '', story.ana.name]);
    await story.anaDav.call('UNLOCK', budget, { headers: { 'lock-token': own } });
    expect((await program.put(`${ROOT}large.bin`, 'x')).status).toBe(423);
    expect((await program.put(`${ROOT}large.bin`, 'x', { if: `(${token})` })).status).toBe(204);
    expect((await program.put(`${ROOT}large.bin`, 'x', { if: `(${token} ["other"])` })).status).toBe(412);
    expect((await program.call('UNLOCK', `${ROOT}large.bin`, { headers: { 'lock-token': token } })).status).toBe(204);
    await program.call('DELETE', `${ROOT}large.bin`);
  });

  it('what others share with the owner is not there, wherever they put it (AUT-09)', async () => {
    const { program, name } = share;
    const { ana, alder, cleo, cleoDav } = story;
    await cleoDav.call('MKCOL', '/dav/Cleos');
    const principal = { kind: 'person', accountId: cleo.accountId } as const;
    const { tree } = alder.services.files;
    const cleos = await tree.find(principal, '0' as never, ['Cleos']);
    await alder.services.agreements.sharing.share(cleo.accountId, cleos?.id ?? ('0' as never), {
      addresses: [ana.email],
      permission: 'read-write',
      again: {},
    });
    const at = encodeURI(`/dav/${name}/Received`);
    expect((await story.anaDav.call('MOVE', '/dav/Cleos', { headers: { destination: at } })).status).toBe(403);
    const top = await tree.find({ kind: 'person', accountId: ana.accountId }, '0' as never, ['Cleos']);
    await alder.services.base.database.write((trx) =>
      trx('members').where({ folder_id: top?.id, account_id: ana.accountId }).update({ parent_id: share.folder }),
    );
    expect(await namesOf(encodeURI(`/dav/${name}/`))).toContain(encodeURI(`/dav/${name}/Cleos/`));
    expect([...(await program.find(ROOT, '1')).keys()].filter((href) => href.includes('Cleos'))).toEqual([]);
    for (const method of METHODS.filter((each) => each !== 'PUT')) {
      const sent = { headers: { depth: '0', destination: `${ROOT}x`, 'lock-token': '<urn:x>' } };
      const { status } = await program.call(method, `${ROOT}Cleos/x`, sent);
      expect([method, status >= 400]).toEqual([method, true]);
    }
  });
});

describe('at the owner’s own root', () => {
  it('is told with whom a folder is shared, and what may be given to others, to the owner alone', async () => {
    const { anaDav, cleoDav } = story;
    const at = encodeURI(`/dav/${share.name}/`);
    await anaDav.call('MKCOL', '/dav/Told');
    const body = `<d:propfind xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns" xmlns:s="${OCS}" xmlns:m="${OCM}"><d:prop><oc:share-types/>
      <s:share-permissions/><m:share-permissions/></d:prop></d:propfind>`;
    const told = async (program: DavProgram, path: string, name: string) => {
      const of = (await program.find(path, '1', body)).get(name);
      return ['oc:share-types', `${OCS}:share-permissions`, `${OCM}:share-permissions`].map((property) => {
        const value = of?.get(property);
        return value?.status === 200 ? value.text : undefined;
      });
    };
    const typesOf = async (path: string, program = anaDav) =>
      (await program.call('PROPFIND', path, { body, headers: { depth: '0' } })).text.match(/<oc:share-type>\d/g);
    expect(await typesOf(at)).toEqual(['<oc:share-type>6']);
    expect(await typesOf('/dav/Told')).toBeNull();
    await story.shareWithCleo('Told', 'read-write');
    expect(await typesOf('/dav/Told')).toEqual(['<oc:share-type>0']);
    for (const program of [cleoDav, share.program]) {
      expect(await typesOf(program === cleoDav ? '/dav/Told' : ROOT, program)).toBeNull();
    }
    const all = '["share","read","write"]';
    expect(await told(anaDav, '/dav/', '/dav/Told/')).toEqual(['', '31', all]);
    expect(await told(anaDav, at, `${at}budget.txt`)).toEqual(['', '27', all]);
    expect(await told(cleoDav, '/dav/', '/dav/Told/')).toEqual(['', undefined, undefined]);
    expect(await told(share.program, ROOT, ROOT)).toEqual(['', '15', '["read","write"]']);
  });
});

describe('a share for reading only', () => {
  it('refuses whatever changes something, before it reads, and nothing changes', async () => {
    const { program, name } = readOnly;
    const at = encodeURI(`/dav/${name}/`);
    const before = [await namesOf(at), await story.anaDav.tag(at)];
    for (const root of [ROOT, rootOf(readOnly)]) {
      const calls = [
        ['PUT', 'budget.txt', {}, 'x'],
        ['PUT', 'new.txt', {}, 'x'],
        ['MKCOL', 'New', {}, undefined],
        ['DELETE', 'budget.txt', {}, undefined],
        ['DELETE', '', {}, undefined],
        ['MOVE', 'budget.txt', { destination: `${root}x.txt` }, undefined],
        ['COPY', 'budget.txt', { destination: `${root}x.txt` }, undefined],
        ['PROPPATCH', 'budget.txt', {}, SET],
        ['LOCK', 'budget.txt', {}, LOCK],
        ['LOCK', 'new.txt', {}, LOCK],
        ['UNLOCK', 'budget.txt', { 'lock-token': '<urn:uuid:x>' }, undefined],
      ] as const;
      for (const [method, path, headers, body] of calls) {
        const wish = { headers: { ...headers }, ...(body === undefined ? {} : { body }) };
        expect([method, path, (await program.call(method, `${root}${path}`, wish)).status]).toEqual([
          method,
          path,
          403,
        ]);
      }
    }
    expect([await namesOf(at), await story.anaDav.tag(at)]).toEqual(before);
    expect((await program.call('GET', `${ROOT}budget.txt`)).text).toBe('twelve');
  });
});
