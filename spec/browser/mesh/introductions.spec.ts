import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOcmStage, takenBy, type OcmStage } from '../../journeys/ocm-matrix/stage.js';
import { signInAfresh } from '../../journeys/support/story.js';
import { browserReason, closeWindows, openBrowser } from '../../support/browser.js';
import { invitationIn } from '../../support/mailbox.js';
import type { OcmProfileName } from '../../support/ocm-servers/index.js';
import { openAlbum, PHONE, type Album } from '../support/album.js';
import { enterOn, pressEnter, typeInto } from '../support/keyboard.js';
import { openVisitor } from '../support/visitor.js';

const reason = await browserReason();

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };
const LARGE: BrowserContextOptions = { viewport: { width: 1200, height: 800 } };

/** Ana's cloud and a server that takes shares of contacts alone; everything by keyboard. */
describe.skipIf(reason !== undefined)('the pages that introduce an invitee to the owner', () => {
  let browser: Browser;
  let album: Album;
  const stages: OcmStage[] = [];

  beforeAll(async () => {
    [browser, album] = await Promise.all([openBrowser(), openAlbum('mesh-introductions')]);
  });
  afterAll(async () => {
    await closeWindows(browser);
    for (const stage of stages) await stage.close();
  });

  /** A server, and the link of a letter about a folder. */
  async function invited(make: OcmProfileName): Promise<{ stage: OcmStage; link: string }> {
    const stage = await openOcmStage(make);
    stages.push(stage);
    const { ana, town } = stage;
    await signInAfresh(ana);
    await ana.app.makeFolder('Plans');
    await ana.browser.share('Plans', { addresses: 'zoe@mail.example' });
    await town.settle();
    return { stage, link: invitationIn(await town.mailbox.waitForMailTo('zoe@mail.example')) };
  }

  it.each([
    ['cernbox', 'which has a page for invitations', LARGE],
    ['ocis', 'where it is pasted, without script on a telephone', PLAIN],
  ] as const)('say why %s takes nothing yet, and lead on to it, %s', async (make, _, options) => {
    const { stage, link } = await invited(make);
    const { page } = await openVisitor(browser, { email: '', password: '' }, options);
    const keep = options === LARGE ? album.keep : album.snap;
    await page.goto(link);
    await page.getByRole('radio', { name: /^There/ }).check();
    await enterOn(page, 'Continue to my cloud');
    await typeInto(page, `Your address at ${stage.there.host}`, 'zoe');
    await pressEnter(page);
    await page.getByRole('heading', { name: 'First connect with Ana' }).waitFor();
    await keep(page, `${make}-connect-first`);
    if (options === LARGE) await album.snapOnPhone(page, `${make}-connect-first`);
    await enterOn(page, `Connect with ${stage.ana.name}`);
    await page.getByRole('heading', { name: `Accept the invitation at ${stage.there.host}` }).waitFor();
    await keep(page, `${make}-accept-there`);
    if (options === LARGE) await album.snapOnPhone(page, `${make}-accept-there`);
    await stage.there.meet(await page.locator('#text').innerText());
    await stage.town.settle();
    expect(takenBy(stage, { name: 'Plans' })?.state).toBe('pending');
  });
});
