import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Story } from '../journeys/support/story.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { CLEO } from '../support/seeds.js';
import { openAlbum } from './support/album.js';
import { givenUp, openCare, signedIn } from './support/care.js';

const reason = await browserReason();

describe.skipIf(reason !== undefined)('the pages about what does not work, for people', () => {
  let browser: Browser;
  let story: Story;
  beforeAll(async () => {
    [browser, story] = await Promise.all([openBrowser(), openCare()]);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await story.close();
  });

  it('OPS-08 tell the owner in plain words what is wrong and what to do, and no stranger anything', async () => {
    const id = await givenUp(story, { answer: 400 });
    const album = await openAlbum('care-of-people');
    const page = await signedIn(browser, story, story.ana.email);
    await page.goto(`${story.alder.url}/shares`);
    await album.keep(page, 'shares');
    await album.keepOnPhone(page, 'shares');
    await page.locator(`a[href="/shares/outgoing/${id}"]`, { hasText: 'Details' }).click();
    await page.getByText('Please tell your administrator.').waitFor();
    await album.keep(page, 'share');
    await album.keepOnPhone(page, 'share');
    const text = await page.locator('main').innerText();
    expect(text).not.toMatch(/answered 400|share retry|peer set/);
    const stranger = await signedIn(browser, story, CLEO.email);
    const path = `${story.alder.url}/shares/outgoing/${id}`;
    expect((await stranger.goto(path))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/shares/outgoing/${id}`))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/deliveries`))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/audit`))?.status()).toBe(404);
  });
});
