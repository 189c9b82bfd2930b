import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/kernel/index.js';
import { Peers, Probes, recognise, type AskOcm, type OcmSaid } from '../../src/peers/index.js';
import { createLog, createSealer, type OutboundCall } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { noMesh } from './no-mesh.js';

const MOSS = 'https://moss.example';
const SAID: OcmSaid = {
  provider: 'Moss \u202ecloud',
  endPoint: `${MOSS}/index.php/ocm`,
  version: '1.1.0',
  signing: 'cavage',
  key: 'one',
  keepsList: false,
};
const FOUND = { keepsList: false, key: 'one', keyChangedAt: undefined };
const DOCUMENT = {
  name: 'Moss',
  protocol_versions: ['1.0'],
  endpoint_share: `${MOSS}/share`,
  endpoint_credentials: `${MOSS}/credentials`,
  storage_apis: [{ storage_api: 'stacksync-v2', base: `${MOSS}/v1/` }],
};

/** A cloud that serves this document of CloudSpaces, and says this in Open Cloud Mesh. */
function cloud(document: object | undefined, said: OcmSaid | undefined, allowInsecure = false) {
  const asked: string[] = [];
  const call = async ({ url }: OutboundCall) => {
    asked.push(String(url));
    const body = Buffer.from(JSON.stringify(document ?? {}));
    return { status: document === undefined ? 404 : 200, headers: {}, body };
  };
  const askOcm = said === undefined ? noMesh : async () => said;
  return { asked, parts: { outbound: { call }, askOcm, allowInsecure } };
}

