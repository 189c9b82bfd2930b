import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import {
  incomingView,
  ALONE,
  invitationView,
  member,
  outgoingView,
  proposalView,
} from '../../doors/pages/agreements.js';
import { openPopulatedPages, PASSWORD } from '../../doors/pages/pages-app.js';
import type { Bench } from '../../support/each-database.js';

/** Pages on a port of their own, with something on each, until the running test ends. */
export async function openPages(bench: Bench) {
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
    asks: undefined,
    description: undefined,
  }));
  agreements.invitations.set('word', invitationView({ peers: { ...ALONE, items: peers } }));
  agreements.proposals.set('one', proposalView());
  agreements.recipients.add(ana.id);
  const { peer } = await pages.peers.add({
    name: 'Birch',
    shareUrl: 'https://birch.example/share',
    credentialsUrl: 'https://birch.example/credentials',
    allowUnsigned: true,
  });
  const desktop = await pages.clients.add('Desktop', { callback: 'https://desktop.example/back' });
  const stop = { kind: 'letters', accountId: ana.id, letters: 'endings' } as const;
  const letters = `/letters/${pages.letterWishes.tokenFor(stop)}`;
  const question = await pages.temporaryCredentials.issue(desktop, 'oob');
  return { ...pages, base, peer, letters, question: `/oauth/authorize?oauth_token=${question?.token ?? ''}` };
}

/** The page of somebody who has just signed in there, or of nobody; its window is closed when the running test ends. */
export async function pageOf(
  browser: Browser,
  base: string,
  email?: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
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
