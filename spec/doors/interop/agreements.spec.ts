import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE, storageTime } from '../../../src/kernel/index.js';
import { StorageClient } from '../../journeys/support/storage-client.js';
import {
  activate,
  choose,
  decideUnheard,
  carryDecision,
  enter,
  halvesOf,
  invite,
  openStory,
  statesOf,
  type Actor,
  type Invited,
  type Story,
} from '../../journeys/support/story.js';
import { withoutEffect } from '../../journeys/support/world.js';
import { CLEO, DEV } from '../../support/seeds.js';
import { forgedForm, tokenOn } from './support/forged-form.js';

/** Mistakes of the references about whole agreements, and the question who may end one. */
describe('an agreement between two clouds', () => {
  let story: Story;
  let cleo: Actor;
  let dev: Actor;

  beforeAll(async () => {
    story = await openStory();
    cleo = await enter(story, CLEO, story.alder);
    dev = await enter(story, DEV, story.birch);
    await story.ana.browser.signIn(story.alder.url);
    await cleo.browser.signIn(story.alder.url);
    await story.bo.browser.signIn(story.birch.url);
    await dev.browser.signIn(story.birch.url);
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  /** Asks Alder with the grant itself, from another program than Birch. */
  async function withGrant({ folder }: Invited): Promise<StorageClient> {
    const { grant } = await halvesOf(story, folder);
    const peer = await story.birch.services.neighbours.peers.byName('Alder');
    const { key: consumerKey = '', secret: consumerSecret = '' } = peer?.outbound ?? {};
    return new StorageClient(
      story.alder.url,
      { consumerKey, consumerSecret, token: grant?.token, tokenSecret: grant?.secret },
      story.alder.clock,
    );
  }

  it('defect 2: read-only is read-only at both clouds, read-write is read-write', async () => {
    for (const [permission, status] of [
      ['read-only', 403],
      ['read-write', 201],
    ] as const) {
      const share = await activate(story, { permission });
      const atBirch = await story.bo.app.call(`file?name=via-birch.txt&parent=${String(share.mount)}`, {
        method: 'POST',
        body: 'x',
      });
      const atAlder = await (
        await withGrant(share)
      ).call(`file?name=direct.txt&parent=${String(share.folder)}`, { method: 'POST', body: 'x' });
      expect([permission, atBirch.status, atAlder.status]).toEqual([permission, status, status]);
      expect([...(await story.bo.app.children(share.mount)).keys()]).toContain('budget.txt');
    }
  });

  it('PRO-02 defect 2: what Birch was told is no permission: Alder decides by its own record', async () => {
    const share = await activate(story, { permission: 'read-only' });
    const { birch } = story;
    await birch.services.base.database.write((trx) =>
      trx('mounts').where({ id: share.mount }).update({ permission: 'read-write' }),
    );
    const written = await story.bo.app.call(`file?name=x.txt&parent=${String(share.mount)}`, {
      method: 'POST',
      body: 'x',
    });
    expect(written.status).toBe(403);
    expect([...(await story.ana.app.children(share.folder)).keys()]).toEqual(['budget.txt']);
  });

  it('UNS-03 is ended by nobody else: not by people of the owner’s cloud', async () => {
    const share = await activate(story);
    const { outgoing } = await halvesOf(story, share.folder);
    await withoutEffect(story, async () => {
      const { status } = await cleo.app.json(`folder/${String(share.folder)}/unshare`, 'POST', [story.bo.email]);
      expect(status).toBe(404);
      const withdrawal = story.alder.services.agreements.sharing.withdraw(cleo.accountId, outgoing.id);
      await expect(withdrawal).rejects.toMatchObject({ code: 'not-found' });
      await pressed(cleo, `/shares/outgoing/${outgoing.id}/withdraw`);
    });
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
  });

  it('UNS-03 is ended by nobody else: not by people of the recipient’s cloud', async () => {
    const share = await activate(story);
    const { incoming } = await halvesOf(story, share.folder);
    await withoutEffect(story, async () => {
      const leaving = story.birch.services.agreements.leaving.leaveIncoming(dev.accountId, incoming?.id ?? '');
      await expect(leaving).rejects.toMatchObject({ code: 'not-found' });
      await pressed(dev, `/shares/incoming/${incoming?.id ?? ''}/leave`);
      expect((await dev.app.json(`folder/${String(share.mount)}/unshare`, 'POST', [dev.email])).status).toBe(404);
      expect((await dev.app.call(`folder/${String(share.mount)}/members`)).status).toBe(404);
    });
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
  });

  it('UNS-03 lets its grant neither share nor unshare, and list the members of its own folder only', async () => {
    const share = await activate(story);
    const { id: other } = await story.ana.app.makeFolder('Not shared');
    const grant = await withGrant(share);
    await withoutEffect(story, async () => {
      for (const verb of ['share', 'unshare']) {
        expect((await grant.json(`folder/${String(share.folder)}/${verb}`, 'POST', ['eve@evil.example'])).status).toBe(
          403,
        );
        expect((await grant.json(`folder/${String(other)}/${verb}`, 'POST', ['eve@evil.example'])).status).toBe(404);
      }
      expect((await grant.call(`folder/${String(share.folder)}/members`)).status).toBe(200);
      expect((await grant.call(`folder/${String(other)}/members`)).status).toBe(404);
    });
  });

  /** A person presses a button that a page never showed them, with a token of their own. */
  async function pressed({ browser, at }: Actor, target: string): Promise<void> {
    await browser.shares();
    const token = tokenOn(browser.page);
    const answer = await forgedForm(browser.browser, `${at.url}${target}`, { token });
    expect(answer.status).toBe(404);
  }

  it('defect 19: what is pending, declined or over shows no folder, and neither does what one offers oneself', async () => {
    const before = await names(story.bo);
    const pending = await invite(story);
    await choose(story, pending);
    const declined = await invite(story);
    await choose(story, declined);
    await decideUnheard(story, declined, false);
    const accepted = await invite(story);
    await choose(story, accepted);
    await decideUnheard(story, accepted, true);
    const ended = await activate(story);
    await story.ana.app.json(`folder/${String(ended.folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    const { id } = await story.bo.app.makeFolder('Offered by Bo');
    await story.bo.app.share(id, story.ana.email);
    expect(await names(story.bo)).toEqual([...before, 'Offered by Bo'].sort());
    expect((await names(story.ana)).filter((name) => name === 'Offered by Bo')).toEqual([]);
  });

  const names = async ({ app }: Actor): Promise<string[]> => [...(await app.children()).keys()].sort();

  it('defect 20: ends when either side says so, each told by the other, and when its time is up', async () => {
    const byOwner = await activate(story);
    const byRecipient = await activate(story);
    const byTime = await activate(story, { expires_at: storageTime(story.alder.clock.now() + DAY) });
    const { outgoing: before } = await halvesOf(story, byTime.folder);
    await story.ana.app.json(`folder/${String(byOwner.folder)}/unshare`, 'POST', [story.bo.email]);
    const { incoming } = await halvesOf(story, byRecipient.folder);
    await story.birch.services.agreements.leaving.leaveIncoming(story.bo.accountId, incoming?.id ?? '');
    story.advance(DAY);
    await story.alder.cloud.tick();
    await story.settle();
    expect(await statesOf(story, byOwner.folder)).toEqual(['revoked', 'revoked']);
    expect(await statesOf(story, byRecipient.folder)).toEqual(['left', 'left']);
    expect(await statesOf(story, byTime.folder)).toEqual(['expired', 'expired']);
    const { outgoing: after } = await halvesOf(story, byTime.folder);
    expect([after.createdAt, after.changedAt - before.changedAt]).toEqual([before.createdAt, DAY]);
  });

  it('defect 20 CNV-02: the grant is dead with the end, though the other cloud has not heard', async () => {
    const share = await activate(story);
    const grant = await withGrant(share);
    expect((await grant.call(`folder/${String(share.folder)}/contents`)).status).toBe(200);
    await story.ana.app.json(`folder/${String(share.folder)}/unshare`, 'POST', [story.bo.email]);
    expect((await grant.call(`folder/${String(share.folder)}/contents`)).status).toBe(401);
    expect(await statesOf(story, share.folder)).toEqual(['revoked', 'active']);
  });

  it('defect 21: nobody gets a second account: a local address becomes a member, a foreign one none at all', async () => {
    const accounts = async (): Promise<number[]> =>
      Promise.all(story.stations.map(async ({ services }) => (await services.people.accounts.list()).length));
    const before = await accounts();
    const { id } = await story.ana.app.makeFolder('For Cleo');
    const { status } = await story.ana.app.json(`folder/${String(id)}/share`, 'POST', {
      share_to: [cleo.email.toUpperCase()],
    });
    expect(status).toBe(201);
    await activate(story);
    expect(await accounts()).toEqual(before);
    const { sharing } = story.alder.services.agreements;
    const { items } = await sharing.outgoingPage(story.ana.accountId, { limit: 50 });
    expect(items.filter(({ recipient }) => recipient === cleo.email)).toEqual([]);
    expect([...(await cleo.app.children()).keys()]).toContain('For Cleo');
  });

  it('defect 9 defect 11: two shares with one recipient end one by one', async () => {
    const [one, two] = [await activate(story), await activate(story)];
    await story.ana.app.json(`folder/${String(one.folder)}/unshare`, 'POST', [story.bo.email]);
    await story.settle();
    expect([await statesOf(story, one.folder), await statesOf(story, two.folder)]).toEqual([
      ['revoked', 'revoked'],
      ['active', 'active'],
    ]);
    expect([...(await story.bo.app.children(two.mount)).keys()]).toEqual(['budget.txt']);
  });

  it('CNV-01 is found again when the browser is lost between consent and callback', async () => {
    const share = await invite(story);
    await choose(story, share);
    await decideUnheard(story, share, true);
    expect(await statesOf(story, share.folder)).toEqual(['sent', 'accepted']);
    story.advance(2 * MINUTE);
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
    const late = await halvesOf(story, share.folder);
    await carryDecision(story, share, true);
    expect((await halvesOf(story, share.folder)).grant?.token).toBe(late.grant?.token);
  });
});
