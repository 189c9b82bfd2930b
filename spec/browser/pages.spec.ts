import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { namesIn } from '../files/files-bench.js';
import { incomingView, invitationView, member, outgoingView, proposalView } from '../doors/pages/agreements.js';
import { openPopulatedPages, PASSWORD } from '../doors/pages/pages-app.js';
import { browserReason, openBrowser } from '../support/browser.js';
import { sqliteBench } from '../support/each-database.js';
import { openTown } from '../support/open-pair.js';
import { ADA, ANA, BO } from '../support/seeds.js';
import { openAlbum, PHONE } from './support/album.js';
import { faultsOf, overhangOf } from './support/audit.js';

const reason = await browserReason();
const bench = sqliteBench();

describe.skipIf(reason !== undefined)('pages in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(async () => browser.close());

  /** Pages on a port of their own, with something on each. */
  async function open() {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    await once(server, 'listening');
    const base = `http://localhost:${String((server.address() as AddressInfo).port)}`;
    const pages = await openPopulatedPages(await bench.open(), base);
    server.on('request', pages.app);
    const { agreements, ana, folder } = pages;
    agreements.members.push(
      member({ accountId: ana.id }),
      member({ name: 'Cleo', email: 'cleo@alder.example' as never, isOwner: false }),
    );
    agreements.outgoing.push(
      outgoingView({ folderId: folder.id }),
      outgoingView({ id: 'o2', state: 'active', peerName: 'Oak' }),
    );
    agreements.incoming.push(incomingView(), incomingView({ id: 'i2', state: 'active', mountId: '1' as never }));
    const peers = Array.from({ length: 9 }, (_, n) => ({
      id: `p${String(n)}`,
      name: `Cloud ${String(n)}`,
      origin: `https://c${String(n)}.example`,
      pageOrigins: [`https://c${String(n)}.example`],
      suggested: n === 0,
      description: undefined,
    }));
    agreements.invitations.set('word', invitationView({ peers }));
    agreements.proposals.set('one', proposalView());
    agreements.recipients.add(ana.id);
    const { peer } = await pages.peers.add({
      ...{
        name: 'Birch',
        shareUrl: 'https://birch.example/share',
        credentialsUrl: 'https://birch.example/credentials',
      },
      allowUnsigned: true,
    });
    const desktop = await pages.clients.add('Desktop', { callback: 'https://desktop.example/back' });
    const stop = { kind: 'letters', accountId: ana.id, letters: 'endings' } as const;
    const letters = `/letters/${pages.letterWishes.tokenFor(stop)}`;
    const question = await pages.temporaryCredentials.issue(desktop, 'oob');
    return { ...pages, base, peer, letters, question: `/oauth/authorize?oauth_token=${question?.token ?? ''}` };
  }

  async function pageOf(base: string, email?: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext(options);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    if (email === undefined) return page;
    await page.goto(`${base}/login`);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/files');
    return page;
  }

  it.each(['light', 'dark'] as const)(
    'pass WCAG 2.2 AA in the %s scheme and fit a phone of 360 pixels',
    async (colorScheme) => {
      const { base, folder, peer, question, letters } = await open();
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
        [
          ANA.email,
          ['/shares', '/shares/incoming/i2/leave', '/interop/proposals/one', '/account', question, '/logout'],
        ],
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
        const page = await pageOf(base, email, { colorScheme, viewport: PHONE });
        const complaints: string[] = [];
        page.on('console', (message) => {
          if (message.type() === 'error' && !message.text().includes('the server responded'))
            complaints.push(message.text());
        });
        for (const path of paths) {
          await page.goto(base + path);
          expect(await faultsOf(page), path).toEqual([]);
          expect(await overhangOf(page), path).toBeLessThanOrEqual(0);
        }
        expect(complaints).toEqual([]);
      }
    },
  );

  it('show the API document on phones and desks, in both schemes, to anybody', async () => {
    const town = await openTown();
    onTestFinished(() => town.close());
    const { url } = await town.found('Alder');
    const album = await openAlbum('docs');
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await pageOf(url, undefined, { colorScheme });
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
    const page = await pageOf(url, undefined, { javaScriptEnabled: false, viewport: PHONE });
    await page.goto(`${url}/docs`);
    await page.getByRole('navigation', { name: 'Contents' }).getByRole('link', { name: 'Create a folder' }).click();
    const call = page.getByRole('article', { name: 'Create a folder' });
    await call.getByText('Refusals').click();
    await call.getByText('Folder already exists.').waitFor({ state: 'visible' });
    await (await openAlbum('docs-without-script')).glance(page, 'phone');
  });

  it('work without script: sign in, upload, rename', async () => {
    const { base, tree, ana, principalOf } = await open();
    const page = await pageOf(base, ANA.email, { javaScriptEnabled: false });
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

  it('show the progress of an upload and what became of it', async () => {
    const { base } = await open();
    const page = await pageOf(base, ANA.email);
    const buffer = Buffer.alloc(3_000_000, 'x');
    await page
      .getByLabel('Files', { exact: true })
      .setInputFiles({ name: 'big.bin', mimeType: 'application/octet-stream', buffer });
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('1 file uploaded.').waitFor();
    await page.getByText('3.0 MB').waitFor();
  });

  it('can be walked by keyboard: the skip link, a menu, and out of it', async () => {
    const { base } = await open();
    const page = await pageOf(base, ANA.email);
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
    const { base, agreements } = await open();
    for (let count = 0; count < 5; count += 1) {
      const scanner = await pageOf(base);
      await scanner.goto(`${base}/invitations/word`, { waitUntil: 'networkidle' });
    }
    expect(agreements.calls).toEqual([]);
    const page = await pageOf(base);
    await page.goto(`${base}/invitations/word`);
    await page.getByLabel('Find your cloud').fill('cloud 7');
    expect(await page.getByRole('radio').count()).toBe(1);
    await page.getByRole('radio').check();
    await page.getByRole('button', { name: 'Continue to my cloud' }).click();
    expect(agreements.calls).toEqual([['choose', 'word', 'p7']]);
  });

  it('WEB-01 a no-referrer page of ours may post, and the answer may lead to the cloud that asked, to no other', async () => {
    const { base, agreements, ana } = await open();
    /** Where the browser sets out for after the decision, or what its policy says against it. */
    const reached = async (callbackOrigin: string): Promise<string> => {
      agreements.proposals.set('one', proposalView({ callbackOrigin }));
      const page = await pageOf(base, ANA.email);
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
