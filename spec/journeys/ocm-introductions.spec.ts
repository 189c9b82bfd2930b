import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY } from '../../src/kernel/index.js';
import { invitationIn } from '../support/mailbox.js';
import type { OcmProfileName } from '../support/ocm-servers/index.js';
import { createPerson, type Page, type Person } from '../support/person.js';
import { openOcmStage, takenBy, type OcmStage } from './ocm-matrix/stage.js';
import { signInAfresh } from './support/story.js';

const OPEN = { FOOTBRIDGE_OCM_OPEN: 'true' };

/** What an invitee has in hand: a letter about a folder, and a browser with its page. */
interface Invited {
  readonly name: string;
  readonly link: string;
  readonly to: string;
  readonly zoe: Person;
}

let count = 0;

/** Ana shares a new folder with an address of mail, whose person opens the letter. */
async function invited({ ana, town }: OcmStage): Promise<Invited> {
  count += 1;
  const name = `Choir ${String(count)}`;
  const to = `zoe${String(count)}@mail.example`;
  await signInAfresh(ana);
  const { id } = await ana.app.makeFolder(name);
  await ana.app.makeFile('a.txt', 'twelve bytes', id);
  await ana.browser.share(name, { addresses: to });
  await town.settle();
  const link = invitationIn(await town.mailbox.waitForMailTo(to));
  const zoe = createPerson({ name: 'Zoe', email: to, password: '' });
  await zoe.openInvitation(link);
  return { name, link, to, zoe };
}

/** Picks the server in the list, and says who one is there. */
async function choose({ zoe, link }: Invited, address = 'zoe'): Promise<Page> {
  await zoe.openInvitation(link);
  await zoe.chooseCloud('There');
  return zoe.submit(/\/invitations\/[^/]+$/, { address });
}

const connect = ({ zoe }: Invited): Promise<Page> => zoe.submit(/\/connect$/);

/** The text of the invitation on a page. */
const textOn = ({ body }: Page): string => /id="text">([^<]+)</.exec(body.toString())?.[1] ?? '';

async function halfOf({ alder }: OcmStage, { to }: Invited) {
  const { shares, base } = alder.services;
  const row = await base.database.read('outgoing_shares').where({ recipient: to }).first<{ id: string }>('id');
  const share = await shares.outgoing.byId(base.database.read, row.id);
  return share ?? expect.fail('there is no such share');
}

const stateOf = async (stage: OcmStage, about: Invited): Promise<string> => (await halfOf(stage, about)).state;

const contactsOf = async ({ alder, ana }: OcmStage): Promise<string[]> =>
  (await alder.services.agreements.contacts.book.list(ana.accountId)).map(({ name }) => name);

const invitesIn = async ({ alder }: OcmStage): Promise<object[]> =>
  alder.services.base.database.read('ocm_invites').select();

async function forget(stage: OcmStage): Promise<void> {
  const { database } = stage.alder.services.base;
  for (const table of ['ocm_contacts', 'ocm_invites']) await database.write((trx) => trx(table).delete());
  stage.there.contacts.clear();
}

const REASONS = {
  cernbox: 'takes shares only from people whose invitation its person has accepted.',
  ocis: 'takes no shares from this cloud. It says: remote user not accepted',
  opencloud: 'takes no shares from this cloud. It says: remote user not accepted',
} as const satisfies Partial<Record<OcmProfileName, string>>;

