import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Story } from '../journeys/support/story.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { ADA } from '../support/seeds.js';
import { openAlbum } from './support/album.js';
import { givenUp, openCare, signedIn } from './support/care.js';

const reason = await browserReason();

describe.skipIf(reason !== undefined)('the pages about what does not work, for administrators', () => {
  let browser: Browser;
  let story: Story;
  beforeAll(async () => {
    [browser, story] = await Promise.all([openBrowser(), openCare()]);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await story.close();
  });

  it('OPS-08 lead an administrator from the overview to the message that was given up, and let it be sent again', async () => {
    const mend = { answer: 400 };
    const id = await givenUp(story, mend);
    const album = await openAlbum('care');
    const page = await signedIn(browser, story, ADA.email);
    await page.goto(`${story.alder.url}/admin`);
    await album.keep(page, 'overview');
    await page.getByText('1 given up').waitFor();
    await page.getByRole('link', { name: /on their way/ }).click();
    await album.keep(page, 'deliveries');
    await album.keepOnPhone(page, 'deliveries');
    await page.getByRole('link', { name: 'The key to the folder' }).click();
    await page.waitForURL(`**/admin/shares/outgoing/${id}`);
    await page.getByText('Birch does not understand our message.').waitFor();
    await album.keep(page, 'share');
    await album.keepOnPhone(page, 'share');
    mend.answer = 200;
    await page.getByRole('button', { name: 'Retry now' }).click();
    await page.getByText('1 message due now.').waitFor();
    await story.alder.cloud.drain();
    await page.reload();
    await page.getByText('can open the folder from Birch').waitFor();
    await page.getByText('Another try was asked for').waitFor();
    await page.goto(`${story.alder.url}/admin/audit`);
    await album.keep(page, 'audit');
    await album.keepOnPhone(page, 'audit');
    await page.getByLabel('Who: name or address').fill(ADA.email);
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await page.getByRole('link', { name: 'Show everything' }).waitFor();
    await expect(page.getByRole('row').count()).resolves.toBe(2);
  });

  it('OPS-08 let an administrator send everything to a cloud again, and one message', async () => {
    const mend = { answer: 400 };
    await givenUp(story, mend);
    const page = await signedIn(browser, story, ADA.email);
    await page.goto(`${story.alder.url}/admin/deliveries?standing=failed`);
    await page.getByRole('button', { name: 'Retry now The key to the folder' }).click();
    await page.getByText('It is due now.').waitFor();
    await story.alder.cloud.drain();
    mend.answer = 200;
    await page.goto(`${story.alder.url}/admin/deliveries`);
    await page.getByRole('button', { name: 'Retry all now to Birch' }).click();
    await page.getByText('1 message due now.').waitFor();
    await story.alder.cloud.drain();
    await page.goto(`${story.alder.url}/admin/deliveries`);
    await expect(page.getByRole('link', { name: 'The key to the folder' }).count()).resolves.toBe(0);
    await page.goto(`${story.alder.url}/admin/audit?peer=Birch`);
    await page.getByText('Everything to the cloud sent again').waitFor();
  });
});
