import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, HOUR, parseEmail } from '../../src/kernel/index.js';
import type { Letter } from '../support/mailbox.js';
import { linksOf } from '../support/mailbox.js';
import {
  activate,
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  statesOf,
  type Story,
} from './support/story.js';
import { endEverything } from './support/world.js';

/** The link at the foot of a letter. */
const footOf = (letter: Letter): URL => {
  const link = linksOf(letter).find((href) => new URL(href).pathname.startsWith('/letters/'));
  if (link === undefined) throw new Error(`no way to stop “${letter.subject}”`);
  return new URL(link);
};

describe('letters about shares', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  /** What is mailed because of `act`: `subject to address`, in order. */
  async function mailedBy(act: () => Promise<unknown>): Promise<string[]> {
    const before = story.mailbox.letters.length;
    await act();
    await story.settle();
    return story.mailbox.letters.slice(before).map(({ subject, to }) => `${subject} to ${to.join()}`);
  }

  const nameOf = async (folder: number): Promise<string> => {
    const { outgoing } = await halvesOf(story, folder);
    const view = await story.alder.services.shares.outgoing.view(story.alder.services.base.database.read, outgoing.id);
    return view?.folderName ?? '';
  };

  it('tell the owner once that a folder is open to somebody, and the recipient that it is there', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    const mailed = await mailedBy(() => carryDecision(story, invited, true));
    const name = await nameOf(invited.folder);
    expect(mailed.sort()).toEqual([
      `bo@birch.example can now open “${name}” to ana@alder.example`,
      `“${name}” is now among your files to bo@birch.example`,
    ]);
    story.advance(DAY);
    expect(await mailedBy(async () => undefined)).toEqual([]);
  });

  it('tell the owner that somebody declined', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, false);
    const mailed = await mailedBy(() => carryDecision(story, invited, false));
    expect(mailed).toEqual([`bo@birch.example declined “${await nameOf(invited.folder)}” to ana@alder.example`]);
  });

  it('tell the owner that somebody left, and not the one who did', async () => {
    const { folder } = await activate(story);
    const { incoming } = await halvesOf(story, folder);
    const leave = () => story.birch.services.agreements.leaving.leaveIncoming(story.bo.accountId, incoming?.id ?? '');
    expect(await mailedBy(leave)).toEqual([`bo@birch.example has left “${await nameOf(folder)}” to ana@alder.example`]);
  });

  it('tell the recipient that the owner ended it, once, and the owner nothing', async () => {
    const { folder } = await activate(story);
    const { outgoing } = await halvesOf(story, folder);
    const name = await nameOf(folder);
    const end = () => story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id);
    expect(await mailedBy(end)).toEqual([`The share of “${name}” has ended to bo@birch.example`]);
    const again = async () => story.asAlder.unshare(outgoing.shareId, 'revoked');
    expect(await mailedBy(again)).toEqual([]);
  });

  it('say nothing of an offer that was taken back before it was accepted', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    const { outgoing } = await halvesOf(story, invited.folder);
    expect(
      await mailedBy(() => story.alder.services.agreements.sharing.withdraw(story.ana.accountId, outgoing.id)),
    ).toEqual([]);
  });

  it('tell both people when an administrator ended it, whom to ask, and never “you left”', async () => {
    const { folder } = await activate(story);
    const name = await nameOf(folder);
    const before = story.mailbox.letters.length;
    await story.birch.services.neighbours.peers.block('Alder');
    await story.birch.services.neighbours.peers.unblock('Alder');
    await story.settle();
    const letters = story.mailbox.letters.slice(before);
    const toBo = letters.find(({ to }) => to.includes('bo@birch.example'));
    expect(toBo?.subject).toBe(`The share of “${name}” has ended`);
    expect(toBo?.text).toContain('An administrator of your cloud ended it.');
    expect(toBo?.text).toContain('Please ask your administrator.');
    await story.bo.browser.signIn(story.birch.url);
    const page = (await story.bo.browser.shares()).text;
    expect(page).toContain('An administrator of this cloud ended it');
    expect(letters.map(({ to }) => to.join()).sort()).toEqual(['ana@alder.example', 'bo@birch.example']);
  });

  it('tell the owner once that a key has not arrived for a day, and again nothing until it does', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    const {
      neighbours: { peers },
      shares: { notices },
    } = story.alder.services;
    const { database } = story.alder.services.base;
    await database.write((trx) => trx('peers').where({ name: 'Birch' }).update({ credentials_url: DEAD }));
    await database.write((trx) => trx('outgoing_shares').update({ chosen: chosenAt(story, DEAD) }));
    await carryDecision(story, invited, true);
    await story.settle();
    expect(await mailedBy(() => notices.tellTroubles())).toEqual([]);
    story.advance(DAY + HOUR);
    await story.settle();
    const late = `“${await nameOf(invited.folder)}” does not reach bo@birch.example to ana@alder.example`;
    expect(await mailedBy(() => notices.tellTroubles())).toEqual([late]);
    expect(await mailedBy(() => notices.tellTroubles())).toEqual([]);
    expect((await statesOf(story, invited.folder))[0]).toBe('accepted');
    const good = `${story.birch.url}/interop/credentials`;
    await database.write((trx) => trx('peers').where({ name: 'Birch' }).update({ credentials_url: good }));
    await database.write((trx) => trx('outgoing_shares').update({ chosen: chosenAt(story, good) }));
    expect((await peers.byName('Birch'))?.credentialsUrl).toBe(good);
  });

  it('do not go to who does without them, and go again when they want to', async () => {
    const { wishes } = story.alder.services.deliveries;
    await wishes.choose(story.ana.accountId, ['endings', 'troubles']);
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, false);
    expect(await mailedBy(() => carryDecision(story, invited, false))).toEqual([]);
    await wishes.choose(story.ana.accountId, ['answers']);
  });

  it('PRO-10 stop by the link at their foot: looking at it changes nothing, a click of the mail program does', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, false);
    const before = story.mailbox.letters.length;
    await carryDecision(story, invited, false);
    await story.settle();
    const letter = story.mailbox.letters[before];
    if (letter === undefined) throw new Error('nothing was mailed');
    const link = footOf(letter);
    expect(String(letter.raw)).toContain(`List-Unsubscribe: <${link.href}>`);
    const { wishes } = story.alder.services.deliveries;
    for (let look = 0; look < 5; look += 1) expect((await fetch(link)).status).toBe(200);
    expect(await wishes.wantedBy(story.ana.accountId)).toContain('answers');
    const click = await fetch(link, { method: 'POST', body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }) });
    expect(click.status).toBe(200);
    expect(await wishes.wantedBy(story.ana.accountId)).not.toContain('answers');
    await wishes.choose(story.ana.accountId, ['arrivals', 'changes', 'endings', 'answers', 'troubles']);
  });

  it('ACC-01 no more invitations go to an address that wants none, and only its owner is told', async () => {
    const address = 'stranger@elsewhere.example';
    const first = story.mailbox.letters.length;
    const invited = await invite(story, {}, address);
    const letter = story.mailbox.letters.slice(first).find(({ to }) => to.includes(address));
    if (letter === undefined) throw new Error('no invitation');
    const link = footOf(letter);
    const form = new FormData();
    form.set('List-Unsubscribe', 'One-Click');
    expect((await fetch(link, { method: 'POST', body: form })).status).toBe(200);
    const {
      agreements: { sharing, inviting },
      shares: { outgoing },
      base: { database },
    } = story.alder.services;
    const again = () => inviting.resend(story.ana.accountId, invitedId);
    const invitedId = (await halvesOf(story, invited.folder)).outgoing.id;
    expect(await mailedBy(again)).toEqual([]);
    expect((await outgoing.view(database.read, invitedId))?.mailState).toBe('unwanted');
    const view = await sharing.outgoingOne(story.ana.accountId, invitedId);
    expect([view?.recipient, view?.mailState]).toEqual([parseEmail(address), 'unwanted']);
    await story.ana.browser.signIn(story.alder.url);
    expect(await textAt(story, '/shares')).toContain('stranger@elsewhere.example wants no invitations from this cloud');
  });
});

const DEAD = 'http://localhost:9/interop/credentials';

const chosenAt = (story: Story, credentialsUrl: string): string =>
  JSON.stringify({ shareUrl: `${story.birch.url}/interop/share`, credentialsUrl });

async function textAt({ ana, alder }: Story, path: string): Promise<string> {
  return (await ana.browser.visit(new URL(path, alder.url))).text;
}
