import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { invitationIn, type Letter } from '../support/mailbox.js';
import { ANA, BO } from '../support/seeds.js';
import { openAlbum, PHONE, type Album } from './support/album.js';
import { tabTo } from './support/keyboard.js';
import { PASSWORD, startNeighbours, type Neighbours } from './support/people.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`The main job without script is skipped: ${reason}`);

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };
const BUDGET = { name: 'budget.ods', mimeType: 'application/octet-stream', buffer: Buffer.alloc(50_000, 'budget ') };
const NOTES = { name: 'notes.bin', mimeType: 'application/octet-stream', buffer: Buffer.from('from Birch') };

/** The essential path on a telephone whose browser runs no scripts; each test stands on the one before. */
describe.skipIf(reason !== undefined)('the main job without script', () => {
  let clouds: Neighbours;
  let browser: Browser;
  let album: Album;
  let ana: Visitor;
  let bo: Visitor;
  let letter: Letter;

  beforeAll(async () => {
    [clouds, browser, album] = await Promise.all([startNeighbours(), openBrowser(), openAlbum('plain-job')]);
    ana = await openVisitor(browser, { email: ANA.email, password: PASSWORD }, PLAIN);
    bo = await openVisitor(browser, { email: BO.email, password: PASSWORD }, PLAIN);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await clouds.stop();
  });

  it('the owner uploads a file and shares its folder', async () => {
    await ana.page.goto(clouds.alder.url);
    await ana.signIn();
    await ana.makeFolder('Plans');
    await ana.openFolder('Plans');
    await ana.upload(BUDGET);
    await ana.follow('Share this folder');
    await ana.page.getByLabel('Addresses').fill(BO.email);
    await ana.page.getByLabel('also add, change and delete').check();
    await ana.press('Share');
    // Which of the two depends on whether the mail has gone out yet.
    await ana.page.getByText(/^(The invitation is on its way to|Waiting for) bo@/).waitFor();
    await album.snap(ana.page, 'shared');
    letter = await clouds.mailbox.waitForMailTo(BO.email);
  });

  it('the recipient chooses a cloud and signs in there', async () => {
    await bo.page.goto(invitationIn(letter));
    await album.snap(bo.page, 'choose-a-cloud');
    await bo.page.getByLabel('Birch').check();
    await bo.press('Continue to my cloud');
    await bo.signIn();
    await bo.page.getByRole('heading', { name: 'Somebody shares a folder with you' }).waitFor();
    await album.snap(bo.page, 'consent');
  });

  it('accepts with the keyboard alone, and sees where the focus is', async () => {
    await tabTo(bo.page, 'Accept');
    const outline = await bo.page.evaluate(() => {
      const style = getComputedStyle(document.activeElement ?? document.body);
      return `${style.outlineStyle} ${style.outlineWidth}`;
    });
    expect(outline).toMatch(/^solid [2-9]px$/);
    await album.snap(bo.page, 'focus-on-accept');
    await bo.page.keyboard.press('Enter');
    await bo.page.waitForURL(`${clouds.birch.url}/shares`);
    await album.snap(bo.page, 'back-home');
  });

  it('reads the file and uploads another, which the owner then sees', async () => {
    await bo.waitForEntry(`${clouds.birch.url}/files`, 'Plans');
    await bo.openFolder('Plans');
    expect((await bo.download(BUDGET.name)).equals(BUDGET.buffer)).toBe(true);
    await bo.upload(NOTES);
    await album.snap(bo.page, 'inside-the-foreign-folder');
    await ana.page.goto(`${clouds.alder.url}/files`);
    await ana.openFolder('Plans');
    expect((await ana.names()).sort()).toEqual([BUDGET.name, NOTES.name]);
    expect((await ana.download(NOTES.name)).equals(NOTES.buffer)).toBe(true);
  });
});