describe('a cloud at an address', () => {
  it('that speaks both is a peer of CloudSpaces that also speaks Open Cloud Mesh', async () => {
    const found = await recognise(cloud(DOCUMENT, SAID).parts, `${MOSS}/`);
    const ocm = { host: 'moss.example', path: '', isPlain: false, found: FOUND };
    expect(found).toMatchObject({ dialect: undefined, shareUrl: `${MOSS}/share`, ocm, said: SAID });
  });

  it('that speaks only Open Cloud Mesh is a peer of that dialect, named as it calls itself', async () => {
    const found = await recognise(cloud(undefined, SAID).parts, 'https://moss.example/cloud');
    expect(found).toMatchObject({
      name: 'Moss cloud',
      dialect: 'ocm',
      storageApi: 'webdav',
      shareUrl: `${SAID.endPoint}/shares`,
      unshareUrl: `${SAID.endPoint}/notifications`,
      credentialsUrl: `${SAID.endPoint}/notifications`,
      origins: [MOSS],
      ocm: { host: 'moss.example', path: '/cloud', found: FOUND },
    });
    const nameless = await recognise(cloud(undefined, { ...SAID, provider: undefined }).parts, MOSS);
    expect(nameless.name).toBe('moss.example');
  });

  it('that speaks CloudSpaces alone is as before', async () => {
    expect(await recognise(cloud(DOCUMENT, undefined).parts, MOSS)).toMatchObject({ ocm: undefined, said: undefined });
  });

  it('that speaks neither is none', async () => {
    await expect(recognise(cloud(undefined, undefined).parts, MOSS)).rejects.toMatchObject({ code: 'peer-failed' });
  });

  it('ADM-02 that names other hosts is not taken for one that speaks only Open Cloud Mesh', async () => {
    const elsewhere = { ...DOCUMENT, endpoint_share: 'https://elm.example/share' };
    await expect(recognise(cloud(elsewhere, SAID).parts, MOSS)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('CRD-07 is asked over plain http in a trial only', async () => {
    const { parts } = cloud(undefined, SAID);
    await expect(recognise(parts, 'http://moss.example')).rejects.toMatchObject({ code: 'peer-failed' });
    const trial = { ...parts, allowInsecure: true };
    expect((await recognise(trial, 'http://moss.example')).ocm).toMatchObject({ isPlain: true });
  });
});

eachDatabase((bench) => {
  describe('a peer that speaks only Open Cloud Mesh', () => {
    async function open(askOcm: () => Promise<OcmSaid>) {
      const [database, clock] = [await bench.open(), createHandClock()];
      const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
      const parts = { database, clock, hooks, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)) };
      const peers = new Peers({ ...parts, allowInsecure: false, logos: { keep: async () => false } });
      const { parts: found } = cloud(undefined, SAID);
      const { peer } = await peers.add({ ...(await recognise(found, MOSS)), name: 'Moss' });
      const ping = async () => Promise.reject(new Error('it has no keys to be asked with'));
      const limiter = { spend: async () => undefined };
      const probes = new Probes({ ...parts, peers, ping, askOcm, limiter, log: createLog('silent') });
      return { peers, peer, clock, probes };
    }

    it('is asked what it says of itself, and keys do not matter', async () => {
      const { probes, peers, peer } = await open(async () => SAID);
      expect(await probes.probe(peer.id)).toBe('well');
      expect((await peers.byId(peer.id))?.probe).toMatchObject({ outcome: 'well' });
    });

    it.each([
      ['unavailable', 'closed'],
      ['peer-failed', 'absent'],
      ['peer-timeout', 'unreachable'],
    ] as const)('is found %s: %s', async (code, outcome) => {
      const { probes, peer } = await open(async () => Promise.reject(new Failure(code, 'so it is')));
      expect(await probes.probe(peer.id)).toBe(outcome);
    });

    it('OCM-01 that signed before is not well without a key, and its new key is noticed', async () => {
      let said: OcmSaid = { ...SAID, signing: 'unsigned', key: undefined };
      const { probes, peers, peer, clock } = await open(async () => said);
      expect(await probes.probe(peer.id)).toBe('well');
      await peers.ocm.signed(peer.id);
      expect(await probes.probe(peer.id)).toBe('unsigned');
      expect((await peers.byId(peer.id))?.ocm?.found).toEqual(FOUND);
      said = { ...SAID, key: 'two', keepsList: true };
      clock.advance(5);
      expect(await probes.probe(peer.id)).toBe('well');
      const found = { key: 'two', keepsList: true, keyChangedAt: clock.now() };
      expect((await peers.byId(peer.id))?.ocm?.found).toEqual(found);
      said = { ...SAID, key: undefined, signing: 'rfc9421', keySet: null };
      expect(await probes.probe(peer.id)).toBe('unsigned');
      said = { ...said, keySet: 'three' };
      expect(await probes.probe(peer.id)).toBe('well');
      expect((await peers.byId(peer.id))?.ocm?.found).toMatchObject({ key: '.three' });
    });
  });

  describe('a peer of CloudSpaces', () => {
    it('is found to speak Open Cloud Mesh too when it is asked whether the keys fit', async () => {
      const [database, clock] = [await bench.open(), createHandClock()];
      const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
      const parts = { database, clock, hooks, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)) };
      const peers = new Peers({ ...parts, allowInsecure: false, logos: { keep: async () => false } });
      const outbound = { key: 'key', secret: 'secret' };
      const draft = { name: 'Moss', shareUrl: `${MOSS}/share`, credentialsUrl: `${MOSS}/credentials`, outbound };
      const { peer } = await peers.add(draft);
      const ping = async () => ({ status: 200, headers: {}, body: Buffer.from('{"name":"Moss"}') });
      const limiter = { spend: async () => undefined };
      let askOcm: AskOcm = noMesh;
      const asking: AskOcm = (place) => askOcm(place);
      const probes = new Probes({ ...parts, peers, ping, askOcm: asking, limiter, log: createLog('silent') });
      expect(await probes.probe(peer.id)).toBe('well');
      expect((await peers.byId(peer.id))?.ocm).toBeUndefined();
      askOcm = async () => SAID;
      expect(await probes.probe(peer.id)).toBe('well');
      expect(await peers.byOcmHost('moss.example')).toMatchObject({
        name: 'Moss',
        dialect: 'spec',
        ocm: { found: FOUND },
      });
      askOcm = noMesh;
      expect(await probes.probe(peer.id)).toBe('well');
      expect((await peers.byId(peer.id))?.ocm).toBeDefined();
    });
  });
});
