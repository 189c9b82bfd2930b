import { readFile } from 'node:fs/promises';
import { describe, expect, it, vi } from 'vitest';
import { parseServer, serverUrl } from '../../src/federation/ocm/index.js';
import { ocmUrl, operatorNotes, Peers, readOcmPlace, type OcmTerms, type PeerDraft } from '../../src/peers/index.js';
import { createSealer } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const HOST = 'moss.example:8443';
const PLACE = { host: HOST, path: '/cloud', isPlain: false };
const TERMS: OcmTerms = {
  ...PLACE,
  signatures: undefined,
  signsSince: undefined,
  manner: {},
  acceptsAlone: false,
  exchangesTokens: false,
  legacyNotifications: false,
  isMet: false,
  found: { keepsList: false, key: undefined, keyChangedAt: undefined },
};
/** Speaks nothing else. */
const MOSS: PeerDraft = {
  name: 'Moss',
  dialect: 'ocm',
  storageApi: 'webdav',
  shareUrl: `https://${HOST}/cloud/ocm/shares`,
  unshareUrl: `https://${HOST}/cloud/ocm/notifications`,
  credentialsUrl: `https://${HOST}/cloud/ocm/notifications`,
  ocm: PLACE,
};
/** Speaks CloudSpaces. */
const BIRCH: PeerDraft = {
  name: 'Birch',
  shareUrl: 'https://birch.example/interop/share',
  credentialsUrl: 'https://birch.example/interop/credentials',
};

async function open(bench: Bench, allowInsecure = false) {
  const [database, clock] = [await bench.open(), createHandClock()];
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const parts = { database, clock, hooks, allowInsecure, random: createSeededRandom() };
  const logos = { keep: async () => false };
  return { clock, database, peers: new Peers({ ...parts, logos, sealer: createSealer(Buffer.alloc(32, 7)) }) };
}

