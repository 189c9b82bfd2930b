import { randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { invitationIn, linksOf, waitForInvitation, type Letter } from '../support/mailbox.js';
import { ANA, BO, DEV } from '../support/seeds.js';
import { openAlbum, PHONE, type Album } from './support/album.js';
import { faultsOf, WCAG } from './support/audit.js';
import { dumpOf, PASSWORD, startNeighbours, type Neighbours } from './support/people.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`The main job in a browser is skipped: ${reason}`);

const BUDGET = { name: 'budget.ods', mimeType: 'application/octet-stream', buffer: randomBytes(1_500_000) };
const NOTES = { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('From Birch, with thanks.\n') };

/** The nine steps of product.md by people with real browsers, one test a step: each stands on the one before. */
describe.skipIf(reason !== undefined)('the main job in a browser', () => {
  let clouds: Neighbours;
  let browser: Browser;
  let album: Album;
  let ana: Visitor;
  let bo: Visitor;
  let letter: Letter;
  let consentUrl: string;

  beforeAll(async () => {
    [clouds, browser, album] = await Promise.all([startNeighbours(), openBrowser(), openAlbum('main-job')]);
    ana = await openVisitor(browser, { email: ANA.email, password: PASSWORD });
    bo = await openVisitor(browser, { email: BO.email, password: PASSWORD });
  });
  afterAll(async () => {
    await closeWindows(browser);
    await clouds.stop();
  });

  const anasFiles = (): Promise<unknown> => ana.page.goto(`${clouds.alder.url}/files`);
  const bosFiles = (): string => `${clouds.birch.url}/files`;

  /** Ana opens the share dialog of one of her folders. */
  async function openDialog(folder: string): Promise<void> {
    await anasFiles();
    await ana.choose('Share', folder);
  }

  /** Ana makes a folder and offers it to Bo; answers the invitation. */
  async function offer(folder: string): Promise<Letter> {
    const after = clouds.mailbox.letters.length;
    await anasFiles();
    await ana.makeFolder(folder);
    await openDialog(folder);
    await ana.page.getByLabel('Addresses').fill(BO.email);
    await ana.press('Share');
    return waitForInvitation(clouds.mailbox, BO.email, after);
  }

  /** Bo, who is signed in at home, opens an invitation and goes on to his own cloud. */
  async function answer(invitation: Letter, button: 'Accept' | 'Decline'): Promise<void> {
    await bo.page.goto(invitationIn(invitation));
    await bo.press('Continue to my cloud');
    await bo.press(button);
  }

  it('the owner signs in, makes a folder and uploads a file, whose progress is shown', async () => {
    const { page } = ana;
    await page.goto(clouds.alder.url);
    await album.keep(page, 'sign-in');
    await ana.signIn();
    await album.keep(page, 'no-files-yet');
    await ana.makeFolder('Plans');
    await ana.openFolder('Plans');
    const shown = page.evaluate(
      () =>
        new Promise<string>((resolve) => {
          const text = document.querySelector('[data-progress] p');
          const tell = (): void => resolve(text?.textContent ?? '');
          if (text !== null) new MutationObserver(tell).observe(text, { childList: true });
        }),
    );
    await ana.upload(BUDGET);
    expect(await shown.catch(() => 'gone with the page')).toMatch(/^\d+ %, .+ of 1\.5 MB$/);
    expect(await ana.names()).toEqual([BUDGET.name]);
    await album.keep(page, 'a-folder-with-a-file');
  });

  it('1: shares the folder from its dialog, read and write, with a message', async () => {
    const { page } = ana;
    await ana.follow('Share this folder');
    await page.getByLabel('Addresses').fill(BO.email);
    await page.getByLabel('also add, change and delete').check();
    await page.getByLabel('Message').fill('Have a look before the 12th.');
    await album.keep(page, 'share-dialog');
    await ana.press('Share');
    // Which of the two depends on whether the mail has gone out yet.
    await page.getByText(/^(The invitation is on its way to|Waiting for) bo@/).waitFor();
    await album.keep(page, 'shared');
    await album.keepOnPhone(page, 'shared');
  });

  it('1: an invitation is mailed, whose link stands in its text and in its HTML', async () => {
    letter = await clouds.mailbox.waitForMailTo(BO.email);
    const link = invitationIn(letter);
    expect(letter.text).toContain(link);
    expect(linksOf({ text: '', html: letter.html })).toContain(link);
    for (const form of [letter.text, letter.html]) expect(form).toContain('Have a look before the 12th.');
    const reader = await openVisitor(browser, { email: BO.email, password: PASSWORD });
    await reader.page.setContent(letter.html);
    expect(await reader.page.getByRole('link', { name: 'See the invitation' }).getAttribute('href')).toBe(link);
    expect(await faultsOf(reader.page, WCAG)).toEqual([]);
    await album.snap(reader.page, 'mail');
    await reader.page.setViewportSize(PHONE);
    await album.snap(reader.page, 'mail-on-a-phone');
    await reader.close();
  });

  it('PRO-10 a scanner opens the link five times with scripts running, and nothing happens', async () => {
    const state = async (): Promise<unknown> => [
      await clouds.alder.ask(['share', 'list']),
      await clouds.birch.ask(['share', 'list']),
      dumpOf(clouds.alder),
      dumpOf(clouds.birch),
      clouds.mailbox.letters.length,
    ];
    const before = await state();
    const scan = async (): Promise<void> => {
      const scanner = await openVisitor(browser, { email: '', password: '' });
      await scanner.page.goto(invitationIn(letter), { waitUntil: 'networkidle' });
      expect(new URL(scanner.page.url()).origin).toBe(clouds.alder.url);
      await scanner.close();
    };
    await Promise.all(Array.from({ length: 5 }, scan));
    expect(await state()).toEqual(before);
  });

  it('2 and 3: the link shows who shares what, and the choice of a cloud leads there', async () => {
    const { page } = bo;
    await page.goto(invitationIn(letter));
    const text = await page.getByRole('main').innerText();
    for (const word of [ANA.name, 'Plans', 'Have a look before the 12th.', BO.email]) expect(text).toContain(word);
    expect(text).not.toContain(BUDGET.name);
    await album.keep(page, 'choose-a-cloud');
    await album.keepOnPhone(page, 'choose-a-cloud');
    await page.getByLabel('Birch').check();
    await bo.press('Continue to my cloud');
    expect(page.url()).toMatch(new RegExp(`^${clouds.birch.url}/login\\?back=`));
    await album.keep(page, 'sign-in-at-home');
  });

  it('4: home asks to sign in, then shows owner, folder, permission and the name of the cloud it trusts', async () => {
    const { page } = bo;
    await bo.signIn();
    consentUrl = page.url();
    expect(consentUrl).toMatch(new RegExp(`^${clouds.birch.url}/interop/proposals/`));
    const text = await page.getByRole('main').innerText();
    for (const word of [ANA.name, ANA.email, 'Plans', 'Alder', clouds.alder.url]) expect(text).toContain(word);
    expect(text).toMatch(/add, change and delete/i);
    await album.keep(page, 'consent');
    await album.keepOnPhone(page, 'consent');
  });

  it('WEB-05 somebody else at the same cloud is offered to prove the address, and sees nothing else', async () => {
    const dev = await openVisitor(browser, { email: DEV.email, password: PASSWORD });
    await dev.page.goto(consentUrl);
    await dev.signIn();
    const text = await dev.page.locator('body').innerText();
    expect(text).toContain('This offer is for another address');
    for (const word of [ANA.name, ANA.email, BO.email, 'Plans', 'Alder']) expect(text).not.toContain(word);
    expect(await dev.page.getByRole('button').allTextContents()).toEqual([
      ...['Sign out', 'Mail me a code', 'Sign in with another account'],
    ]);
    await album.keep(dev.page, 'for-another-address');
    await dev.close();
  });

  it('5 to 7: accepting leads by the owner’s cloud back home, where the folder appears', async () => {
    const { page } = bo;
    const visited: string[] = [];
    page.on('request', (request) => visited.push(request.url()));
    await bo.press('Accept');
    expect(visited.some((url) => url.startsWith(`${clouds.alder.url}/interop/result/`))).toBe(true);
    expect(new URL(page.url()).origin).toBe(clouds.birch.url);
    await album.keep(page, 'back-home');
    await bo.waitForEntry(bosFiles(), 'Plans');
    await album.keep(page, 'the-folder-appeared');
    await album.keepOnPhone(page, 'the-folder-appeared');
    await openDialog('Plans');
    await ana.page.getByRole('row', { name: BO.email }).getByRole('cell', { name: 'Birch', exact: true }).waitFor();
    await album.keep(ana.page, 'members');
  });

  it('8: the recipient opens the file; the bytes are equal', async () => {
    await bo.openFolder('Plans');
    expect(await bo.names()).toEqual([BUDGET.name]);
    expect((await bo.download(BUDGET.name)).equals(BUDGET.buffer)).toBe(true);
  });

  it('8: the recipient uploads, makes a folder, renames and deletes; the owner sees it', async () => {
    const { page } = bo;
    await bo.upload(NOTES);
    await bo.makeFolder('Old');
    await album.keep(page, 'inside-the-foreign-folder');
    await bo.choose('Rename', BUDGET.name);
    await page.getByLabel('New name').fill('money.ods');
    await album.keep(page, 'rename');
    await bo.press('Rename');
    await page.getByText('is now called “money.ods”').waitFor();
    await anasFiles();
    await ana.openFolder('Plans');
    expect((await ana.names()).sort()).toEqual(['Old', 'money.ods', NOTES.name]);
    expect((await ana.download(NOTES.name)).equals(NOTES.buffer)).toBe(true);
    await bo.choose('Delete', NOTES.name);
    await page.getByText('It is deleted in the cloud of its owner as well.').waitFor();
    await album.keep(page, 'delete');
    await bo.press('Delete');
    expect((await bo.names()).sort()).toEqual(['Old', 'money.ods']);
    await ana.page.reload();
    expect((await ana.names()).sort()).toEqual(['Old', 'money.ods']);
  });

  it('5: a proposal can be declined; the owner is told', async () => {
    await answer(await offer('Recipes'), 'Decline');
    await bo.page.getByText('You have declined “Recipes”').waitFor();
    await album.keep(bo.page, 'declined');
    await openDialog('Recipes');
    await ana.page.getByText('Earlier invitations').click();
    await ana.page.getByText(`${BO.email} declined`).waitFor();
    await album.keep(ana.page, 'declined-seen-by-the-owner');
  });

  it('9: the owner takes the folder back, and it is gone from the other cloud', async () => {
    await openDialog('Plans');
    await ana.press(`Take back from ${BO.email}`);
    await album.keep(ana.page, 'taken-back');
    await bo.waitForEntry(bosFiles(), 'Plans', { gone: true });
    await bo.page.goto(`${clouds.birch.url}/shares`);
    await bo.page.getByText(`${ANA.name} ended the share`).waitFor();
    await album.keep(bo.page, 'shares-of-the-recipient');
  });

  it('9: the recipient leaves a folder, and the owner sees it', async () => {
    await answer(await offer('Photos'), 'Accept');
    await bo.waitForEntry(bosFiles(), 'Photos');
    await bo.choose('Leave', 'Photos');
    await album.keep(bo.page, 'leave');
    await bo.press('Leave the folder');
    await bo.waitForEntry(bosFiles(), 'Photos', { gone: true });
    await ana.page.goto(`${clouds.alder.url}/shares`);
    await ana.page.getByText(`${BO.email} left the folder`).waitFor();
    await album.keep(ana.page, 'shares-of-the-owner');
    await album.keepOnPhone(ana.page, 'shares-of-the-owner');
  });
});
