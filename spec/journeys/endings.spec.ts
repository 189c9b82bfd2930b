import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BO, DEV } from '../support/seeds.js';
import { OUTGOING_WAYS } from './support/states.js';
import {
  activate,
  enter,
  halvesOf,
  invite,
  openStory,
  signInAfresh,
  statesOf,
  type Invited,
  type Story,
} from './support/story.js';
import { endEverything, withoutEffect } from './support/world.js';

const DAY = 24 * 3600 * 1000;

describe('how agreements end', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  beforeEach(async () => {
    await story.forgetLimits();
    // Sessions end in the weeks that some tests let pass.
    for (const actor of [story.ana, story.bo]) await signInAfresh(actor);
  });
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  /** What the other cloud can still do with the grant it had. */
  async function grantIsDead({ folder }: Invited): Promise<void> {
    expect((await halvesOf(story, folder)).grant).toBeUndefined();
    expect([...(await story.bo.app.children()).keys()].filter((name) => name.startsWith('Plans'))).toEqual([]);
  }

  it('the recipient declines: both clouds know, nothing is granted', async () => {
    const invited = await invite(story);
    await story.bo.browser.openInvitation(invited.link);
    await story.bo.browser.chooseCloud('Birch');
    const page = await story.bo.browser.decline();
    expect([page.url.origin, page.status]).toEqual([story.alder.url, 200]);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['declined', 'declined']);
    await grantIsDead(invited);
  });

  it('the owner withdraws before the answer, and the recipient’s cloud is told', async () => {
    const invited = await OUTGOING_WAYS.sent(story, {});
    await story.ana.app.json(`folder/${String(invited.folder)}/unshare`, 'POST', [story.bo.email]);
    expect(await statesOf(story, invited.folder)).toEqual(['withdrawn', 'pending']);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['withdrawn', 'withdrawn']);
    const page = await story.bo.browser.accept();
    expect(page.status).toBe(409);
    expect(await statesOf(story, invited.folder)).toEqual(['withdrawn', 'withdrawn']);
  });

  it('nobody answers for thirty days', async () => {
    const invited = await OUTGOING_WAYS.sent(story, {});
    story.advance(30 * DAY - 60_000);
    for (const { cloud } of story.stations) await cloud.tick();
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
    story.advance(120_000);
    for (const { cloud } of story.stations) await cloud.tick();
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['expired', 'expired']);
  });

  it('AUT-05 the owner’s expiry comes: the grant is dead before any clock has ticked', async () => {
    const until = new Date(story.alder.clock.now() + DAY).toISOString().replace('T', ' ').replace('Z', '');
    const invited = await activate(story, { expires_at: until });
    const mounted = [...(await story.bo.app.children(invited.mount)).keys()];
    expect(mounted).toEqual(['budget.txt']);
    story.advance(DAY + 1000);
    expect((await story.bo.app.call(`folder/${String(invited.mount)}/contents`)).status).toBe(404);
    for (const { cloud } of story.stations) await cloud.tick();
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['expired', 'expired']);
    await grantIsDead(invited);
  });

  it('CNV-02 the owner unshares: from that moment the grant opens nothing, although the other cloud has not heard', async () => {
    const invited = await activate(story);
    await story.ana.browser.unshare(await nameOf(story, invited), story.bo.email);
    expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'active']);
    expect((await story.bo.app.call(`folder/${String(invited.mount)}/contents`)).status).toBe(503);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'revoked']);
    await grantIsDead(invited);
  });

  it('CNV-02 of a hundred readers racing with the end, none succeeds that asked after it', async () => {
    const invited = await activate(story);
    const file = (await story.bo.app.children(invited.mount)).get('budget.txt')?.id ?? 0;
    let hasEnded = false;
    const ending = story.ana.app
      .json(`folder/${String(invited.folder)}/unshare`, 'POST', [story.bo.email])
      .then(() => (hasEnded = true));
    const readers = Array.from({ length: 100 }, async (_, index) => {
      // Ten of the requests come after the end in any case, however busy the machine is.
      await (index < 90 ? new Promise((resolve) => setTimeout(resolve, index)) : ending);
      const late = hasEnded;
      const { status } = await story.bo.app.call(`file/${String(file)}/data`);
      return { late, status };
    });
    const answers = await Promise.all(readers);
    expect(answers.filter(({ late }) => late).length).toBeGreaterThanOrEqual(10);
    expect(answers.filter(({ late, status }) => late && status < 400)).toEqual([]);
  });

  it('the recipient leaves: the folder is gone at once, the owner’s cloud is told', async () => {
    const invited = await activate(story);
    await story.bo.browser.leave(await nameOf(story, invited));
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'left']);
    expect((await story.bo.app.call(`folder/${String(invited.mount)}/contents`)).status).toBe(404);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['left', 'left']);
    await grantIsDead(invited);
  });

  it('AUT-05 the shared folder is deleted', async () => {
    const invited = await activate(story);
    expect((await story.ana.app.call(`folder/${String(invited.folder)}`, { method: 'DELETE' })).status).toBe(200);
    expect((await halvesOf(story, invited.folder)).outgoing).toMatchObject({ state: 'revoked', endReason: 'deleted' });
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'revoked']);
    await grantIsDead(invited);
  });

  it('AUT-05 a folder above the shared one is deleted', async () => {
    const { ana, bo } = story;
    const above = await ana.app.makeFolder('Above');
    const invited = await activate(story);
    await ana.app.json(`folder/${String(invited.folder)}`, 'PUT', { parent: above.id });
    expect([...(await bo.app.children(invited.mount)).keys()]).toEqual(['budget.txt']);
    await ana.app.call(`folder/${String(above.id)}`, { method: 'DELETE' });
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'revoked']);
  });

  it.each(['block', 'remove'] as const)('ADM-03 the owner’s cloud does %s the peer', async (verb) => {
    const town = await openStory();
    try {
      const open = await activate(town);
      const asked = await OUTGOING_WAYS.sent(town, {});
      const { mailbox } = town;
      await town.alder.services.neighbours.peers[verb]('Birch');
      expect((await statesOf(town, open.folder))[0]).toBe('revoked');
      expect((await statesOf(town, asked.folder))[0]).toBe('withdrawn');
      expect((await halvesOf(town, open.folder)).grant).toBeUndefined();
      expect((await town.bo.app.call(`folder/${String(open.mount)}/contents`)).status).toBe(503);
      await town.settle();
      const other = verb === 'block' ? 'told' : 'not told';
      // A blocked cloud may still learn that it is over; to one that was removed nothing is said any more.
      const states = other === 'told' ? [/revoked/, /withdrawn/] : [/revoked|active/, /pending/];
      expect((await statesOf(town, open.folder))[1]).toMatch(states[0] ?? '');
      expect((await statesOf(town, asked.folder))[1]).toMatch(states[1] ?? '');
      const unasked = await withoutEffect(town, () => town.asBirch.unshare('whatever'));
      expect([unasked.status, mailbox.letters.length > 0]).toEqual([401, true]);
    } finally {
      await town.close();
    }
  });

  it.each(['disable', 'remove'] as const)('AUT-05 an administrator does %s the owner', async (verb) => {
    const town = await openStory();
    try {
      const { folder, mount } = await activate(town);
      await town.alder.services.people.accounts[verb](town.ana.email);
      expect((await town.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(503);
      await town.settle();
      expect(await statesOf(town, folder)).toEqual(['revoked', 'revoked']);
    } finally {
      await town.close();
    }
  });

  it.each(['disable', 'remove'] as const)('an administrator does %s the recipient', async (verb) => {
    const town = await openStory();
    try {
      const { folder } = await activate(town);
      await town.birch.services.people.accounts[verb](BO.email);
      await town.settle();
      expect(await statesOf(town, folder)).toEqual(['left', 'left']);
    } finally {
      await town.close();
    }
  });

  it('ends only the one share that is meant', async () => {
    const dev = await enter(story, DEV, story.birch);
    const [first, second] = [await activate(story), await activate(story)];
    const third = await invite(story, {}, dev.email);
    await story.ana.app.json(`folder/${String(first.folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    expect(await statesOf(story, second.folder)).toEqual(['active', 'active']);
    expect(await statesOf(story, third.folder)).toEqual(['created', 'absent']);
    expect([...(await story.bo.app.children(second.mount)).keys()]).toEqual(['budget.txt']);
  });
});

/** The name under which a shared folder stands in its owner's root. */
async function nameOf(story: Story, { folder }: Invited): Promise<string> {
  return (
    (await story.alder.services.files.folderName(story.alder.services.base.database.read, String(folder) as never)) ??
    ''
  );
}
