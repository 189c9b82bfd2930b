import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { invitationIn } from '../support/mailbox.js';
import { addressOf, openMesh } from './support/mesh.js';
import { signInAfresh, statesOf, type Story } from './support/story.js';
import { endEverything } from './support/world.js';

describe('one dialog shares with everybody', () => {
  let story: Story;
  let count = 0;

  beforeAll(async () => {
    story = await openMesh();
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  /** A new folder of Ana's. */
  async function folderOf(): Promise<{ id: number; name: string }> {
    count += 1;
    const name = `Plans ${String(count)}`;
    return { id: (await story.ana.app.makeFolder(name)).id, name };
  }

  it('by e-mail and at a server, and its page says who gets what', async () => {
    const { ana, bo } = story;
    await signInAfresh(ana);
    const { id, name } = await folderOf();
    const page = await ana.browser.share(name, { addresses: ['eve@mail.example', addressOf(bo)] });
    const host = new URL(bo.at.url).host;
    expect(page.text).toContain('1 invitation on the way to eve@mail.example.');
    expect(page.text).toContain(`Offered there, without a letter: ${bo.email}@${host} at ${host}.`);
    await story.settle();
    const to = story.mailbox.letters.flatMap((letter) => letter.to);
    expect(to).toContain('eve@mail.example');
    expect(to.filter((each) => each.includes('localhost'))).toEqual([]);

    const list = await ana.browser.members(name);
    expect(list.text).toContain(`${bo.email}@${host}`);
    const taken = await ana.browser.unshare(name, `${bo.email}@${host}`);
    expect(taken.text).toContain('Taken back.');
    await story.settle();
    const states = await story.alder.services.base.database
      .read('outgoing_shares')
      .where({ folder_id: id })
      .pluck('state');
    expect(states.sort()).toEqual(['created', 'withdrawn']);
  });

  it('is refused whole, and says why, when somebody is at a server that this cloud does not share with', async () => {
    const { ana } = story;
    await signInAfresh(ana);
    const { id, name } = await folderOf();
    const page = await ana.browser.share(name, { addresses: ['eve@mail.example', 'bob@https://elsewhere.example'] });
    expect(page.text).toContain('This cloud does not share with elsewhere.example.');
    const shares = await story.alder.services.base.database.read('outgoing_shares').where({ folder_id: id });
    expect(shares).toEqual([]);
  });

  it('so does the storage API, which names the server', async () => {
    const { ana, bo } = story;
    const { id } = await folderOf();
    const host = new URL(bo.at.url).host;
    const entries = ['eve@mail.example', addressOf(bo), 'nobody at all'];
    const answer = await ana.app.json(`folder/${String(id)}/share`, 'POST', entries);
    expect(answer.status).toBe(201);
    expect(JSON.parse(answer.text)).toMatchObject({
      shared_to: [],
      proposals: [
        { email: 'eve@mail.example', status: 'CREATED' },
        { email: `${bo.email}@${host}`, status: 'SENT', at: host },
      ],
    });
    await story.settle();
    const incoming = await story.birch.services.base.database
      .read('incoming_shares')
      .where({ dialect: 'ocm', state: 'pending' });
    expect(incoming).toHaveLength(1);
  });

  it('and whoever got a letter picks a cloud that is told there: they say who they are, and the offer waits', async () => {
    const { ana, bo, mailbox } = story;
    await signInAfresh(ana);
    const { id, name } = await folderOf();
    await ana.browser.share(name, { addresses: 'fay@mail.example' });
    await story.settle();
    await bo.browser.openInvitation(invitationIn(await mailbox.waitForMailTo('fay@mail.example')));
    const asked = await bo.browser.chooseCloud('Birch');
    expect(asked.text).toContain('Who are you at Birch?');
    expect(await statesOf(story, id)).toEqual(['created', 'absent']);
    const wrong = await bo.browser.submit(/invitations/, { address: 'nobody@mail.example' });
    expect(wrong.text).toContain('Birch did not take the invitation');
    const sent = await bo.browser.submit(/invitations/, { address: bo.email });
    expect(sent.text).toContain('The offer waits for you at Birch');
    await story.settle();
    expect(await statesOf(story, id)).toEqual(['sent', 'pending']);
  });
});
