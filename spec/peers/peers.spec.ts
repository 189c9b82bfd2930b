import { describe, expect, it } from 'vitest';
import type { PeerId } from '../../src/kernel/index.js';
import { DIALECTS, Peers, type PeerDraft, type PeersParts } from '../../src/peers/index.js';
import { createSealer, type Database } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';

const BIRCH: PeerDraft = {
  name: 'Birch',
  shareUrl: 'https://birch.example/interop/share',
  unshareUrl: 'https://birch.example/interop/unshare',
  credentialsUrl: 'https://birch.example/interop/credentials',
};
const PAIR = { key: 'key-at-birch', secret: 'marker-outbound' };

/** A draft whose endpoints lie on `host`. */
const at = (host: string, name = host): PeerDraft => ({
  name,
  shareUrl: `https://${host}/share`,
  credentialsUrl: `https://${host}/credentials`,
});

interface World {
  readonly database: Database;
  readonly peers: Peers;
  readonly ended: string[];
}

async function open(bench: Bench, parts: Partial<PeersParts> = {}): Promise<World> {
  const database = await bench.open();
  const ended: string[] = [];
  const hooks = {
    onBlocked: async (_trx: unknown, id: PeerId) => ended.push(`blocked ${id}`),
    onRemoved: async (_trx: unknown, id: PeerId) => ended.push(`removed ${id}`),
    onMoved: async () => 0,
  };
  const random = createSeededRandom();
  const sealer = createSealer(Buffer.alloc(32, 7));
  const peers = new Peers({
    database,
    clock: createHandClock(),
    random,
    sealer,
    allowInsecure: false,
    hooks,
    logos: { keep: () => Promise.resolve(false) },
    ...parts,
  });
  return { database, peers, ended };
}