describe.each(Object.keys(REASONS) as (keyof typeof REASONS)[])(
  'an invitee at %s, which lets in contacts alone',
  (make) => {
    let stage: OcmStage;
    beforeAll(async () => {
      stage = await openOcmStage(make, OPEN);
    });
    afterAll(() => stage.close());
    beforeEach(async () => {
      await stage.town.forgetLimits();
      await forget(stage);
    });

    it('is told why, accepts an invitation there, and then the offer comes by itself (OCM-07)', async () => {
      const { there, town } = stage;
      const about = await invited(stage);
      const refused = await choose(about);
      expect([refused.status, refused.text]).toEqual([200, expect.stringContaining(REASONS[make])]);
      expect(refused.text).toContain('First connect with Ana');
      expect([await stateOf(stage, about), await invitesIn(stage)]).toEqual(['created', []]);

      const led = await connect(about);
      expect(led.text).toContain(`Accept the invitation at ${there.host}`);
      expect(await contactsOf(stage)).toEqual([]);
      expect((await there.meet(textOn(led)))?.status).toBe(200);
      expect(await contactsOf(stage)).toEqual(['Zoe Zander']);
      expect(await stateOf(stage, about)).toBe('sent');
      await town.settle();
      const share = takenBy(stage, about) ?? expect.fail('nothing came');
      // To the address that her server gave, not to what she typed.
      expect(share.shareWith).toContain(there.address.split('@')[0]);

      await there.accept(share);
      const folder = await there.open(share);
      expect((await folder.read('a.txt')).text).toBe('twelve bytes');
      await town.settle();
      expect(await stateOf(stage, about)).toBe('active');
    });

    it('is led to its page for invitations, where it says that it has one', async () => {
      const about = await invited(stage);
      await choose(about);
      const led = await connect(about);
      const page = led.links.find(({ href }) => href.pathname.endsWith('/accept-invite'))?.href;
      const token = Buffer.from(textOn(led), 'base64').toString().split('@')[0];
      expect(page?.searchParams.get('token')).toBe(make === 'cernbox' ? token : undefined);
      expect(page?.searchParams.get('providerDomain')).toBe(make === 'cernbox' ? stage.alder.url : undefined);
    });

    it('may type the address instead, if this cloud is open to strangers', async () => {
      const about = await invited(stage);
      const refused = await about.zoe.submit(/\/address$/, { address: `zoe@${stage.there.host}` });
      expect(refused.text).toContain(REASONS[make]);
      await stage.there.meet(textOn(await connect(about)));
      await stage.town.settle();
      expect(takenBy(stage, about)?.state).toBe('pending');
    });
  },
);

