import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLEO } from '../support/seeds.js';
import { activate, enter, halvesOf, openStory, statesOf, voiceOf, type Story } from './support/story.js';
import { endEverything, withoutEffect } from './support/world.js';

describe('the unshare message', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.found('Cedar');
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  it('UNS-01 is refused unsigned, by GET, and from another peer', async () => {
    const { folder } = await activate(story);
    const { outgoing } = await halvesOf(story, folder);
    const { asAlder, asBirch, birch, alder } = story;
    const fields = [['share_id', outgoing.shareId]] as const;
    for (const voice of [asAlder, asBirch]) {
      expect(
        (await withoutEffect(story, () => voice.post('/interop/unshare', fields, { unsigned: true }))).status,
      ).toBe(401);
    }
    const get = await withoutEffect(story, () =>
      asAlder.get(`${birch.url}/interop/unshare`, { share_id: outgoing.shareId }),
    );
    expect(get.status).toBe(405);
    for (const to of [birch, alder]) {
      const asCedar = await voiceOf('Cedar', to);
      const answer = await withoutEffect(story, () => asCedar.unshare(outgoing.shareId, 'revoked'), ['tombstones']);
      expect([to.name, answer.status]).toEqual([to.name, 404]);
    }
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
  });

  it('UNS-02 DLV-02 is answered alike however often it comes, at once or one by one, and acts once', async () => {
    for (const count of [1, 2, 5, 20]) {
      const { folder } = await activate(story);
      const { outgoing } = await halvesOf(story, folder);
      const say = async (): Promise<number> => (await story.asAlder.unshare(outgoing.shareId, 'revoked')).status;
      const answers = await Promise.all(Array.from({ length: count }, say));
      expect(new Set(answers)).toEqual(new Set([200]));
      expect(await withoutEffect(story, say)).toBe(200);
      const { incoming } = await halvesOf(story, folder);
      const log = await story.birch.services.shares.events.of(
        story.birch.services.base.database.read,
        incoming?.id ?? '',
      );
      expect(log.filter(({ to }) => to === 'revoked')).toHaveLength(1);
      await story.forgetLimits();
      await endEverything(story);
      await story.forgetLimits();
    }
  });

  it('UNS-03 nobody ends what is not theirs', async () => {
    const { alder, ana } = story;
    const cleo = await enter(story, CLEO, alder);
    const { folder } = await activate(story);
    const { outgoing } = await halvesOf(story, folder);
    const unshare = await withoutEffect(story, () =>
      cleo.app.json(`folder/${String(folder)}/unshare`, 'POST', [story.bo.email]),
    );
    expect([400, 404]).toContain(unshare.status);
    const unknown = await withoutEffect(story, () => cleo.app.json('folder/999999/unshare', 'POST', [story.bo.email]));
    expect([unshare.status, unshare.text]).toEqual([unknown.status, unknown.text]);
    const withdraw = (): Promise<unknown> =>
      alder.services.agreements.sharing.withdraw(cleo.accountId, outgoing.id).catch((error: unknown) => error);
    expect(await withoutEffect(story, withdraw)).toMatchObject({ code: 'not-found' });
    expect(ana.accountId).not.toBe(cleo.accountId);
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
  });

  it('is refused without a name, and takes any reason for an end', async () => {
    const nameless = await withoutEffect(story, () => story.asAlder.post('/interop/unshare', []));
    expect([nameless.status, nameless.text]).toEqual([400, 'share_id is missing']);
    const { folder } = await activate(story);
    const { outgoing } = await halvesOf(story, folder);
    expect((await story.asAlder.unshare(outgoing.shareId, 'because')).status).toBe(200);
    expect((await statesOf(story, folder))[1]).toBe('revoked');
  });
});
