import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStory, type Story } from '../../journeys/support/story.js';
import { withoutEffect } from '../../journeys/support/world.js';

describe('what a peer says of its address', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  afterAll(() => story.close());

  const said = async (): Promise<string | undefined> =>
    (await story.birch.services.neighbours.peers.byName('Alder'))?.said?.address;
  const say = async (address: string, unsigned = false): Promise<number> =>
    (await story.asAlder.post('/interop/ping', [['address', address]], { unsigned })).status;

  it('is kept when it is news, the last word counting, and forgotten when it is where it was', async () => {
    expect(await say('https://one.example')).toBe(200);
    expect(await say('https://two.example/')).toBe(200);
    expect(await said()).toBe('https://two.example');
    expect(await say(story.alder.url)).toBe(200);
    expect(await said()).toBeUndefined();
  });

  it('counts from nobody else, and not when it is none', async () => {
    await withoutEffect(story, async () => {
      expect(await say('https://elm.example', true)).toBe(401);
      for (const odd of ['', 'elm', 'ftp://elm.example', 'https://a@elm.example', 'javascript:alert(1)']) {
        expect([odd, await say(odd)]).toEqual([odd, 400]);
      }
    });
  });
});
