import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/kernel/index.js';
import { incomingLane } from '../../src/shares/index.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  statesOf,
  type Invited,
  type Story,
} from '../journeys/support/story.js';

/** What a cloud learns of a peer's health from the messages that it sends. */
describe('the health of a peer', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  afterAll(() => story.close());

  /** Birch's breaker for Alder. */
  const breaker = async () => {
    const { peers, breakers } = story.birch.services.neighbours;
    return breakers.of((await peers.byName('Alder'))?.id ?? '');
  };

  /** Bo has accepted; Alder has not heard. */
  async function accepted(): Promise<Invited> {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    return invited;
  }

  it('PEER-02 after trouble, the one call that may pass is the probe of the grant, and it mounts the folder', async () => {
    const invited = await accepted();
    await carryDecision(story, invited, true);
    for (let call = 0; call < 5; call += 1) (await breaker()).failed();
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'accepted']);
    story.advance(MINUTE);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
    expect((await breaker()).retryAfter()).toBe(0);
  });

  it('PEER-02 a peer that answers every repeat of a decision is healthy, also while its credentials are missing', async () => {
    await accepted();
    for (let repeat = 0; repeat < 6; repeat += 1) {
      story.advance(15 * MINUTE);
      await story.birch.cloud.drain();
    }
    expect((await breaker()).retryAfter()).toBe(0);
    await story.settle();
  });

  it('CRD-09 a peer that refuses a key that has just come is healthy, and the share ends after 60 minutes, not before (F-06)', async () => {
    const invited = await accepted();
    const { database } = story.birch.services.base;
    await database.write((trx) =>
      trx('incoming_shares')
        .where({ state: 'accepted' })
        .update({ resource_url: `${story.alder.url}/v1/folder/999999` }),
    );
    await carryDecision(story, invited, true);
    await story.pass(59 * MINUTE);
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'accepted']);
    expect((await breaker()).retryAfter()).toBe(0);
    const [row] = (await database.read('incoming_shares').where({ state: 'accepted' })) as { problem: string }[];
    expect(row?.problem).toContain('refuses the key');
    await story.pass(11 * MINUTE);
    expect(await statesOf(story, invited.folder)).toEqual(['left', 'revoked']);
  });

  it('DLV-05 a refusal that the origin no longer waits for is told once', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    const { outgoing } = await halvesOf(story, invited.folder);
    await story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
    await decideUnheard(story, invited, false);
    story.advance(2 * MINUTE);
    await story.birch.cloud.drain();
    const { incoming } = await halvesOf(story, invited.folder);
    expect(await story.birch.services.deliveries.outbox.pending(incomingLane(incoming?.id ?? ''))).toEqual([]);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['withdrawn', 'declined']);
  });

  it('is not judged by addresses that we ourselves refuse: bad shares stop no healthy mount (F-14)', async () => {
    await story.forgetLimits();
    const [good, bad] = [await activate(story), await activate(story)];
    const { database } = story.birch.services.base;
    const { incoming } = await halvesOf(story, bad.folder);
    const aside = { resource_url: 'http://169.254.169.254/v1/folder/7' };
    await database.write((trx) =>
      trx('incoming_shares')
        .where({ id: incoming?.id ?? '' })
        .update(aside),
    );
    const look = async ({ mount }: { mount: number }) => story.bo.app.call(`folder/${String(mount)}/contents`);
    for (let call = 0; call < 25; call += 1) expect((await look(bad)).status).toBe(502);
    expect((await breaker()).retryAfter()).toBe(0);
    expect((await look(good)).status).toBe(200);
    // The same for messages of the queue: the probe of the bad share is tried again and again.
    await story.pass(2 * DAY);
    expect((await breaker()).retryAfter()).toBe(0);
    expect((await look(good)).status).toBe(200);
    expect(await statesOf(story, bad.folder)).toEqual(['active', 'active']);
  });
});

describe('the probe of an active share', () => {
  it('CNV-04 comes within a day, and not for all shares at once', async () => {
    const story = await openStory();
    try {
      for (const _ of [1, 2, 3]) await activate(story);
      const { database, clock } = story.birch.services.base;
      const rows = await database.read('deliveries').where({ kind: 'probe' }).select<{ run_at: number }[]>('run_at');
      const waits = rows.map(({ run_at }) => run_at - clock.now());
      expect(Math.min(...waits)).toBeGreaterThan(DAY / 2);
      expect(Math.max(...waits)).toBeLessThanOrEqual(DAY);
      expect(new Set(waits).size).toBe(3);
    } finally {
      await story.close();
    }
  });
});
