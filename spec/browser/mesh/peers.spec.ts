import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { browserReason, closeWindows, openBrowser } from '../../support/browser.js';
import { OcmServer } from '../../support/ocm-servers/index.js';
import { openTown, PASSWORD, type Station, type Town } from '../../support/open-pair.js';
import { ADA } from '../../support/seeds.js';
import { openAlbum, PHONE, type Album } from '../support/album.js';
import { enterOn, pressEnter, typeInto } from '../support/keyboard.js';
import { openVisitor, type Visitor } from '../support/visitor.js';

const reason = await browserReason();

const PLAIN: BrowserContextOptions = { javaScriptEnabled: false, viewport: PHONE };

/** An administrator of a whole cloud, by keyboard, and a server of another make. */
describe.skipIf(reason !== undefined)('the pages about servers of Open Cloud Mesh, for administrators', () => {
  let town: Town;
  let alder: Station;
  let there: OcmServer;
  let browser: Browser;
  let album: Album;

  beforeAll(async () => {
    [town, browser, album] = await Promise.all([openTown(), openBrowser(), openAlbum('mesh-peers')]);
    alder = await town.found('Alder');
    await town.settleIn(ADA, alder);
    await alder.services.people.accounts.set(ADA.email, { admin: true });
    there = await OcmServer.open('nc32', () => alder.clock.now());
  });
  afterAll(async () => {
    await closeWindows(browser);
    await town.close();
    await there.close();
  });
  afterEach(() => closeWindows(browser));

  async function arrive(path: string, options?: BrowserContextOptions): Promise<Visitor> {
    const ada = await openVisitor(browser, { email: ADA.email, password: PASSWORD }, options);
    await ada.page.goto(`${alder.url}/login?back=${encodeURIComponent(path)}`);
    await ada.signIn();
    return ada;
  }

  it('look a server up by its address, and trust it without keys', async () => {
    const { page } = await arrive('/admin/peers/add');
    await album.keep(page, 'add-a-peer');
    await typeInto(page, 'Address of the other cloud', there.url);
    await pressEnter(page);
    await page.getByText('Open Cloud Mesh').first().waitFor();
    await album.keep(page, 'found');
    await album.snapOnPhone(page, 'found');
    await enterOn(page, 'Add peer');
    await page.getByText('is trusted.').waitFor();
    await album.keep(page, 'trusted');
    await album.snapOnPhone(page, 'trusted');
    await page.goto(`${alder.url}/admin/peers`);
    await album.keep(page, 'peers');
    await album.snapOnPhone(page, 'peers');
    const [peer] = await alder.services.neighbours.peers.list();
    expect(peer).toMatchObject({ dialect: 'ocm', ocm: { host: there.host } });
  });

  it('change its settings without script on a telephone', async () => {
    const [peer] = await alder.services.neighbours.peers.list();
    const { page } = await arrive(`/admin/peers/${peer?.id ?? ''}`, PLAIN);
    await page.getByLabel('Signatures').focus();
    await page.keyboard.type('required');
    await page.getByLabel('Accept its shares without asking the recipient').focus();
    await page.keyboard.press('Space');
    await album.snap(page, 'settings-without-script');
    await enterOn(page, 'Save');
    await page.getByText('is changed.').waitFor();
    const changed = await alder.services.neighbours.peers.byId(peer?.id ?? ('' as never));
    expect(changed?.ocm).toMatchObject({ signatures: 'required', acceptsAlone: true });
  });
});
