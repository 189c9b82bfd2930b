import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCloud, type Cloud } from '../../../src/cloud.js';
import { readConfig } from '../../../src/config/index.js';
import { SECOND, type Fields } from '../../../src/kernel/index.js';
import { createLog } from '../../../src/platform/index.js';
import type { Answer } from '../../journeys/support/wire.js';
import { freePort } from '../../support/cloud-process.js';
import { createHandClock } from '../../support/seeds.js';
import { Forger, type Terms } from './support/forger.js';
import { openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

describe('the same request again', () => {
  let outpost: Outpost;
  let quill: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const now = (): number => Math.floor(outpost.birch.clock.now() / SECOND);
  const post = (fields: Fields, terms: Terms): Promise<Answer> => quill.voice.post('/interop/share', fields, terms);

  it('OAU-04 is refused, also when nothing but the first would change', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'twice', timestamp: now() };
    expect((await post(fields, terms)).status).toBe(303);
    expect((await outpost.unmoved(() => post(fields, terms))).status).toBe(401);
  });

  it('OAU-04 the same nonce under another content, but the same second, is a replay too', async () => {
    const terms = { nonce: 'shared', timestamp: now() };
    expect((await post(proposalFrom(quill.url), terms)).status).toBe(303);
    expect((await outpost.unmoved(() => post(proposalFrom(quill.url), terms))).status).toBe(401);
    expect((await post(proposalFrom(quill.url), { ...terms, timestamp: now() - 1 })).status).toBe(303);
  });

  it('OAU-04 of sixty-four at once exactly one passes', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'all-at-once', timestamp: now() };
    const answers = await Promise.all(Array.from({ length: 64 }, () => post(fields, terms)));
    expect(answers.filter(({ status }) => status === 303)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(63);
  });

  it('OAU-04 of another peer is another request', async () => {
    const rook = await outpost.trust('Rook');
    const terms = { nonce: 'common', timestamp: now() };
    expect((await post(proposalFrom(quill.url), terms)).status).toBe(303);
    expect((await rook.voice.post('/interop/share', proposalFrom(rook.url), terms)).status).toBe(303);
  });

  it('OAU-05 what was forged spends no nonce: the genuine request still passes', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'wanted', timestamp: now() };
    await outpost.unmoved(async () => {
      for (let flood = 0; flood < 100; flood += 1)
        expect((await post(fields, { ...terms, secret: 'forged' })).status).toBe(401);
    });
    expect((await post(fields, terms)).status).toBe(303);
  });

  it('OAU-05 a nonce has 1 to 128 printable characters', async () => {
    await outpost.unmoved(async () => {
      for (const nonce of ['', 'n'.repeat(129), 'a\tb', 'é', 'n'.repeat(5_000)]) {
        expect([nonce.length, (await post(proposalFrom(quill.url), { nonce })).status]).toEqual([nonce.length, 400]);
      }
    });
    expect((await post(proposalFrom(quill.url), { nonce: 'n'.repeat(128) })).status).toBe(303);
  });

  it('OAU-06 is refused for as long as its time would be taken, early ones included', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'early', timestamp: now() + 599 };
    expect((await post(fields, terms)).status).toBe(303);
    for (const wait of [100, 600, 498]) {
      outpost.advance(wait * SECOND);
      await post(proposalFrom(quill.url), {});
      expect((await post(fields, terms)).status).toBe(401);
    }
    outpost.advance(60 * SECOND);
    expect((await post(fields, terms)).status).toBe(401);
  });

  it('OAU-04 is refused by the cloud that has been started anew on the same data', async () => {
    const house = await openHouse();
    const fields = proposalFrom('http://localhost:1');
    const terms = { nonce: 'before-the-restart', timestamp: Math.floor(house.clock.now() / SECOND) };
    const again = (): Promise<Answer> => house.voice.post('/interop/share', fields, terms);
    try {
      expect((await again()).status).toBe(303);
      await house.restart();
      expect((await again()).status).toBe(401);
      expect((await house.voice.post('/interop/share', fields, {})).status).toBe(303);
    } finally {
      await house.close();
    }
  });
});

/** A cloud that can be stopped and started on its data folder, with one peer. */
async function openHouse() {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-house-'));
  const url = `http://localhost:${String(await freePort())}`;
  const config = readConfig({
    FOOTBRIDGE_PUBLIC_URL: url,
    FOOTBRIDGE_DATA_DIR: dataDir,
    FOOTBRIDGE_CLOUD_NAME: 'House',
  });
  const clock = createHandClock();
  const open = async (): Promise<Cloud> => {
    const cloud = await openCloud(config, { clock, log: createLog('silent') });
    await cloud.listen();
    return cloud;
  };
  let cloud = await open();
  const origin = 'http://localhost:1';
  const draft = { name: 'Peer', shareUrl: `${origin}/s`, credentialsUrl: `${origin}/c`, unshareUrl: `${origin}/u` };
  const { issued } = await cloud.services.neighbours.peers.add(draft);
  return {
    clock,
    voice: new Forger({ url, clock }, issued),
    async restart() {
      await cloud.stop();
      cloud = await open();
    },
    async close() {
      await cloud.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
