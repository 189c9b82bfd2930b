import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../../support/browser.js';
import { introduceByMesh } from '../../support/ocm-peers.js';
import { openPair, PASSWORD, type Citizen, type Pair } from '../../support/open-pair.js';
import { ANA } from '../../support/seeds.js';
import { openAlbum, PHONE, type Album } from '../support/album.js';
import { enterOn, pressEnter, tabTo, typeInto } from '../support/keyboard.js';
import { openVisitor, type Visitor } from '../support/visitor.js';

const reason = await browserReason();

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };

/** Between two whole clouds; each test stands on the one before, and everything is done by keyboard. */
describe.skipIf(reason !== undefined)('the pages about contacts in other clouds', () => {
  let pair: Pair;
  let browser: Browser;
  let album: Album;
  let ana: Visitor;

  beforeAll(async () => {
    [pair, browser, album] = await Promise.all([openPair(), openBrowser(), openAlbum('mesh-contacts')]);
    await introduceByMesh(pair.alder, pair.birch);
    ana = await visit(pair.ana);
    await ana.page.goto(`${pair.alder.url}/login?back=%2Faccount`);
    await ana.signIn();
  });
  afterAll(async () => {
    await closeWindows(browser);
    await pair.close();
  });

  const visit = ({ email }: Citizen, options?: BrowserContextOptions): Promise<Visitor> =>
    openVisitor(browser, { email, password: PASSWORD }, options);

  /** A new invitation of Ana's, as it is shown. */
  async function inviteFor(note: string): Promise<{ readonly link: string; readonly text: string }> {
    const { page } = ana;
    await page.goto(`${pair.alder.url}/account/contacts`);
    await typeInto(page, 'For whom (optional)', note);
    await enterOn(page, 'Make an invitation');
    const shown = (id: string): Promise<string> => page.locator(`#${id}`).innerText();
    return { link: await shown('link'), text: await shown('text') };
  }

  it('are reached from the account, empty at first', async () => {
    const { page } = ana;
    await enterOn(page, 'To your contacts');
    await page.getByText('There are no contacts yet.').waitFor();
    await album.keep(page, 'nobody-yet');
    await album.snapOnPhone(page, 'nobody-yet');
  });

  it('show an invitation once, in both its forms', async () => {
    await inviteFor('Bo of the choir');
    await album.keep(ana.page, 'invitation');
    await album.snapOnPhone(ana.page, 'invitation');
    await enterOn(ana.page, 'To your contacts');
    await album.keep(ana.page, 'open-invitations');
    await album.snapOnPhone(ana.page, 'open-invitations');
  });

  it('ask whoever follows the link for their cloud, lead there, and ask for consent (OCM-07)', async () => {
    const { link } = await inviteFor('Bo');
    const bo = await visit(pair.bo);
    onTestFinished(() => bo.close());
    const { page } = bo;
    await page.goto(link);
    await page.getByRole('heading', { name: `${ANA.name} wants to share with you` }).waitFor();
    await album.keep(page, 'where-are-you');
    await album.snapOnPhone(page, 'where-are-you');
    await typeInto(page, 'Address of your cloud', 'nowhere.example');
    await pressEnter(page);
    await page.getByText('does not share with that server').waitFor();
    await album.keep(page, 'not-there');
    await answerWhere(page);
    await album.keep(page, 'onward');
    await album.snapOnPhone(page, 'onward');
    await follow(page);
    await bo.signIn();
    await page.getByRole('button', { name: 'Agree' }).waitFor();
    await album.keep(page, 'consent');
    await album.snapOnPhone(page, 'consent');
    await enterOn(page, 'No');
    expect(await namesAt(bo)).toEqual([]);
  });

  async function answerWhere(page: Page): Promise<void> {
    await typeInto(page, 'Address of your cloud', pair.birch.url);
    await pressEnter(page);
    await page.getByRole('heading', { name: 'On to' }).waitFor();
  }

  async function follow(page: Page): Promise<void> {
    await enterOn(page, `Continue at ${new URL(pair.birch.url).host}`);
    await page.waitForURL(`${pair.birch.url}/login?**`);
  }

  async function namesAt({ page }: Visitor): Promise<string[]> {
    await page.waitForURL('**/account/contacts');
    return page.getByRole('table', { name: 'Your contacts' }).getByRole('rowheader').allInnerTexts();
  }

  it('do so without script on a telephone, and both have a contact then', async () => {
    const { link } = await inviteFor('Bo');
    const bo = await visit(pair.bo, PLAIN);
    onTestFinished(() => bo.close());
    const { page } = bo;
    await page.goto(link);
    await album.snap(page, 'where-are-you-without-script');
    await answerWhere(page);
    await album.snap(page, 'onward-without-script');
    await follow(page);
    await bo.signIn();
    await album.snap(page, 'consent-without-script');
    await enterOn(page, 'Agree');
    await page.getByText(`You and ${ANA.name} are in each other’s contacts now.`).waitFor();
    expect(await namesAt(bo)).toEqual([ANA.name]);
    await album.snap(page, 'contacts-without-script');
  });

  it('take the text of an invitation, and say what is none', async () => {
    const { text } = await inviteFor('Bo');
    const bo = await visit(pair.bo);
    onTestFinished(() => bo.close());
    const { page } = bo;
    await page.goto(`${pair.birch.url}/login?back=%2Faccount%2Fcontacts`);
    await bo.signIn();
    await typeInto(page, 'The invitation', 'nonsense');
    await pressEnter(page);
    await page.getByRole('alert').waitFor();
    await album.keep(page, 'no-invitation');
    await album.snapOnPhone(page, 'no-invitation');
    await typeInto(page, 'The invitation', text);
    await pressEnter(page);
    await tabTo(page, 'Agree');
    await enterOn(page, 'No');
    expect(await namesAt(bo)).toEqual([ANA.name]);
  });

  it('list contacts and open invitations, which are removed and withdrawn', async () => {
    const { page } = ana;
    await page.goto(`${pair.alder.url}/account/contacts`);
    await album.keep(page, 'contacts');
    await album.snapOnPhone(page, 'contacts');
    await enterOn(page, 'Withdraw the invitation for Bo of the choir');
    await page.getByText('The invitation is withdrawn.').waitFor();
    await enterOn(page, `Remove ${pair.bo.name}`);
    await page.getByText('The contact is removed.').waitFor();
    expect(await namesAt(ana)).toEqual([]);
  });
});