describe('the invitation of a share', () => {
  let stage: OcmStage;
  beforeAll(async () => {
    stage = await openOcmStage('ocis', OPEN);
  });
  afterAll(() => stage.close());
  beforeEach(async () => {
    await stage.town.forgetLimits();
    await forget(stage);
  });

  /** Its text, on the page of an invitee who was refused. */
  async function led(about: Invited): Promise<string> {
    await choose(about);
    return textOn(await connect(about));
  }

  it('is one however often somebody asks, at once too, and in no row (SEC-01)', async () => {
    const about = await invited(stage);
    const text = await led(about);
    expect(text).not.toBe('');
    const token = about.link.split('/').at(-1) ?? '';
    const { introductions } = stage.alder.services.agreements;
    const again = await Promise.all([1, 2, 3].map(() => introductions.lead(token, stage.there.url)));
    expect(again.map(({ invite }) => invite.text)).toEqual([text, text, text]);
    const rows = await invitesIn(stage);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(Buffer.from(text, 'base64').toString().split('@')[0]);
    await stage.there.meet(text);
    await stage.town.settle();
    const { length } = stage.there.taken;
    expect((await stage.there.meet(text))?.status).toBe(409);
    await stage.town.settle();
    expect(stage.there.taken).toHaveLength(length);
  });

  it('is none of those that its owner has made', async () => {
    await led(await invited(stage));
    const { invites } = stage.alder.services.agreements.contacts;
    expect(await invites.list(stage.ana.accountId)).toEqual([]);
  });

  it('ends with the share: nothing is sent, and nobody becomes a contact', async () => {
    const about = await invited(stage);
    const text = await led(about);
    await signInAfresh(stage.ana);
    await stage.ana.browser.unshare(about.name, about.to);
    expect((await about.zoe.visit(`${stage.alder.url}/ocm/wayf?token=${tokenIn(text)}`)).status).toBe(404);
    expect((await stage.there.meet(text))?.status).toBe(400);
    await stage.town.settle();
    expect([await contactsOf(stage), takenBy(stage, about)]).toEqual([[], undefined]);
    await about.zoe.openInvitation(about.link);
    expect(about.zoe.page.text).toContain('This invitation has ended');
  });

  it('is over after 14 days, and the page then gives another one', async () => {
    const about = await invited(stage);
    const text = await led(about);
    stage.town.advance(15 * DAY);
    expect((await stage.there.meet(text))?.status).toBe(400);
    expect([await contactsOf(stage), await stateOf(stage, about)]).toEqual([[], 'created']);
    const next = await led(about);
    expect(next).not.toBe(text);
    expect((await stage.there.meet(next))?.status).toBe(200);
    expect(await stateOf(stage, about)).toBe('sent');
  });

  it('cannot be had once the letter is too old, although no clock has ended the share yet', async () => {
    const about = await invited(stage);
    await choose(about);
    stage.town.advance(31 * DAY);
    const late = await connect(about);
    expect(late.text).toContain('The time for this invitation is up');
    expect(await invitesIn(stage)).toEqual([]);
  });

  it('brings the offer to whoever accepts it, until whoever has the letter chooses again', async () => {
    const about = await invited(stage);
    const text = await led(about);
    // Somebody else at that server, to whom the page was shown.
    const answer = await accept(text, { userID: 'mallory', name: 'Mallory' });
    expect(answer.status).toBe(200);
    expect(await contactsOf(stage)).toEqual(['Mallory']);
    const share = await halfOf(stage, about);
    expect([share.state, share.recipientAddress]).toEqual(['sent', `mallory@${stage.there.url}`]);
    expect((await stage.there.meet(text))?.status).toBe(409);
    expect(await contactsOf(stage)).toEqual(['Mallory']);

    const next = await led(about);
    expect(next).not.toBe(text);
    await stage.there.meet(next);
    await stage.town.settle();
    expect(await contactsOf(stage)).toEqual(['Mallory', 'Zoe Zander']);
    expect(takenBy(stage, about)?.shareWith).toContain(stage.there.address.split('@')[0]);
  });

  it('brings the offer to a contact too, whose server hears that the two know each other', async () => {
    const { contacts } = stage.alder.services.agreements;
    await stage.there.meet((await contacts.invites.make(stage.ana.accountId, '')).text);
    const about = await invited(stage);
    // Her server takes it only for the name that it gave, and has forgotten Ana.
    stage.there.contacts.clear();
    const text = await led(about);
    stage.there.befriend(stage.anaAddress);
    expect((await stage.there.meet(text))?.status).toBe(409);
    await stage.town.settle();
    expect([await contactsOf(stage), takenBy(stage, about)?.state]).toEqual([['Zoe Zander'], 'pending']);
  });

  it('cannot be accepted from a server that is no peer, and stays', async () => {
    const about = await invited(stage);
    const text = await led(about);
    const stranger = await accept(text, { userID: 'zoe', recipientProvider: 'stranger.example' });
    expect(stranger.status).toBe(403);
    expect(await contactsOf(stage)).toEqual([]);
    expect((await stage.there.meet(text))?.status).toBe(200);
  });

  it('is not to be had any more once the share is accepted', async () => {
    const about = await invited(stage);
    await stage.there.meet(await led(about));
    await stage.town.settle();
    const share = takenBy(stage, about) ?? expect.fail('nothing came');
    await (await stage.there.open(share)).list();
    await stage.town.settle();
    expect(await stateOf(stage, about)).toBe('active');
    const { introductions } = stage.alder.services.agreements;
    const asked = introductions.lead(about.link.split('/').at(-1) ?? '', stage.there.url);
    await expect(asked).rejects.toMatchObject({ code: 'conflict' });
    expect(takenBy(stage, about)?.state).toBe('pending');
  });

  const tokenIn = (text: string): string => Buffer.from(text, 'base64').toString().split('@')[0] ?? '';

  function accept(text: string, more: object): Promise<Response> {
    const said = { recipientProvider: stage.there.url, token: tokenIn(text), email: '', ...more };
    const headers = { 'content-type': 'application/json' };
    return fetch(`${stage.alder.url}/ocm/invite-accepted`, { method: 'POST', headers, body: JSON.stringify(said) });
  }
});
