import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AskingApp } from '../journeys/support/asking-app.js';
import { StorageClient } from '../journeys/support/storage-client.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { openTown, PASSWORD, type Citizen, type Station, type Town } from '../support/open-pair.js';
import { ADA, ANA } from '../support/seeds.js';
import { openAlbum, type Album } from './support/album.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`Connecting an app in a browser is skipped: ${reason}`);

/** The address that an app leads back to: a small server on another port, which is another origin. */
interface CallbackServer {
  readonly url: string;
  readonly server: Server;
  /** The queries with which browsers came back. */
  readonly queries: URLSearchParams[];
}

async function openCallback(): Promise<CallbackServer> {
  const queries: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://app.example');
    if (pathname === '/back') queries.push(searchParams);
    response.setHeader('Content-Type', 'text/html');
    response.end('<!doctype html><html lang="en"><title>Desktop</title><h1>Back in the app</h1>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://localhost:${String(port)}/back?from=cloud`, server, queries };
}

describe.skipIf(reason !== undefined)('connecting an app in a browser', () => {
  let town: Town;
  let alder: Station;
  let ana: Citizen;
  let browser: Browser;
  let album: Album;
  let callback: CallbackServer;
  let desktop: AskingApp;
  let visitor: Visitor;
  let storage: StorageClient;

  beforeAll(async () => {
    [town, browser, album, callback] = await Promise.all([
      openTown(),
      openBrowser(),
      openAlbum('app-dance'),
      openCallback(),
    ]);
    alder = await town.found('Alder');
    ana = await town.settleIn(ANA, alder);
    await town.settleIn(ADA, alder);
    await alder.services.people.accounts.set(ADA.email, { admin: true });
    visitor = await openVisitor(browser, { email: ana.email, password: PASSWORD });
  });
  afterAll(async () => {
    await closeWindows(browser);
    callback.server.close();
    await town.close();
  });

  it('the administrator registers the app and reads its secret, once', async () => {
    const ada = await openVisitor(browser, { email: ADA.email, password: PASSWORD });
    const { page } = ada;
    await page.goto(`${alder.url}/admin/apps`);
    await ada.signIn();
    await album.keep(page, 'no-apps-yet');
    await page.getByLabel('Name').fill('Desktop');
    await page.getByLabel('Callback address').fill(callback.url);
    await page.getByText('More settings').click();
    await album.keepOnPhone(page, 'register-an-app');
    await ada.press('Register');
    await album.keep(page, 'registered');
    const [consumerKey = '', consumerSecret = ''] = await page.locator('code').allInnerTexts();
    desktop = new AskingApp(alder.url, { consumerKey, consumerSecret }, alder.clock);
    await ada.follow('To the list of apps');
    await album.keep(page, 'apps');
    expect(await page.content()).not.toContain(consumerSecret);
    await ada.close();
  });

  it('somebody who is not signed in reads who wants what, signs in with the answer and is led back', async () => {
    const held = await desktop.ask(callback.url);
    const { page } = visitor;
    await page.goto(desktop.page(held));
    await album.keep(page, 'question');
    await album.keepOnPhone(page, 'question');
    await page.getByLabel('E-mail address').fill(ana.email);
    await page.getByLabel('Password').fill('something else entirely');
    await visitor.press('Allow');
    await page.getByText('The e-mail address or the password is not right.').waitFor();
    await album.keep(page, 'wrong-password');
    await page.getByLabel('Password').fill(PASSWORD);
    await visitor.press('Allow');
    await page.getByRole('heading', { name: 'Back in the app' }).waitFor();
    const [query] = callback.queries;
    expect([...(query?.keys() ?? [])]).toEqual(['from', 'token', 'verifier', 'oauth_token', 'oauth_verifier']);
    expect(query?.get('oauth_token')).toBe(held.token);
    const access = await desktop.accessOf(held, query?.get('oauth_verifier') ?? '');
    storage = new StorageClient(alder.url, access, alder.clock);
    await storage.makeFolder('From the app');
  });

  it('they were not signed in by it; signed in they see what the app did, and are asked again', async () => {
    const { page } = visitor;
    await page.goto(`${alder.url}/files`);
    await visitor.signIn();
    expect(await visitor.names()).toEqual(['From the app']);
    await page.goto(desktop.page(await desktop.ask(callback.url)));
    await page.getByText(`You are signed in as ${ana.name}`).waitFor();
    await album.keep(page, 'question-signed-in');
    await page.keyboard.press('Tab');
    await page.getByRole('button', { name: 'Deny' }).focus();
    await page.keyboard.press('Enter');
    await page.getByText('Authorization rejected by user').waitFor();
    await album.keep(page, 'denied');
    expect(callback.queries).toHaveLength(1);
  });

  it('an app without an address gets a word that the person copies, also where no script runs', async () => {
    const client = await alder.services.apps.clients.add('Script');
    const script = new AskingApp(alder.url, client, alder.clock);
    const plain = await openVisitor(browser, { email: ana.email, password: PASSWORD }, { javaScriptEnabled: false });
    const held = await script.ask();
    await plain.page.goto(script.page(held));
    await plain.page.getByLabel('E-mail address').fill(ana.email);
    await plain.page.getByLabel('Password').fill(PASSWORD);
    await plain.press('Allow');
    await album.snap(plain.page, 'a-word-to-copy');
    const verifier = await plain.page.locator('code').innerText();
    expect((await script.fetch(held, verifier)).status).toBe(200);
    await plain.close();
  });

  it('the account page lists what is connected, and disconnecting ends it at once', async () => {
    const { page } = visitor;
    await page.goto(`${alder.url}/account`);
    await album.keep(page, 'connected-apps');
    await page.getByRole('button', { name: 'Disconnect Desktop' }).click();
    await page.getByText('The app can no longer reach your files.').waitFor();
    expect((await storage.call('folder/0/contents')).status).toBe(401);
    expect(await page.getByRole('rowheader', { name: 'Script' }).count()).toBe(1);
  });
});
