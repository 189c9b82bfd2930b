import { describe, expect, it } from 'vitest';
import { HOUR } from '../../src/kernel/index.js';
import { outgoingLane, type OfferAnswer } from '../../src/shares/index.js';
import { sqliteBench } from '../support/each-database.js';
import { openHouse, type House } from './support.js';

const bench = sqliteBench();
const PAGE: OfferAnswer = { kind: 'page', location: new URL('http://localhost:9/proposal') };
const SILENCE: OfferAnswer = { kind: 'unreachable', note: 'no answer' };

/** A share and the word of a link to it. */
async function invited(house: House) {
  const share = await house.offer(await house.makeFolder('Plans'));
  const {
    base: { database },
    agreements: { invitations },
  } = house.services;
  const link = await database.write((trx) => invitations.issue(trx, share.id));
  return { share, word: link.slice(link.lastIndexOf('/') + 1) };
}

describe('the choice of a cloud', () => {
  it('stands when an earlier attempt, given up late, has failed', async () => {
    const house = await openHouse(bench);
    const { share, word } = await invited(house);
    const again = house.invitations(() => Promise.resolve(PAGE));
    // The person does not wait for the first answer: before it comes, the same choice is made again, and works.
    const impatient = house.invitations(async () => {
      await again.choose(word, house.peer.id);
      return SILENCE;
    });
    await expect(impatient.choose(word, house.peer.id)).rejects.toMatchObject({ code: 'peer-failed' });
    expect((await house.now(share)).state).toBe('sent');
  });

  it('is taken back when its only attempt has failed, and may be made again under the same names', async () => {
    const house = await openHouse(bench);
    const { share, word } = await invited(house);
    const failing = house.invitations(() => Promise.resolve(SILENCE));
    await expect(failing.choose(word, house.peer.id)).rejects.toMatchObject({ code: 'peer-failed' });
    expect(await house.now(share)).toMatchObject({ state: 'created', shareId: share.shareId });
    expect(await house.queued()).toEqual([]);
  });

  it('G10 may be made twenty times an hour by whoever holds the link; then no other cloud is bothered', async () => {
    const house = await openHouse(bench);
    const { word } = await invited(house);
    let asked = 0;
    const counting = house.invitations(() => {
      asked += 1;
      return Promise.resolve(PAGE);
    });
    for (let choice = 0; choice < 20; choice += 1) await counting.choose(word, house.peer.id);
    await expect(counting.choose(word, house.peer.id)).rejects.toMatchObject({ code: 'too-many' });
    expect(asked).toBe(20);
    house.clock.advance(HOUR);
    await counting.choose(word, house.peer.id);
  });

  it('withdraws what the peer may hold under names that it refuses to hear again', async () => {
    const house = await openHouse(bench);
    const { share, word } = await invited(house);
    const refusing = house.invitations(() => Promise.resolve({ kind: 'refused', status: 409, note: 'answered 409' }));
    await expect(refusing.choose(word, house.peer.id)).rejects.toMatchObject({ code: 'peer-failed' });
    const now = await house.now(share);
    expect(now.state).toBe('created');
    expect(now.shareId).not.toBe(share.shareId);
    const told = await house.services.deliveries.outbox.pending(outgoingLane(share.id, share.shareId));
    expect(told.map(({ kind }) => kind)).toEqual(['unshare']);
  });

  it('CBK-03 a reload of a callback whose share waits for a new choice is not answered as accepted', async () => {
    const house = await openHouse(bench);
    const { share } = await invited(house);
    const {
      agreements: { decisions },
      shares: { outgoing },
      base: { database },
    } = house.services;
    await house.decide(await house.choose(share), true, '/first');
    expect(await decisions.remembered(await house.now(share), '/first')).toMatchObject({ accepted: true });
    const accepted = await house.now(share);
    await database.write((trx) => outgoing.take(trx, accepted, { event: 'repoint' }, 'clock'));
    await expect(decisions.remembered(await house.now(share), '/first')).rejects.toMatchObject({ code: 'conflict' });
  });
});
