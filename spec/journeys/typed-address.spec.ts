import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { invitationIn } from '../support/mailbox.js';
import { openMesh, addressOf, answer } from './support/mesh.js';
import { signInAfresh, statesOf, type Story } from './support/story.js';

describe('whoever got a letter types an address at a cloud that is not in the list', () => {
  let story: Story;
  let count = 0;

  beforeAll(async () => {
    story = await openMesh(() => Promise.resolve({ FOOTBRIDGE_OCM_OPEN: 'true' }));
    // Strangers: neither of the two knows the other.
    await story.alder.services.neighbours.peers.remove('Birch', 'command line');
    await story.birch.services.neighbours.peers.remove('Alder', 'command line');
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  /** Ana invites Fay, who opens the letter in Bo's browser. */
  async function invited(): Promise<{ folder: number; name: string }> {
    const { ana, bo, mailbox } = story;
    await signInAfresh(ana);
    count += 1;
    const name = `Typed ${String(count)}`;
    const { id: folder } = await ana.app.makeFolder(name);
    await ana.app.makeFile('budget.txt', 'twelve', folder);
    const to = `fay${String(count)}@mail.example`;
    await ana.browser.share(name, { addresses: to });
    await story.settle();
    await bo.browser.openInvitation(invitationIn(await mailbox.waitForMailTo(to)));
    return { folder, name };
  }

  it('which is found, takes the offer, and shows it to them for their consent', async () => {
    const { bo } = story;
    const share = await invited();
    expect(bo.browser.page.text).toContain('I have an address in another cloud');
    const sent = await bo.browser.submit(/\/address$/, { address: addressOf(bo) });
    expect(sent.text).toContain(`The offer waits for you at ${new URL(bo.at.url).host}`);
    expect(await statesOf(story, share.folder)).toEqual(['sent', 'pending']);
    await answer(story, share, true);
    await story.settle();
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
    expect((await bo.app.children()).has(share.name)).toBe(true);
  });

  it('which is refused if nothing answers there, if it is blocked, or if it is this cloud itself, and nothing is sent', async () => {
    const { alder, ana, bo } = story;
    const { folder } = await invited();
    const wrong = await bo.browser.submit(/\/address$/, { address: 'fay@localhost:1' });
    expect(wrong.text).toContain('This cloud does not share with localhost:1');
    const own = await bo.browser.submit(/\/address$/, { address: addressOf(ana) });
    expect(own.text).toContain('This is an address at this cloud');
    const { host } = new URL(bo.at.url);
    const met = await alder.services.neighbours.peers.byOcmHost(host);
    await alder.services.neighbours.peers.block(met?.name ?? '', 'command line');
    const blocked = await bo.browser.submit(/\/address$/, { address: addressOf(bo) });
    expect(blocked.text).toContain(`This cloud does not share with ${host}`);
    expect(await statesOf(story, folder)).toEqual(['created', 'absent']);
  });
});

describe('where strangers are not welcome', () => {
  it('no address is asked for, and none is taken', async () => {
    const story = await openMesh();
    try {
      const { ana, alder, bo } = story;
      await signInAfresh(ana);
      await ana.app.makeFolder('Closed');
      await ana.browser.share('Closed', { addresses: 'fay@mail.example' });
      await story.settle();
      const link = invitationIn(await story.mailbox.waitForMailTo('fay@mail.example'));
      const page = await bo.browser.openInvitation(link);
      expect(page.text).not.toContain('I have an address in another cloud');
      const token = link.split('/').at(-1) ?? '';
      const { invitations } = alder.services.agreements;
      await expect(invitations.chooseByAddress(token, addressOf(bo))).rejects.toMatchObject({ code: 'invalid' });
    } finally {
      await story.close();
    }
  });
});
