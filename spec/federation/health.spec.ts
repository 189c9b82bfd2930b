import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import {
  carryDecision,
  choose,
  decideUnheard,
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
    const { peers, breakers } = story.birch.services;
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

  it('CRD-09 a peer that answers for something else is healthy, and the share stays inactive with the reason', async () => {
    const invited = await accepted();
    const { database } = story.birch.services;
    await database.write((trx) =>
      trx('incoming_shares').where({ state: 'accepted' }).update({ resource_url: `${story.alder.url}/v1/folder/999999` }),
    );
    await carryDecision(story, invited, true);
    for (let probe = 0; probe < 6; probe += 1) {
      await story.settle();
      story.advance(15 * MINUTE);
    }
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'accepted']);
    expect((await breaker()).retryAfter()).toBe(0);
    const [row] = (await database.read('incoming_shares').where({ state: 'accepted' })) as { problem: string }[];
    expect(row?.problem).toContain('404');
  });
});
