import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { PeerChanges } from '../../src/peers/index.js';
import { invite, openStory, statesOf, type Invited, type Story } from '../journeys/support/story.js';
import { endEverything } from '../journeys/support/world.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { PASSWORD } from '../support/open-pair.js';
import { openAlbum, PHONE, type Album } from './support/album.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`Proposals carried by a browser are skipped: ${reason}`);

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };

/** Between two whole clouds, for peers that take a proposal only from the browser of a person. */
describe.skipIf(reason !== undefined)('a browser that carries the proposal', () => {
  let story: Story;
  let browser: Browser;
  let album: Album;
  let bo: Visitor;

  beforeAll(async () => {
    [story, browser, album] = await Promise.all([openStory(), openBrowser(), openAlbum('carried-proposals')]);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await story.close();
  });
  afterEach(async () => {
    await bo.close();
    await endEverything(story);
    await story.forgetLimits();
  });

  /** What each records of the other. */
  async function register(changes: PeerChanges): Promise<void> {
    await story.alder.services.neighbours.peers.set('Birch', changes);
    await story.birch.services.neighbours.peers.set('Alder', changes);
  }

  /** Ana has invited Bo, who picks his cloud. */
  async function choose(options: BrowserContextOptions = {}): Promise<Invited> {
    const invited = await invite(story);
    bo = await openVisitor(browser, { email: story.bo.email, password: PASSWORD }, options);
    await bo.page.goto(invited.link);
    await bo.page.getByLabel('Birch').check();
    await bo.press('Continue to my cloud');
    return invited;
  }

  /** Bo signs in at home, sees the offer and accepts; everything is delivered. */
  async function accept({ folder }: Invited): Promise<void> {
    await bo.page.waitForURL(`${story.birch.url}/login?**`);
    expect(await statesOf(story, folder)).toEqual(['sent', 'absent']);
    await bo.signIn();
    await bo.page.getByRole('heading', { name: 'Somebody shares a folder with you' }).waitFor();
    await bo.press('Accept');
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
    await bo.page.goto(`${story.birch.url}/files`);
    expect((await bo.names()).some((name) => name.startsWith('Plans'))).toBe(true);
  }

  it('as a form is led on by the page itself, signed', async () => {
    await register({ transport: 'browser-post', dialect: 'nec' });
    await accept(await choose());
  });

  it('as a form goes on by a button where no scripts run, with the keyboard, on a telephone', async () => {
    await register({ transport: 'browser-post', dialect: 'nec' });
    const invited = await choose(PLAIN);
    await bo.page.getByRole('heading', { name: 'On to Birch' }).waitFor();
    await album.snap(bo.page, 'on-to-your-cloud');
    await bo.page.getByRole('button', { name: 'Continue to Birch' }).focus();
    await bo.page.keyboard.press('Enter');
    await accept(invited);
  });

  it('is accessible on that page, which stays when the other cloud cannot be reached', async () => {
    await register({ transport: 'browser-post', dialect: 'nec' });
    const invited = await invite(story);
    bo = await openVisitor(browser, { email: story.bo.email, password: PASSWORD });
    await bo.page.route(`${story.birch.url}/**`, (route) => route.abort('aborted'));
    await bo.page.goto(invited.link);
    await bo.page.getByLabel('Birch').check();
    await bo.page.getByRole('button', { name: 'Continue to my cloud' }).click();
    await bo.page.getByRole('heading', { name: 'On to Birch' }).waitFor();
    await album.keep(bo.page, 'on-to-your-cloud');
    await album.keepOnPhone(bo.page, 'on-to-your-cloud');
    await bo.page.unroute(`${story.birch.url}/**`);
    await bo.press('Continue to Birch');
    await accept(invited);
  });

  it('goes back from the other cloud to the choice of a cloud, and may choose again', async () => {
    await register({ transport: 'browser-post', dialect: 'nec' });
    const invited = await choose();
    await bo.page.waitForURL(`${story.birch.url}/login?**`);
    await bo.page.goBack();
    await bo.page.getByText('chosen before').waitFor();
    await bo.press('Continue to my cloud');
    await accept(invited);
  });

  it('in its address is led to the other cloud at once, with scripts and without', async () => {
    await register({ transport: 'browser-get', dialect: 'csinterop' });
    await accept(await choose());
    await bo.close();
    await accept(await choose(PLAIN));
  });

  it('PRO-15 tells the other cloud nothing of the page it came from', async () => {
    for (const transport of ['browser-get', 'browser-post'] as const) {
      await register({ transport, dialect: 'csinterop' });
      const invited = await invite(story);
      bo = await openVisitor(browser, { email: story.bo.email, password: PASSWORD });
      const told: string[] = [];
      bo.page.on('request', (request) => {
        if (request.url().startsWith(story.birch.url))
          told.push(`${request.url()} ${JSON.stringify(request.headers())}`);
      });
      await bo.page.goto(invited.link);
      await bo.page.getByLabel('Birch').check();
      await bo.press('Continue to my cloud');
      await bo.page.waitForURL(`${story.birch.url}/login?**`);
      expect(told.length).toBeGreaterThan(0);
      expect(told.join('\n')).not.toContain(invited.token);
      if (transport === 'browser-get') await bo.close();
    }
  });
});
