import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseInvite } from '../../src/federation/index.js';
import type { Email } from '../../src/kernel/index.js';
import { addressOf, announced, answer, atWork, openMesh } from './support/mesh.js';
import { halvesOf, statesOf, type Story } from './support/story.js';
import { endEverything } from './support/world.js';

describe('two clouds that know each other by Open Cloud Mesh alone', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openMesh();
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  it('share a folder by address: it waits, is accepted, and its files are read and written', async () => {
    const { bo, mailbox } = story;
    const shared = await announced(story);
    expect(await statesOf(story, shared.folder)).toEqual(['sent', 'pending']);
    const letter = mailbox.letters.find(({ to }) => to.includes(bo.email));
    expect(letter?.subject).toContain(`shares “${shared.name}” with you`);

    await answer(story, shared, true);
    await story.settle();
    expect(await statesOf(story, shared.folder)).toEqual(['active', 'active']);
    const { incoming } = await halvesOf(story, shared.folder);
    const view = await story.birch.services.agreements.sharing.incomingOne(bo.accountId, incoming?.id ?? '');
    const mount = Number(view?.mountId);
    const file = (await bo.app.children(mount)).get('budget.txt');
    expect((await bo.app.read(file?.id ?? '')).toString()).toBe('twelve');
    expect((await bo.app.replace(file?.id ?? '', 'thirteen')).status).toBe(200);
    const own = (await story.ana.app.children(shared.folder)).get('budget.txt');
    expect((await story.ana.app.read(own?.id ?? '')).toString()).toBe('thirteen');
  });

  it('name the owner as the recipient’s cloud was told at the invitation, also when he has another e-mail address since', async () => {
    const { ana, bo, alder, birch } = story;
    const named = async (): Promise<string | undefined> => {
      const shared = await announced(story);
      return (await halvesOf(story, shared.folder)).incoming?.ownerEmail;
    };
    const { text } = await alder.services.agreements.contacts.invites.make(ana.accountId, 'Bo');
    const account = (await birch.services.people.accounts.byId(bo.accountId)) ?? expect.fail('nobody');
    await birch.services.agreements.contacts.meeting.accept(account, parseInvite(text, alder.url));
    const asTold = addressOf(ana);
    expect(await named()).toBe(asTold);

    const { database } = alder.services.base;
    const newer = 'ana.now@alder.example' as Email;
    const row = {
      account_id: ana.accountId,
      email: newer,
      folded: newer,
      is_primary: false,
      proven_at: 1,
      created_at: 1,
    };
    await database.write((trx) => trx('addresses').insert(row));
    await alder.services.people.addresses.makePrimary(ana.accountId, newer);
    expect(await named()).toBe(asTold);

    // Without an invitation between the two, the owner is named by the current e-mail address.
    await database.write((trx) => trx('ocm_contacts').delete());
    expect(await named()).toBe(addressOf({ ...ana, email: newer }));
    await alder.services.people.addresses.makePrimary(ana.accountId, ana.email);
  });

  it('tell each other a no, and what was offered opens nothing any more', async () => {
    const shared = await announced(story);
    await answer(story, shared, false);
    await story.settle();
    expect(await statesOf(story, shared.folder)).toEqual(['declined', 'declined']);
    expect((await halvesOf(story, shared.folder)).grant).toBeUndefined();
    const { incoming } = await halvesOf(story, shared.folder);
    expect(incoming?.grantSealed).toBeUndefined();
  });

  it('end it from either side', async () => {
    const { ana, bo, alder, birch } = story;
    const taken = await atWork(story);
    const { outgoing } = await halvesOf(story, taken.folder);
    await alder.services.agreements.sharing.withdraw(ana.accountId, outgoing.id);
    await story.settle();
    expect(await statesOf(story, taken.folder)).toEqual(['revoked', 'revoked']);

    const left = await atWork(story);
    const { incoming } = await halvesOf(story, left.folder);
    await birch.services.agreements.leaving.leaveIncoming(bo.accountId, incoming?.id ?? '');
    await story.settle();
    expect(await statesOf(story, left.folder)).toEqual(['left', 'left']);
  });
});
