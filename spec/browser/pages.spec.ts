import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { namesIn } from '../files/files-bench.js';
import { invitationView, proposalView } from '../doors/pages/agreements.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { sqliteBench } from '../support/each-database.js';
import { ANA } from '../support/seeds.js';
import { openPages, pageOf } from './support/populated-pages.js';

const reason = await browserReason();
const bench = sqliteBench();

describe.skipIf(reason !== undefined)('pages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => closeWindows(browser));

  it('work without script: sign in, upload, rename', async () => {
    const { base, tree, ana, principalOf } = await openPages(bench);
    const page = await pageOf(browser, base, ANA.email, { javaScriptEnabled: false });
    await page
      .getByLabel('Files', { exact: true })
      .setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('text') });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('1 file uploaded.').waitFor();
    await page.getByText('Actions for notes.txt').click({ force: true });
    await page.getByRole('link', { name: 'Rename' }).last().click();
    await page.getByLabel('New name').fill('plans.txt');
    await page.keyboard.press('Enter');
    await page.getByText('is now called “plans.txt”').waitFor();
    expect(await namesIn(tree, principalOf(ana), '0' as never)).toContain('plans.txt');
  });

  it('say moments in the zone of whoever reads and name it; in UTC without script (F-34)', async () => {
    const { base, agreements } = await openPages(bench);
    const expiresAt = Date.parse('2026-12-31T23:59:00Z');
    agreements.invitations.set('dated', invitationView({ expiresAt }));
    const shown = async (options: BrowserContextOptions): Promise<string> => {
      const page = await pageOf(browser, base, undefined, { timezoneId: 'Asia/Tokyo', ...options });
      await page.goto(`${base}/invitations/dated`);
      return page.locator('time[datetime^="2026-12-31T23:59"]').first().innerText();
    };
    expect(await shown({ javaScriptEnabled: false })).toBe('31 Dec 2026, 23:59 UTC');
    expect(await shown({})).toMatch(/^1 Jan 2027, 08:59 (?:GMT\+9|JST)$/);
    expect(await shown({ timezoneId: 'UTC' })).toBe('31 Dec 2026, 23:59 UTC');
  });

  it('upload a file under the name that it has on the person’s machine, whole, or name it as refused (F-03)', async () => {
    const { base, tree, ana, principalOf } = await openPages(bench);
    const page = await pageOf(browser, base, ANA.email, { javaScriptEnabled: false });
    const files = ['DC.mp3', 'AC\\DC.mp3', 'Grüße "2026" 👩\u200d🚀.txt'];
    const mimeType = 'application/octet-stream';
    await page
      .getByLabel('Files', { exact: true })
      .setInputFiles(files.map((name) => ({ name, mimeType, buffer: Buffer.from(name) })));
    await page.getByLabel('Replace files').check();
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('2 files uploaded.').waitFor();
    await page.getByText('“AC\\DC.mp3”').waitFor();
    const names = await namesIn(tree, principalOf(ana), '0' as never);
    expect(names).toEqual(expect.arrayContaining(['DC.mp3', 'Grüße "2026" 👩\u200d🚀.txt']));
    expect(names).not.toContain('AC\\DC.mp3');
  });

  it('show the progress of an upload and what became of it', async () => {
    const { base } = await openPages(bench);
    const page = await pageOf(browser, base, ANA.email);
    const buffer = Buffer.alloc(3_000_000, 'x');
    await page
      .getByLabel('Files', { exact: true })
      .setInputFiles({ name: 'big.bin', mimeType: 'application/octet-stream', buffer });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('1 file uploaded.').waitFor();
    await page.getByRole('row', { name: 'big.bin' }).getByRole('cell', { name: '3.0 MB', exact: true }).waitFor();
  });

  it('can be walked by keyboard: the skip link, a menu, and out of it', async () => {
    const { base } = await openPages(bench);
    const page = await pageOf(browser, base, ANA.email);
    await page.goto(`${base}/files`);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Rename' }).waitFor({ state: 'visible' });
    await page.keyboard.press('Escape');
    await page.getByRole('link', { name: 'Rename' }).waitFor({ state: 'hidden' });
  });

  it('PRO-10 a script-running scanner opens an invitation five times and nothing happens; then the choice leads on', async () => {
    const { base, agreements } = await openPages(bench);
    for (let count = 0; count < 5; count += 1) {
      const scanner = await pageOf(browser, base);
      await scanner.goto(`${base}/invitations/word`, { waitUntil: 'networkidle' });
    }
    expect(agreements.calls).toEqual([]);
    const page = await pageOf(browser, base);
    await page.goto(`${base}/invitations/word`);
    await page.getByLabel('Find your cloud').fill('cloud 7');
    expect(await page.getByRole('radio').count()).toBe(1);
    await page.getByRole('radio').check();
    await page.getByRole('button', { name: 'Continue to my cloud' }).click();
    expect(agreements.calls).toEqual([['choose', 'word', 'p7']]);
  });

  it('WEB-01 a no-referrer page of ours may post, and the answer may lead to the cloud that asked, to no other', async () => {
    const { base, agreements, ana } = await openPages(bench);
    /** Where the browser sets out for after the decision, or what its policy says against it. */
    const reached = async (callbackOrigin: string): Promise<string> => {
      agreements.proposals.set('one', proposalView({ callbackOrigin }));
      const page = await pageOf(browser, base, ANA.email);
      await page.goto(`${base}/interop/proposals/one`);
      const setOut = page.waitForRequest((request) => !request.url().startsWith(base)).then((request) => request.url());
      const stopped = page
        .waitForEvent('console', (message) => message.text().includes('form-action'))
        .then(() => 'stopped');
      await page.getByRole('button', { name: 'Accept' }).click();
      return Promise.any([setOut, stopped]);
    };
    expect(await reached('https://birch.example')).toBe('https://birch.example/interop/result/callback?accepted=true');
    expect(await reached('https://other.example')).toBe('stopped');
    expect(agreements.calls).toEqual(Array(2).fill(['decide', ana.id, 'one', 'digest-1', true]));
  });
});
