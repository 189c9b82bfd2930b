import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { sqliteBench } from '../support/each-database.js';
import { openTown } from '../support/open-pair.js';
import { ADA, ANA, BO } from '../support/seeds.js';
import { openAlbum, PHONE } from './support/album.js';
import { COLOURS, faultsOf, overhangOf } from './support/audit.js';
import { openPages, pageOf } from './support/populated-pages.js';

const reason = await browserReason();
const bench = sqliteBench();

describe.skipIf(reason !== undefined)('pages in the light and the dark scheme', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => closeWindows(browser));

  it('pass WCAG 2.2 AA in both schemes and fit a phone of 360 pixels', async () => {
    const { base, folder, peer, question, letters } = await openPages(bench);
    const shown: [string | undefined, string[]][] = [
      [undefined, ['/login', '/login/forgotten', '/invitations/word', question, letters, '/nowhere']],
      [
        ANA.email,
        [
          '/files',
          `/files/folder/${folder.id}`,
          `/files/folder/${folder.id}/share`,
          '/shares/outgoing/o2/change',
          `/files/${folder.id}/rename`,
          `/files/${folder.id}/move`,
          `/files/${folder.id}/delete`,
        ],
      ],
      [ANA.email, ['/shares', '/shares/incoming/i2/leave', '/interop/proposals/one', '/account', question, '/logout']],
      [BO.email, ['/interop/proposals/one', '/shares']],
      [
        ADA.email,
        [
          '/admin',
          '/admin/people',
          '/admin/peers',
          `/admin/peers/${peer.id}`,
          '/admin/peers/add',
          '/admin/apps',
          '/admin/shares',
          '/admin/deliveries',
          '/admin/audit',
          '/login/confirm',
        ],
      ],
    ];
    for (const [email, paths] of shown) {
      const page = await pageOf(browser, base, email, {
        colorScheme: 'light',
        reducedMotion: 'reduce',
        viewport: PHONE,
      });
      const complaints: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error' && !message.text().includes('the server responded'))
          complaints.push(message.text());
      });
      for (const path of paths) {
        await page.goto(base + path);
        expect(await faultsOf(page), path).toEqual([]);
        expect(await overhangOf(page), path).toBeLessThanOrEqual(0);
        // The same document in other colours.
        await page.emulateMedia({ colorScheme: 'dark' });
        expect(await faultsOf(page, COLOURS), `${path} in the dark`).toEqual([]);
        await page.emulateMedia({ colorScheme: 'light' });
      }
      expect(complaints).toEqual([]);
    }
  });

  it.each(['light', 'dark'] as const)(
    'ask for the password before touchy changes, and undo them, in the %s scheme on a phone (F-65)',
    async (colorScheme) => {
      const { base, room, ana } = await openPages(bench);
      await room.database.write((trx) => room.changes.tell(trx, ana.id, { kind: 'main-address', email: ana.email }));
      const [told] = room.letters;
      const undo = `/account/undo/${told?.letter === 'account-changed' ? told.data.token : ''}`;
      const album = await openAlbum(`touchy-${colorScheme}`);
      const page = await pageOf(browser, base, ANA.email, { colorScheme, viewport: PHONE });
      const other = await pageOf(browser, base, BO.email, { colorScheme, viewport: PHONE });
      await other.goto(`${base}/interop/proposals/one`);
      await album.keep(other, 'other-address');
      room.clock.advance(10 * MINUTE);
      const shown = [
        [page, ['/account', undo, '/login?back=%2Faccount&done=password', '/login/confirm?back=%2Faccount']],
        [other, ['/interop/proposals/one', '/logout?back=%2Finterop%2Fproposals%2Fone']],
      ] as const;
      for (const [at, paths] of shown) {
        for (const path of paths) {
          await at.goto(base + path);
          await album.keep(
            at,
            path
              .slice(1)
              .replace(/[^a-z]+/g, '-')
              .slice(0, 30),
          );
        }
      }
    },
  );

  it('show the API document on phones and desks, in both schemes, to anybody', async () => {
    const town = await openTown();
    onTestFinished(() => town.close());
    const { url } = await town.found('Alder');
    const album = await openAlbum('docs');
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await pageOf(browser, url, undefined, { colorScheme });
      await page.goto(`${url}/docs`);
      await album.glance(page, `${colorScheme}-top`);
      await page.goto(`${url}/docs#createFile`);
      await album.glance(page, `${colorScheme}-call`);
      await page.setViewportSize(PHONE);
      await album.glance(page, `${colorScheme}-on-a-phone`);
      await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
      expect(await overhangOf(page)).toBeLessThanOrEqual(0);
      expect(await faultsOf(page)).toEqual([]);
    }
  });

  it('lead from the contents of the API document to a call and its refusals without script', async () => {
    const town = await openTown();
    onTestFinished(() => town.close());
    const { url } = await town.found('Alder');
    const page = await pageOf(browser, url, undefined, { javaScriptEnabled: false, viewport: PHONE });
    await page.goto(`${url}/docs`);
    await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Create a folder' }).click();
    const call = page.getByRole('article', { name: 'Create a folder' });
    await call.getByText('Refusals').click();
    await call.getByText('Folder already exists.').waitFor({ state: 'visible' });
    await (await openAlbum('docs-without-script')).glance(page, 'phone');
  });
});