eachDatabase((bench) => {
  describe('a peer that speaks Open Cloud Mesh', () => {
    it('is found by the host of its server, alone and beside another dialect', async () => {
      const { peers } = await open(bench);
      const { peer: moss } = await peers.add(MOSS);
      const { peer: birch } = await peers.add({ ...BIRCH, ocm: { host: 'BIRCH.example.' } });
      expect(moss).toMatchObject({ dialect: 'ocm', ocm: TERMS, origins: [`https://${HOST}`] });
      expect(birch).toMatchObject({ dialect: 'spec', ocm: { ...TERMS, host: 'birch.example', path: '' } });
      expect(await peers.byOcmHost(HOST)).toEqual(moss);
      expect(await peers.byOcmHost('birch.example')).toEqual(birch);
      expect(await peers.byOcmHost('moss.example')).toBeUndefined();
      expect((await peers.lists.all()).map(({ ocm }) => ocm?.host)).toEqual(['birch.example', HOST]);
    });

    it('keeps what else was written down, and changes of some of it', async () => {
      const { peers } = await open(bench);
      const terms = { signatures: 'required', acceptsAlone: true, manner: { shape: 'multi' } } as const;
      await peers.add({ ...MOSS, ocm: { ...PLACE, ...terms } });
      const manner = { shape: 'multi' };
      expect((await peers.byName('Moss'))?.ocm).toEqual({ ...TERMS, ...terms, manner });
      await peers.set('Moss', { ocm: { exchangesTokens: true, signatures: undefined } });
      const after = { ...TERMS, acceptsAlone: true, exchangesTokens: true, manner };
      expect((await peers.byName('Moss'))?.ocm).toEqual(after);
    });

    it('may learn it later, move with it and forget it', async () => {
      const { peers } = await open(bench);
      await peers.add(BIRCH);
      const learnt = await peers.set('Birch', { ocm: { host: 'mesh.example' } });
      expect(learnt.ocm).toEqual({ ...TERMS, host: 'mesh.example', path: '' });
      expect(learnt.origins).toContain('https://mesh.example');
      const moved = await peers.set('Birch', { ocm: { ...PLACE, host: 'moss.example' } });
      expect(moved.origins).toEqual(['https://birch.example', 'https://moss.example']);
      expect(await peers.set('Birch', { ocm: null })).toMatchObject({
        ocm: undefined,
        origins: ['https://birch.example'],
      });
      expect(await peers.byOcmHost('moss.example')).toBeUndefined();
    });

    it('moves with its cloud where its server is at the same origin, and stays where it is not', async () => {
      const { peers, database } = await open(bench);
      const to = (host: string) => ({
        ...({ name: 'Birch', transport: 'server-post', storageApi: 'stacksync-v2', joinUrl: undefined } as const),
        shareUrl: `https://${host}/share`,
        unshareUrl: undefined,
        credentialsUrl: `https://${host}/credentials`,
        storageBase: `https://${host}/v1/`,
        origins: [`https://${host}`],
        emailDomains: [],
        returnUrl: undefined,
        description: undefined,
        logoUrl: undefined,
      });
      const { peer } = await peers.add({ ...BIRCH, ocm: { host: 'birch.example', path: '/cloud' } });
      const moved = await database.write((trx) => peers.relocate(trx, peer, to('elm.example')));
      expect(moved.ocm).toMatchObject({ host: 'elm.example', path: '/cloud' });
      const apart = await peers.set('Birch', { ocm: PLACE });
      const again = await database.write((trx) => peers.relocate(trx, apart, to('oak.example')));
      expect(again.ocm).toMatchObject(PLACE);
    });

    it('ADM-02 has its server for itself, until it is removed', async () => {
      const { peers } = await open(bench);
      await peers.add(MOSS);
      const rival = { ...BIRCH, ocm: { host: HOST } };
      await expect(peers.add(rival, { sharedOrigins: true })).rejects.toMatchObject({ code: 'conflict' });
      await peers.add(BIRCH);
      const change = peers.set('Birch', { ocm: { host: HOST } }, { sharedOrigins: true });
      await expect(change).rejects.toMatchObject({ code: 'conflict' });
      await peers.remove('Moss');
      await expect(peers.set('Birch', { ocm: { host: HOST } })).resolves.toMatchObject({ ocm: { host: HOST } });
    });

    it('ADM-03 is not believed while it is blocked', async () => {
      const { peers } = await open(bench);
      await peers.add(MOSS);
      expect(await peers.ocm.isBlocked(HOST)).toBe(false);
      await peers.block('Moss');
      expect(await peers.byOcmHost(HOST)).toBeUndefined();
      expect([await peers.ocm.isBlocked(HOST), await peers.ocm.isBlocked('birch.example')]).toEqual([true, false]);
      await peers.add({ ...BIRCH, origins: ['https://birch.example:444/interop'] });
      await peers.block('Birch');
      for (const host of ['birch.example', 'birch.example:444']) expect(await peers.ocm.isBlocked(host)).toBe(true);
      await peers.unblock('Moss');
      expect((await peers.byOcmHost(HOST))?.name).toBe('Moss');
      await peers.block('Moss');
      await peers.remove('Moss');
      expect(await peers.ocm.isBlocked(HOST)).toBe(false);
    });

    it('OCM-01 is known to sign since its first signature, until it is another server', async () => {
      const { peers, clock } = await open(bench);
      const { peer } = await peers.add(MOSS);
      const first = clock.now();
      await peers.ocm.signed(peer.id);
      clock.advance(1_000);
      await peers.ocm.signed(peer.id);
      expect((await peers.byOcmHost(HOST))?.ocm?.signsSince).toBe(first);
      await peers.set('Moss', { ocm: { signatures: 'required' }, description: 'A cloud' });
      expect((await peers.byOcmHost(HOST))?.ocm?.signsSince).toBe(first);
      const moved = await peers.set('Moss', { ocm: { ...PLACE, host: 'heath.example' } });
      expect(moved.ocm?.signsSince).toBeUndefined();
    });

    it('OCM-01 has another key, of either kind, whoever sees it first', async () => {
      const { peers, clock } = await open(bench);
      await peers.add(MOSS);
      const told = async () => (await peers.byOcmHost(HOST))?.ocm?.found;
      await peers.ocm.publishes(HOST, { key: 'one', keySet: null });
      await peers.ocm.publishes(HOST, { key: null, keySet: 'set' });
      expect(await told()).toMatchObject({ key: 'one.set', keyChangedAt: undefined });
      clock.advance(5);
      await peers.ocm.publishes(HOST, { key: 'one', keySet: null });
      expect(await told()).toMatchObject({ keyChangedAt: undefined });
      await peers.ocm.publishes(HOST, { key: null, keySet: 'another' });
      expect(await told()).toMatchObject({ key: 'one.another', keyChangedAt: clock.now() });
      clock.advance(5);
      await peers.ocm.publishes(HOST, { key: 'one', keySet: undefined });
      expect(await told()).toMatchObject({ key: 'one', keyChangedAt: clock.now() });
      clock.advance(5);
      await peers.ocm.publishes(HOST, { key: undefined, keySet: undefined });
      expect(await told()).toMatchObject({ key: 'one', keyChangedAt: clock.now() - 5 });
      await peers.ocm.publishes(HOST, { key: 'two', keySet: undefined });
      expect(await told()).toMatchObject({ key: 'two', keyChangedAt: clock.now() });
    });

    it('OCM-01 DOS-07 is not written to for a key that is known, and a stranger’s is not written at all', async () => {
      const { peers, database } = await open(bench);
      await peers.add(MOSS);
      await peers.ocm.publishes(HOST, { key: 'one' });
      const write = vi.spyOn(database, 'write');
      await peers.ocm.publishes(HOST, { key: 'one' });
      await peers.ocm.publishes('stranger.example', { key: 'two' });
      expect(write).not.toHaveBeenCalled();
    });

    it('may be picked without keys, unless it was only met', async () => {
      const { peers } = await open(bench);
      await peers.add(MOSS);
      await peers.add({ ...BIRCH, ocm: { host: 'birch.example', isMet: true } });
      await peers.add({
        ...BIRCH,
        name: 'Elm',
        shareUrl: 'https://elm.example/s',
        credentialsUrl: 'https://elm.example/c',
      });
      const names = async (dialects: readonly string[]): Promise<string[]> =>
        (await peers.lists.offered(dialects, { limit: 10 })).items.map(({ name }) => name);
      expect(await names(['spec', 'ocm'])).toEqual(['Moss']);
      expect(await names(['spec'])).not.toContain('Moss');
      await peers.set('Birch', { description: 'A cloud' });
      expect(await names(['spec', 'ocm'])).toEqual(['Birch', 'Moss']);
      expect((await peers.byName('Birch'))?.ocm?.isMet).toBe(false);
    });

    it('is remembered to take shares in one manner', async () => {
      const { peers } = await open(bench);
      const { peer } = await peers.add(MOSS);
      const manner = { shape: 'legacy', uri: 'absolute', folder: 'file' } as const;
      await peers.ocm.takes(peer.id, manner);
      expect((await peers.byOcmHost(HOST))?.ocm?.manner).toEqual(manner);
    });

    it.each<[string, Partial<PeerDraft>]>([
      ['no server, if it speaks nothing else', { ocm: undefined }],
      ['a host that is none', { ocm: { host: 'moss example' } }],
      ['a path in its host', { ocm: { host: 'moss.example/cloud' } }],
      ['a path that servers fold', { ocm: { host: HOST, path: '/../x' } }],
      ['CRD-07 plain http', { ocm: { ...PLACE, isPlain: true } }],
    ])('is refused with %s', async (_why, change) => {
      const { peers } = await open(bench);
      await expect(peers.add({ ...MOSS, ...change })).rejects.toMatchObject({ code: 'invalid' });
      expect(await peers.list()).toEqual([]);
    });

    it('may be reached over plain http in a trial', async () => {
      const { peers } = await open(bench, true);
      const { peer } = await peers.add({ ...BIRCH, ocm: readOcmPlace('http://localhost:4002', true) });
      expect(peer).toMatchObject({ ocm: { host: 'localhost:4002', isPlain: true } });
      expect(peer.origins).toContain('http://localhost:4002');
    });
  });
});

