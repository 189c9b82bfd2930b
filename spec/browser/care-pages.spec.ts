import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  type Story,
} from '../journeys/support/story.js';
import { endEverything } from '../journeys/support/world.js';
import { startStub } from '../journeys/support/stub.js';
import { browserReason, openBrowser } from '../support/browser.js';
import { PASSWORD } from '../support/open-pair.js';
import { ADA, CLEO } from '../support/seeds.js';
import { openAlbum } from './support/album.js';

const reason = await browserReason();

describe.skipIf(reason !== undefined)('the pages about what does not work', () => {
  let browser: Browser;
  let story: Story;
  beforeAll(async () => {
    browser = await openBrowser();
    story = await openStory();
    await story.settleIn(ADA, story.alder);
    await story.settleIn(CLEO, story.alder);
    const { accounts } = story.alder.services;
    await accounts.set(ADA.email, { admin: true });
  });
  afterAll(async () => {
    await browser.close();
    await story.close();
  });

  async function signedIn(email: string): Promise<Page> {
    const context = await browser.newContext({ javaScriptEnabled: true });
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.goto(`${story.alder.url}/login`);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/files');
    return page;
  }

  /** A share whose key Birch does not understand, so that it was given up; answers its id at Alder. */
  async function givenUp(mend: { answer: number }): Promise<string> {
    const { peers } = story.alder.services;
    const stub = await startStub((response) => void response.writeHead(mend.answer).end());
    const before = await peers.byName('Birch');
    await peers.set('Birch', { credentialsUrl: `${stub.url}/interop/credentials` });
    onTestFinished(async () => {
      await endEverything(story);
      await peers.set('Birch', { credentialsUrl: before?.credentialsUrl });
    });
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    await carryDecision(story, invited, true);
    await story.alder.cloud.drain();
    return (await halvesOf(story, invited.folder)).outgoing.id;
  }

  it('OPS-08 lead an administrator from the overview to the message that was given up, and let it be sent again', async () => {
    const mend = { answer: 400 };
    const id = await givenUp(mend);
    const album = await openAlbum('care');
    const page = await signedIn(ADA.email);
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
    await expect(page.getByRole('row').count()).resolves.toBe(2);
  });

  it('OPS-08 let an administrator send everything to a cloud again, and one message', async () => {
    const mend = { answer: 400 };
    await givenUp(mend);
    const page = await signedIn(ADA.email);
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

  it('OPS-08 tell the owner in plain words what is wrong and what to do, and no stranger anything', async () => {
    const id = await givenUp({ answer: 400 });
    const album = await openAlbum('care-of-people');
    const page = await signedIn(story.ana.email);
    await page.goto(`${story.alder.url}/shares`);
    await album.keep(page, 'shares');
    await album.keepOnPhone(page, 'shares');
    await page
      .getByRole('link', { name: /How it stands/ })
      .first()
      .click();
    await page.getByText('Please tell your administrator.').waitFor();
    await album.keep(page, 'share');
    await album.keepOnPhone(page, 'share');
    const text = await page.locator('main').innerText();
    expect(text).not.toMatch(/answered 400|share retry|peer set/);
    const stranger = await signedIn(CLEO.email);
    const path = `${story.alder.url}/shares/outgoing/${id}`;
    expect((await stranger.goto(path))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/shares/outgoing/${id}`))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/deliveries`))?.status()).toBe(404);
    expect((await page.goto(`${story.alder.url}/admin/audit`))?.status()).toBe(404);
  });
});
