import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ownServer, printAddress } from '../../../src/federation/index.js';
import { addressOf, announced, openMesh } from '../../journeys/support/mesh.js';
import { postSigned, postUnsigned, shareText, type Said } from '../../journeys/support/mesh-voice.js';
import { halvesOf, invite, statesOf, type Actor, type Story } from '../../journeys/support/story.js';
import { endEverything } from '../../journeys/support/world.js';
import { browserReason, closeWindows, openBrowser } from '../../support/browser.js';
import { PASSWORD } from '../../support/open-pair.js';
import { openAlbum, PHONE, type Album } from '../support/album.js';
import { enterOn, pressEnter, tabTo, typeInto } from '../support/keyboard.js';
import { openVisitor, type Visitor } from '../support/visitor.js';

const reason = await browserReason();

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };

/** Between two whole clouds that know each other as servers of Open Cloud Mesh; everything by keyboard. */
describe.skipIf(reason !== undefined)('the pages about shares by Open Cloud Mesh', () => {
  let story: Story;
  let browser: Browser;
  let album: Album;

  beforeAll(async () => {
    [story, browser, album] = await Promise.all([openMesh(), openBrowser(), openAlbum('mesh-shares')]);
  });
  afterAll(async () => {
    await closeWindows(browser);
    await story.close();
  });
  afterEach(async () => {
    await closeWindows(browser);
    await endEverything(story);
    await story.forgetLimits();
  });

  async function arrive({ email, at }: Actor, path: string, options?: BrowserContextOptions): Promise<Visitor> {
    const visitor = await openVisitor(browser, { email, password: PASSWORD }, options);
    await visitor.page.goto(`${at.url}/login?back=${encodeURIComponent(path)}`);
    await visitor.signIn();
    return visitor;
  }

  it('take addresses at other clouds beside e-mail addresses, and say what became of each', async () => {
    const { ana, bo } = story;
    const { id } = await ana.app.makeFolder('Plans for the year');
    const { page } = await arrive(ana, `/files/folder/${String(id)}/share`);
    await typeInto(page, 'Addresses', `eve@mail.example, ${addressOf(bo)}, cleo@https://elsewhere.example`);
    await album.keep(page, 'share-dialog');
    await album.snapOnPhone(page, 'share-dialog');
    await enterOn(page, 'Share');
    await page.getByText('This cloud does not share with elsewhere.example.').waitFor();
    await album.keep(page, 'refused');
    await typeInto(page, 'Addresses', `eve@mail.example, ${addressOf(bo)}`);
    await enterOn(page, 'Share');
    await page.getByText(`Offered there, without a letter: ${bo.email}@`).waitFor();
    await story.settle();
    await page.reload();
    await album.keep(page, 'shared');
    await album.snapOnPhone(page, 'shared');
    await page.goto(`${ana.at.url}/shares`);
    await album.keep(page, 'shares-of-the-owner');
    await album.snapOnPhone(page, 'shares-of-the-owner');
  });

  it('ask who somebody is at a cloud that is told there, and say where the offer waits', async () => {
    const { folder, link } = await invite(story, { comment: 'Have a look before the 12th.' }, 'fay@mail.example');
    const { page } = await openVisitor(browser, { email: '', password: '' });
    await page.goto(link);
    await album.keep(page, 'choose-a-cloud');
    await page.getByLabel('Birch').focus();
    await page.keyboard.press('Space');
    await enterOn(page, 'Continue to my cloud');
    await page.getByRole('heading', { name: 'Who are you at Birch?' }).waitFor();
    await album.keep(page, 'who-are-you');
    await album.snapOnPhone(page, 'who-are-you');
    const field = `Your address at ${new URL(story.birch.url).host}`;
    await typeInto(page, field, 'nobody@mail.example');
    await pressEnter(page);
    await page.getByText('Birch did not take the invitation. Check your address there.').waitFor();
    await album.keep(page, 'nobody-there');
    await album.snapOnPhone(page, 'nobody-there');
    await typeInto(page, field, story.bo.email);
    await pressEnter(page);
    await page.getByRole('heading', { name: 'The offer waits for you at Birch' }).waitFor();
    await album.keep(page, 'waiting');
    await album.snapOnPhone(page, 'waiting');
    expect(await page.getByRole('link', { name: 'Open Birch' }).getAttribute('href')).toBe(story.birch.url);
    await enterOn(page, 'Choose again');
    await album.keep(page, 'choose-again');
    expect(await statesOf(story, folder)).toEqual(['sent', 'pending']);
  });

  it('do so without script on a telephone, where the offer is then accepted', async () => {
    const { folder, link } = await invite(story, {}, 'fay@mail.example');
    const { page } = await openVisitor(browser, { email: '', password: '' }, PLAIN);
    await page.goto(link);
    await page.getByLabel('Birch').focus();
    await page.keyboard.press('Space');
    await enterOn(page, 'Continue to my cloud');
    await typeInto(page, `Your address at ${new URL(story.birch.url).host}`, story.bo.email);
    await album.snap(page, 'who-are-you-without-script');
    await enterOn(page, 'Send the offer there');
    await page.getByRole('heading', { name: 'The offer waits for you at Birch' }).waitFor();
    await album.snap(page, 'waiting-without-script');
    const { incoming } = await halvesOf(story, folder);
    const bo = await arrive(story.bo, '/shares', PLAIN);
    await album.snap(bo.page, 'shares-without-script');
    await bo.page.goto(`${story.birch.url}/interop/proposals/${incoming?.id ?? ''}`);
    await album.snap(bo.page, 'proposal-without-script');
    await enterOn(bo.page, 'Accept');
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
    await bo.page.goto(`${story.birch.url}/files`);
    await album.snap(bo.page, 'accepted-without-script');
  });

  it('show of a proposal whose it is, who sent it, and whether that is proven (OCM-02)', async () => {
    const { alder, birch, ana } = story;
    // Who is known to sign has to.
    await alder.services.base.database.write((trx) => trx('peer_ocm').update({ ocm_signs_since: null }));
    const bo = printAddress({ ...ownServer(new URL(birch.url)), id: 'bo' });
    const toAna = (otherwise: Said): Said => shareText(bo, addressOf(ana), otherwise);
    const idOf = async (share: Said): Promise<string> => {
      const { read } = alder.services.base.database;
      const [found] = await alder.services.shares.incoming.named(read, String(share['providerId']));
      return found?.id ?? '';
    };
    const unsigned = toAna({ name: 'Recipes' });
    expect((await postUnsigned(alder, 'shares', unsigned)).status).toBe(201);
    const sent = toAna({ name: 'Minutes', sender: 'cleo@cedar.example', senderDisplayName: 'Cleo Costa' });
    expect((await postSigned(birch, alder, 'shares', sent)).status).toBe(201);
    const { page } = await arrive(ana, '/shares');
    await album.keep(page, 'shares-of-the-recipient');
    await album.snapOnPhone(page, 'shares-of-the-recipient');
    await page.goto(`${alder.url}/interop/proposals/${await idOf(sent)}`);
    await page.getByText('via cleo@cedar.example').waitFor();
    await album.keep(page, 'sent-for-the-owner');
    await album.snapOnPhone(page, 'sent-for-the-owner');
    await page.goto(`${alder.url}/interop/proposals/${await idOf(unsigned)}`);
    await page.getByText('The message was not signed').waitFor();
    await album.keep(page, 'unsigned');
    await album.snapOnPhone(page, 'unsigned');
    await tabTo(page, 'Accept');
    await enterOn(page, 'Decline');
    await page.waitForURL(`${alder.url}/shares`);
    await page.getByText('You declined').waitFor();
  });

  it('tell the recipient, whose cloud was told by address, and take the answer', async () => {
    const { folder, name } = await announced(story);
    const { incoming } = await halvesOf(story, folder);
    const { page } = await arrive(story.bo, `/interop/proposals/${incoming?.id ?? ''}`);
    await album.keep(page, 'proposal');
    await album.snapOnPhone(page, 'proposal');
    await enterOn(page, 'Accept');
    await page.waitForURL(`${story.birch.url}/shares`);
    await story.settle();
    await page.goto(`${story.birch.url}/files`);
    await page.getByRole('link', { name: `Folder: ${name}` }).waitFor();
    await page.goto(`${story.birch.url}/shares`);
    await album.keep(page, 'accepted');
  });
});