eachDatabase((bench) => {
  describe('a peer that is added', () => {
    it('has the defaults of the peer record and the origins of its endpoints', async () => {
      const { peers } = await open(bench);
      const { peer } = await peers.add(BIRCH);
      expect(peer).toMatchObject({
        ...BIRCH,
        dialect: 'spec',
        transport: 'server-post',
        storageApi: 'stacksync-v2',
        origins: ['https://birch.example'],
        emailDomains: [],
        returnUrl: undefined,
        allowUnsigned: false,
        credentialsByGet: false,
        outbound: undefined,
        blocked: false,
      });
      expect(await peers.byId(peer.id)).toEqual(peer);
      expect(await peers.byName('Birch')).toEqual(peer);
      expect(await peers.list()).toEqual([peer]);
    });

    it('is issued a pair of letters and digits by which it is found', async () => {
      const { peers } = await open(bench);
      const { peer, issued } = await peers.add(BIRCH);
      expect(issued.key).toMatch(/^[A-Za-z0-9]{30,64}$/);
      expect(issued.secret).toMatch(/^[A-Za-z0-9]{40,64}$/);
      expect(await peers.byInboundKey(issued.key)).toEqual({ ...peer, inbound: issued });
      expect(await peers.byInboundKey('unknown')).toBeUndefined();
    });

    it('keeps every setting that was named', async () => {
      const { peers } = await open(bench);
      const draft: PeerDraft = {
        ...BIRCH,
        dialect: 'csinterop',
        transport: 'browser-get',
        storageApi: 'webdav',
        allowUnsigned: true,
        credentialsByGet: true,
        returnUrl: 'https://birch.example/shares',
        outbound: PAIR,
        unshareUrl: null,
        emailDomains: ['@Mail.Example', 'bücher.example', 'mail.example'],
      };
      const { peer } = await peers.add(draft);
      expect(await peers.byId(peer.id)).toMatchObject({
        ...draft,
        unshareUrl: undefined,
        emailDomains: ['mail.example', 'xn--bcher-kva.example'],
      });
    });

    it('SEC-01 its secrets are nowhere in the database in plain', async () => {
      const { peers, database } = await open(bench);
      const { issued } = await peers.add({ ...BIRCH, outbound: PAIR });
      const dump = JSON.stringify(await database.read('peers'));
      expect(dump).not.toContain(issued.secret);
      expect(dump).not.toContain('marker');
    });

    it('SEC-01 G5 secrets swapped between rows or columns are refused', async () => {
      const { peers, database } = await open(bench);
      const { peer } = await peers.add({ ...BIRCH, outbound: PAIR });
      await database.write((trx) => trx('peers').update({ inbound_secret: trx.ref('outbound_secret') }));
      await expect(peers.byId(peer.id)).rejects.toThrow(expect.objectContaining({ code: 'internal' }));
    });

    it.each([
      ['OAU-01 an empty secret', { outbound: { key: 'k', secret: '' } }],
      ['OAU-01 a blank secret', { outbound: { key: 'k', secret: ' ' } }],
      ['an empty key', { outbound: { key: '', secret: 's' } }],
      ['an empty name', { name: ' \u202e ' }],
      ['a name of 101 characters', { name: 'x'.repeat(101) }],
      ['CRD-07 an endpoint over plain http', { credentialsUrl: 'http://birch.example/c' }],
      ['an origin over plain http', { origins: ['http://birch.example'] }],
      ['user information in an endpoint', { shareUrl: 'https://user@birch.example/share' }],
      ['empty user information', { shareUrl: 'https://@birch.example/share' }],
      ['a fragment', { unshareUrl: 'https://birch.example/#x' }],
      ['a relative address', { shareUrl: '/share' }],
      ['a scheme that is not http', { returnUrl: 'javascript:alert(1)' }],
      ['a backslash', { shareUrl: 'https://birch.example\\share' }],
      ['an origin with a query', { origins: ['https://birch.example/?a'] }],
      ['an address of 500 characters', { shareUrl: `https://birch.example/${'a'.repeat(500)}` }],
      ['an unknown dialect', { dialect: 'esperanto' as 'spec' }],
      ['an unknown transport', { transport: 'pigeon' as 'server-post' }],
      ['a domain that is none', { emailDomains: ['not a domain'] }],
    ])('is refused with %s', async (_why, change) => {
      const { peers } = await open(bench);
      await expect(peers.add({ ...BIRCH, ...change })).rejects.toThrow(expect.objectContaining({ code: 'invalid' }));
      expect(await peers.list()).toEqual([]);
    });

    it('may use plain http in a trial', async () => {
      const { peers } = await open(bench, { allowInsecure: true });
      const local = { ...BIRCH, shareUrl: 'http://localhost:4002/share', origins: ['http://LOCALHOST:4003/'] };
      const { peer } = await peers.add(local);
      expect(peer.origins).toEqual(['http://localhost:4003', 'http://localhost:4002', 'https://birch.example']);
    });

    it('PRO-08 is shown under a name without deceptive characters', async () => {
      const { peers } = await open(bench);
      const { peer } = await peers.add({ ...BIRCH, name: ' Bir\u202ech\u0007\n ' });
      expect(peer.name).toBe('Birch');
    });

    it('needs a name of its own', async () => {
      const { peers } = await open(bench);
      await peers.add(BIRCH);
      await expect(peers.add(at('cedar.example', 'Birch'))).rejects.toThrow(
        expect.objectContaining({ code: 'conflict' }),
      );
    });
  });

  describe('origins of two peers', () => {
    it.each([
      ['the same', [], ['https://birch.example']],
      ['the same in capitals, with port and dot', [], ['https://BIRCH.example.:443/']],
      ['one inside the other', ['https://shared.example/a'], ['https://shared.example/a/b']],
      ['one around the other', ['https://shared.example/a'], ['https://shared.example']],
    ])('ADM-02 are a conflict when they are %s, unless confirmed', async (_why, first, second) => {
      const { peers } = await open(bench);
      await peers.add({ ...BIRCH, origins: first });
      const other = { ...at('cedar.example', 'Cedar'), origins: second };
      await expect(peers.add(other)).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
      await expect(peers.add(other, { sharedOrigins: true })).resolves.toMatchObject({ peer: { name: 'Cedar' } });
    });

    it.each([
      ['ports', ['https://shared.example:1'], ['https://shared.example:2']],
      ['base paths /a and /ab', ['https://shared.example/a'], ['https://shared.example/ab']],
      ['hosts, one below the other', [], ['https://a.birch.example']],
    ])('ADM-02 may differ in nothing but %s', async (_why, first, second) => {
      const { peers } = await open(bench);
      await peers.add({ ...BIRCH, origins: first });
      await peers.add({ ...at('cedar.example'), origins: second });
      expect(await peers.list()).toHaveLength(2);
    });

    it('an endpoint below a base path does not open the whole host', async () => {
      const { peers } = await open(bench);
      const { peer } = await peers.add({ ...at('shared.example/a', 'A'), origins: ['https://shared.example/a/'] });
      expect(peer.origins).toEqual(['https://shared.example/a']);
    });

    it('count the storage base', async () => {
      const { peers } = await open(bench);
      const { peer } = await peers.add({ ...BIRCH, storageBase: 'https://api.birch.example/v1/' });
      expect(peer.origins).toEqual(['https://birch.example', 'https://api.birch.example']);
    });
  });

  describe('a peer that is changed', () => {
    it('keeps what was not named', async () => {
      const { peers } = await open(bench);
      const { peer, issued } = await peers.add({ ...BIRCH, emailDomains: ['birch.example'], allowUnsigned: true });
      await peers.set('Birch', { name: 'Silver Birch', outbound: PAIR, shareUrl: undefined });
      expect(await peers.byId(peer.id)).toEqual({ ...peer, name: 'Silver Birch', outbound: PAIR, inbound: issued });
    });

    it('loses what is set to null', async () => {
      const { peers } = await open(bench);
      await peers.add({ ...BIRCH, returnUrl: 'https://birch.example/shares' });
      expect(await peers.set('Birch', { unshareUrl: null, returnUrl: null })).toMatchObject({
        unshareUrl: undefined,
        returnUrl: undefined,
      });
    });

    it('CRD-07 no longer has the origin that its endpoints left, but those named beside', async () => {
      const { peers } = await open(bench);
      await peers.add({ ...BIRCH, origins: ['https://api.example'] });
      const moved = { ...at('new.example'), name: 'Birch', unshareUrl: 'https://new.example/unshare' };
      expect((await peers.set('Birch', moved)).origins).toEqual(['https://api.example', 'https://new.example']);
    });

    it('ADM-02 may not take an origin or a name from another', async () => {
      const { peers } = await open(bench);
      await peers.add(BIRCH);
      await peers.add(at('cedar.example', 'Cedar'));
      const refusal = expect.objectContaining({ code: 'conflict' });
      await expect(peers.set('Cedar', { origins: ['https://birch.example'] })).rejects.toThrow(refusal);
      await expect(peers.set('Cedar', { name: 'Birch' })).rejects.toThrow(refusal);
    });

    it('must exist', async () => {
      const { peers } = await open(bench);
      await expect(peers.set('Nobody', {})).rejects.toThrow(expect.objectContaining({ code: 'not-found' }));
    });
  });

  describe('trust', () => {
    it('ADM-03 a blocked peer is not accepted, not offered, and its shares end once', async () => {
      const { peers, ended } = await open(bench);
      const { peer, issued } = await peers.add({ ...BIRCH, outbound: PAIR, allowUnsigned: true });
      await peers.block('Birch');
      await peers.block('Birch');
      expect(ended).toEqual([`blocked ${peer.id}`]);
      expect(await peers.byInboundKey(issued.key)).toBeUndefined();
      expect((await peers.lists.offered(DIALECTS, { limit: 50 })).items).toEqual([]);
      expect(await peers.list()).toMatchObject([{ name: 'Birch', blocked: true }]);
    });

    it('an unblocked peer is accepted again', async () => {
      const { peers } = await open(bench);
      const { issued } = await peers.add({ ...BIRCH, outbound: PAIR });
      await peers.block('Birch');
      await peers.unblock('Birch');
      expect(await peers.byInboundKey(issued.key)).toMatchObject({ blocked: false });
      expect((await peers.lists.offered(DIALECTS, { limit: 50 })).items).toHaveLength(1);
    });

    it('ADM-03 a peer stays as it was when ending its shares fails', async () => {
      const fail = async (): Promise<number> => Promise.reject(new Error('no'));
      const { peers } = await open(bench, { hooks: { onBlocked: fail, onRemoved: fail, onMoved: fail } });
      const { issued } = await peers.add(BIRCH);
      await expect(peers.block('Birch')).rejects.toThrow('no');
      await expect(peers.remove('Birch')).rejects.toThrow('no');
      expect(await peers.byInboundKey(issued.key)).toMatchObject({ blocked: false });
    });

    it('ADM-03 a removed peer is gone with its secrets, its name and origin are free, its row stays', async () => {
      const { peers, ended, database } = await open(bench);
      const { peer, issued } = await peers.add({ ...BIRCH, outbound: PAIR });
      await peers.remove('Birch');
      expect(ended).toEqual([`removed ${peer.id}`]);
      expect([await peers.byId(peer.id), await peers.byName('Birch'), await peers.byInboundKey(issued.key)]).toEqual([
        undefined,
        undefined,
        undefined,
      ]);
      const secrets = ['name', 'inbound_key', 'inbound_secret', 'outbound_key', 'outbound_secret'];
      expect(await database.read('peers').select(secrets)).toEqual([
        { name: 'Birch', inbound_key: null, inbound_secret: null, outbound_key: null, outbound_secret: null },
      ]);
      await expect(peers.add(BIRCH)).resolves.toBeDefined();
    });

    it('DOS-07 of those that sign nothing is read for a stranger who did not', async () => {
      const { peers, database } = await open(bench);
      await peers.add({ ...at('signs.example'), transport: 'browser-post' });
      await peers.add({ ...at('unsigned.example'), allowUnsigned: true });
      await peers.add({ ...at('by-get.example'), transport: 'browser-get' });
      for (const name of ['blocked.example', 'removed.example']) await peers.add({ ...at(name), allowUnsigned: true });
      await peers.block('blocked.example');
      await peers.remove('removed.example');
      await database.write((trx) => trx('peers').where({ name: 'signs.example' }).update({ inbound_secret: 'broken' }));
      expect((await peers.lenient()).map(({ name }) => name)).toEqual(['by-get.example', 'unsigned.example']);
    });

    it('PRO-12 only peers that can take a proposal are offered', async () => {
      const { peers } = await open(bench);
      await peers.add(at('no-keys.example'));
      await peers.add({ ...at('unsigned.example'), allowUnsigned: true });
      await peers.add({ ...at('complete.example'), outbound: PAIR });
      expect((await peers.lists.offered(DIALECTS, { limit: 50 })).items.map(({ name }) => name)).toEqual([
        'complete.example',
        'unsigned.example',
      ]);
    });
  });
});
