import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../../src/kernel/index.js';
import { KeyRotation, type KeyRotationParts, type Peer } from '../../../src/peers/index.js';
import { PeerVoice } from '../../journeys/support/peer-voice.js';
import { activate, openStory, type Story } from '../../journeys/support/story.js';
import { heard } from '../../peers/strangers.js';
import { until } from '../../support/until.js';
import { openScriptedPeer } from './support/scripted-peer.js';

/** Alder gives Birch new keys, while Bo at Birch uses a folder of Ana's at Alder. */
describe('new keys for a peer', () => {
  let story: Story;
  let mount: number;
  beforeEach(async () => {
    story = await openStory();
    ({ mount } = await activate(story));
  });
  afterEach(() => story.close());

  const birchAtAlder = async (): Promise<Peer> => known(await story.alder.services.neighbours.peers.byName('Birch'));
  const alderAtBirch = async (): Promise<Peer> => known(await story.birch.services.neighbours.peers.byName('Alder'));
  const bosView = async (): Promise<string[]> => [...(await story.bo.app.children(mount)).keys()];
  const rotate = (): Promise<void> => story.alder.services.joining.rotation.rotate('Birch', 'ada');
  const settled = (): Promise<void> => heard(story.birch, story.alder);

  /** The status of a ping that Birch signs with a pair. */
  async function pingWith(pair: { key: string; secret: string }): Promise<number> {
    const { alder } = story;
    return (await new PeerVoice(alder.url, pair, alder.clock).get(`${alder.url}/interop/ping`)).status;
  }

  /** A rotation whose message meets this fault. */
  function rotationThat(
    tell: (send: () => ReturnType<KeyRotationParts['tell']>) => ReturnType<KeyRotationParts['tell']>,
  ) {
    const { services } = story.alder;
    return new KeyRotation({
      database: services.base.database,
      peers: services.neighbours.peers,
      keys: services.joining.peerKeys,
      events: services.care.peerEvents,
      tell: (peer, url, fields) => tell(() => services.neighbours.wire.postForm(peer, url, fields)),
    });
  }

  it('are used from then on, and their first use ends the ones before', async () => {
    const before = await birchAtAlder();
    await rotate();
    await settled();
    const after = await birchAtAlder();
    expect(after.inbound.key).not.toBe(before.inbound.key);
    expect((await alderAtBirch()).outbound).toEqual(after.inbound);
    expect(after.previousInbound).toBeUndefined();
    expect([await pingWith(before.inbound), await pingWith(after.inbound)]).toEqual([401, 200]);
    expect(await bosView()).toEqual(['budget.txt']);
  });

  it('leave a folder in use without a gap: its requests are taken under the old key and under the new', async () => {
    const { alder, birch } = story;
    const old = (await birchAtAlder()).inbound;
    const { pair } = await alder.services.joining.peerKeys.issue((await birchAtAlder()).id);
    expect(await bosView()).toEqual(['budget.txt']);
    expect(await pingWith(old)).toBe(200);
    const { id } = await alderAtBirch();
    await birch.services.base.database.write((trx) => birch.services.joining.peerKeys.sign(trx, id, pair));
    expect(await bosView()).toEqual(['budget.txt']);
    // Noted beside the answer, which does not wait for it.
    await until('the first use to be noted', async () => (await birchAtAlder()).previousInbound === undefined);
    expect(await pingWith(old)).toBe(401);
  });

  it('that never arrive end nothing, however long that takes, and are told again', async () => {
    const old = (await birchAtAlder()).inbound;
    await expect(rotationThat(() => Promise.reject(new Error('lost'))).rotate('Birch', 'ada')).rejects.toThrow('lost');
    story.advance(30 * DAY);
    await story.alder.cloud.tick();
    expect(await pingWith(old)).toBe(200);
    const { inbound } = await birchAtAlder();
    await rotate();
    expect((await alderAtBirch()).outbound).toEqual(inbound);
    expect(await bosView()).toEqual(['budget.txt']);
  });

  it('whose answer is lost are the same when they are told again', async () => {
    const lossy = rotationThat(async (send) => {
      await send();
      throw new Error('lost');
    });
    await expect(lossy.rotate('Birch', 'ada')).rejects.toThrow('lost');
    const taken = (await alderAtBirch()).outbound;
    expect(await bosView()).toEqual(['budget.txt']);
    await settled();
    expect((await birchAtAlder()).inbound).toEqual(taken);
    expect((await birchAtAlder()).previousInbound).toBeUndefined();
  });

  it('end the ones before after seven days, used or not', async () => {
    const { alder } = story;
    const old = (await birchAtAlder()).inbound;
    const { pair } = await alder.services.joining.peerKeys.issue((await birchAtAlder()).id);
    await alder.services.joining.peerKeys.taken((await birchAtAlder()).id, pair.key);
    story.advance(7 * DAY - MINUTE);
    expect(await pingWith(old)).toBe(200);
    story.advance(MINUTE);
    expect(await pingWith(old)).toBe(401);
    await alder.cloud.tick();
    expect((await birchAtAlder()).previousInbound).toBeUndefined();
    expect(await pingWith(pair)).toBe(200);
  });

  it('are told by the same message as often as need be', async () => {
    const { asAlder } = story;
    const fields: [string, string][] = [
      ['consumer_key', 'K'.repeat(32)],
      ['consumer_secret', 'S'.repeat(43)],
    ];
    const [first, second] = [
      await asAlder.post('/interop/rotate', fields),
      await asAlder.post('/interop/rotate', fields),
    ];
    expect([first.status, first.text]).toEqual([200, `{"consumer_key":"${'K'.repeat(32)}"}`]);
    expect([second.status, second.text]).toEqual([first.status, first.text]);
    expect((await alderAtBirch()).outbound).toEqual({ key: 'K'.repeat(32), secret: 'S'.repeat(43) });
  });

  it('are taken from nobody but the peer itself, in the body, once each', async () => {
    const { asAlder, birch } = story;
    const before = (await alderAtBirch()).outbound;
    const key: [string, string] = ['consumer_key', 'K'.repeat(32)];
    const secret: [string, string] = ['consumer_secret', 'S'.repeat(43)];
    const told = async (path: string, fields: [string, string][], unsigned = false): Promise<number> =>
      (await asAlder.post(path, fields, { unsigned })).status;
    expect(await told('/interop/rotate', [key, secret], true)).toBe(401);
    expect(await told('/interop/rotate', [key])).toBe(400);
    expect(await told('/interop/rotate', [key, ['consumer_secret', 'with a blank']])).toBe(400);
    expect(await told('/interop/rotate', [key, secret, ['consumer_key', 'L'.repeat(32)]])).toBe(400);
    expect(await told('/interop/rotate?x=1', [key, secret])).toBe(400);
    await birch.services.neighbours.peers.block('Alder');
    expect(await told('/interop/rotate', [key, secret])).toBe(401);
    expect((await alderAtBirch()).outbound).toEqual(before);
  });

  it('cannot be given to a cloud that does not know the message: the ones before stay the only ones', async () => {
    const {
      neighbours: { peers },
      joining: { rotation },
    } = story.alder.services;
    const oak = await openScriptedPeer();
    const at = { shareUrl: `${oak.url}/interop/share`, credentialsUrl: `${oak.url}/interop/credentials` };
    const { peer } = await peers.add({ name: 'Oak', ...at, outbound: { key: 'key', secret: 'secret' } });
    await expect(rotation.rotate('Oak', 'ada')).rejects.toThrow('cannot take new keys by itself');
    expect(await peers.byName('Oak')).toEqual(peer);
    await peers.add({ name: 'Elm', shareUrl: 'http://localhost:9/s', credentialsUrl: 'http://localhost:9/c' });
    await expect(rotation.rotate('Elm', 'ada')).rejects.toThrow('cannot take new keys by itself');
    await oak.close();
  });

  it('take the place of a pair that was recorded by hand', async () => {
    const { alder, birch } = story;
    await rotate();
    await birch.services.neighbours.peers.set('Alder', { outbound: { key: 'wrong', secret: 'wrong' } });
    expect(await birch.services.joining.probes.probe((await alderAtBirch()).id)).toBe('refused');
    await alder.services.joining.rotation.rotate('Birch', 'ada');
    expect(await birch.services.joining.probes.probe((await alderAtBirch()).id)).toBe('well');
  });

  it('SEC-01 are sealed, the ones before too, and gone with the peer', async () => {
    const { alder } = story;
    const { id, inbound } = await birchAtAlder();
    const { pair } = await alder.services.joining.peerKeys.issue(id);
    const stored = JSON.stringify(await alder.services.base.database.read('peers'));
    for (const { secret } of [inbound, pair]) expect(stored).not.toContain(secret);
    await alder.services.neighbours.peers.remove('Birch');
    const row: unknown = await alder.services.base.database.read('peers').where({ id }).first();
    expect(row).toMatchObject({ inbound_key: null, previous_inbound_key: null, previous_inbound_secret: null });
    expect([await pingWith(inbound), await pingWith(pair)]).toEqual([401, 401]);
  });
});

function known(peer: Peer | undefined): Peer {
  if (peer === undefined) throw new Error('no such peer');
  return peer;
}
