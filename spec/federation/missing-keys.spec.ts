import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import {
  activate,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  statesOf,
  type Story,
} from '../journeys/support/story.js';

const SENTENCE = 'The keys that Alder issued to this cloud are not recorded yet.';

describe('a peer whose keys are not recorded here', () => {
  let story: Story;
  let keys: object;

  beforeAll(async () => {
    story = await openStory();
    keys = await story.birch.services.base.database.read('peers').first<object>('outbound_key', 'outbound_secret');
  });
  afterAll(() => story.close());
  beforeEach(() => record(keys));

  async function record(columns: object): Promise<void> {
    await story.birch.services.base.database.write((trx) => trx('peers').where({ name: 'Alder' }).update(columns));
  }

  const lose = (): Promise<void> => record({ outbound_key: null, outbound_secret: null });

  async function attempts(count: number): Promise<void> {
    for (let attempt = 0; attempt < count; attempt += 1) {
      story.advance(DAY / 2);
      await story.birch.cloud.drain();
    }
  }

  async function rest(): Promise<number> {
    const { peers, breakers } = story.birch.services.neighbours;
    return breakers.of((await peers.byName('Alder'))?.id ?? '').retryAfter();
  }

  it('PEER-02 is not blamed: messages wait with a sentence that says why, and go once the keys are there', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    await lose();
    const before = story.birch.connections.length;
    await attempts(8);
    expect(await rest()).toBe(0);
    const queued = story.birch.services.base.database.read('deliveries');
    expect((await queued.first<{ last_answer: string }>()).last_answer).toBe(SENTENCE);
    expect(story.birch.connections.length).toBe(before);
    await record(keys);
    await attempts(1);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
  });

  it('PEER-02 is not blamed for a folder that cannot be asked for, which says why and then heals', async () => {
    const invited = await activate(story);
    await lose();
    await attempts(10);
    expect(await rest()).toBe(0);
    expect((await halvesOf(story, invited.folder)).incoming).toMatchObject({ state: 'active', problem: SENTENCE });
    await record(keys);
    await attempts(1);
    expect((await halvesOf(story, invited.folder)).incoming?.problem).toBeUndefined();
  });

  it('records no decision of a person, who is told why', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await lose();
    await expect(decideUnheard(story, invited, true)).rejects.toMatchObject({ code: 'unavailable', message: SENTENCE });
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
  });
});