describe('what has to be done at a server that keeps a list of clouds', () => {
  it('is told alike by the program and by its documents: shares are opened below /dav/ocm/', async () => {
    const found = { keepsList: true, key: undefined, keyChangedAt: undefined };
    const [entry = ''] = operatorNotes({ found }, 'https://alder.example');
    const told = [...entry.matchAll(/https:[^ ,]*\//g)].map(([url]) => url);
    expect(told).toEqual(['https://alder.example/ocm/', 'https://alder.example/dav/ocm/']);
    const page = await readFile('docs/federation.md', 'utf8');
    const row = page.split('\n').find((line) => line.startsWith('| oCIS, OpenCloud |')) ?? '';
    expect([...row.matchAll(/`(https:[^`]*)`/g)].map(([, url]) => url)).toEqual(told);
  });
});

describe('the address of a server of Open Cloud Mesh', () => {
  it.each(['moss.example', 'https://MOSS.example:443/', 'https://moss.example:8443/cloud/', 'http://[::1]:4002/a/b'])(
    'is read as in the address of a person: %s',
    (text) => {
      const place = readOcmPlace(text, true);
      expect(place).toEqual(parseServer(text));
      expect(ocmUrl(place)).toBe(serverUrl(place));
    },
  );

  it.each(['', 'moss.example?x', 'https://u@moss.example', 'ftp://moss.example', 'https://moss.example/%2e', 'a b'])(
    'is refused: %j',
    (text) => {
      expect(() => readOcmPlace(text, true)).toThrow();
    },
  );
});
