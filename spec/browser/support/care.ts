import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import {
  carryDecision,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  type Story,
} from '../../journeys/support/story.js';
import { startStub } from '../../journeys/support/stub.js';
import { endEverything } from '../../journeys/support/world.js';
import { PASSWORD } from '../../support/open-pair.js';
import { ADA, CLEO } from '../../support/seeds.js';

/** What the cloud of the other side answers to our messages: a status that may be changed meanwhile. */
export interface Mend {
  answer: number;
}

/** The pair of most stories, with an administrator (Ada) and somebody whom nothing concerns (Cleo) at Alder. */
export async function openCare(): Promise<Story> {
  const story = await openStory();
  await story.settleIn(ADA, story.alder);
  await story.settleIn(CLEO, story.alder);
  await story.alder.services.people.accounts.set(ADA.email, { admin: true });
  return story;
}

/** The page of somebody who has just signed in at Alder; its window is closed when the running test ends. */
export async function signedIn(browser: Browser, story: Story, email: string): Promise<Page> {
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
export async function givenUp(story: Story, mend: Mend): Promise<string> {
  const { peers } = story.alder.services.neighbours;
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
