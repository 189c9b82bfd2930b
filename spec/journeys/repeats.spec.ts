import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../src/kernel/index.js';
import { activate, choose, decideUnheard, halvesOf, invite, openStory, statesOf, type Story } from './support/story.js';
import type { Answer } from './support/wire.js';

/** How often a message may come. */
const TIMES = Array.from({ length: 20 }, (_, index) => index + 1);

describe('a message that is received again and again', () => {
  let story: Story;
  beforeAll(async () => {
    story = await openStory();
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  /** Sends the same `times` times, all at the same moment or one after the other; answers the distinct answers. */
  async function repeated(times: number, act: () => Promise<Answer>): Promise<string[]> {
    const answers: Answer[] = [];
    if (times % 2 === 0) answers.push(...(await Promise.all(Array.from({ length: times }, act))));
    else for (let count = 0; count < times; count += 1) answers.push(await act());
    return [...new Set(answers.map(({ status, headers, text }) => `${String(status)} ${headers.location ?? text}`))];
  }

  const events = async (at: 'alder' | 'birch', id: string): Promise<string[]> => {
    const {
      shares: { events: log },
      base: { database },
    } = story[at].services;
    return (await log.of(database.read, id)).map(({ event }) => event);
  };

  it.each(TIMES)('DLV-02 %i times acts once, and is answered alike', async (times) => {
    const shareId = `repeated-${String(times)}`;
    const proposal: Fields = Object.entries({
      share_id: shareId,
      resource_url: `${story.alder.url}/v1/folder/1`,
      owner_name: 'Ana Alvarez',
      owner_email: story.ana.email,
      folder_name: 'Plans',
      permission: 'read-only',
      recipient: story.bo.email,
      callback: `${story.alder.url}/interop/result/${shareId}`,
      protocol_version: '1.0',
    });
    expect(await repeated(times, () => story.asAlder.post('/interop/share', proposal))).toHaveLength(1);
    const {
      shares: { incoming: shares },
      agreements: { proposals },
      base: { database },
    } = story.birch.services;
    const found = await shares.named(database.read, shareId);
    expect(found).toHaveLength(1);
    const { id = '', digest = '' } = found[0] ?? {};
    await proposals.decide(story.bo.accountId, id, digest, true);
    const key = (): Promise<Answer> => story.asAlder.credentials(shareId, 't'.repeat(32), 's'.repeat(43));
    expect((await repeated(times, key)).map((answer) => answer.slice(0, 3))).toEqual(['200']);
    expect(await repeated(times, () => story.asAlder.unshare(shareId, 'revoked'))).toHaveLength(1);
    expect(await events('birch', id)).toEqual(['share', 'accept', 'told-revoked']);
    // Once the share has moved past them, the contract's 409.
    expect([(await key()).status, (await story.asAlder.post('/interop/share', proposal)).status]).toEqual([409, 409]);
  });

  it.each([1, 2, 7, 12, 20])(
    'DLV-02 an answer and a leave that come %i times act once, one grant is made',
    async (times) => {
      const invited = await invite(story);
      await choose(story, invited);
      await decideUnheard(story, invited, true);
      const { outgoing, callback = '' } = await halvesOf(story, invited.folder);
      const decision = (): Promise<Answer> => story.asBirch.decide(callback, outgoing.shareId, true);
      expect(await repeated(times, decision)).toHaveLength(1);
      const grants = await story.alder.services.base.database.read('grants').where({ outgoing_id: outgoing.id });
      expect(grants).toHaveLength(1);
      expect(await repeated(times, () => story.asBirch.unshare(outgoing.shareId))).toHaveLength(1);
      expect(await events('alder', outgoing.id)).toEqual(['share', 'choose', 'accept', 'left']);
      expect((await decision()).status).toBe(409);
    },
  );

  it('DLV-02 years later changes nothing', async () => {
    const invited = await activate(story);
    const { outgoing, callback = '' } = await halvesOf(story, invited.folder);
    await story.ana.at.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
    await story.settle();
    story.advance(3 * 365 * 86_400_000);
    expect((await story.asBirch.decide(callback, outgoing.shareId, true)).status).toBe(409);
    expect((await story.asAlder.unshare(outgoing.shareId, 'revoked')).status).toBe(200);
    expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'revoked']);
  });
});
