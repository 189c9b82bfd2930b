import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openOutpost, proposalFrom, type Foreigner, type Outpost } from '../doors/interop/support/outpost.js';
import { browserReason, closeWindows, openBrowser } from '../support/browser.js';
import { PASSWORD } from '../support/open-pair.js';
import { openVisitor, type Visitor } from './support/visitor.js';

const reason = await browserReason();
if (reason) console.warn(`Forms of another site are skipped: ${reason}`);

/** Hosts of one name on several ports are one site: here the peer's page lies at another name, so at another site. */
describe.skipIf(reason !== undefined)('a form that another site has the browser post', () => {
  let outpost: Outpost;
  let legacy: Foreigner;
  let browser: Browser;
  let bo: Visitor;

  beforeAll(async () => {
    [outpost, browser] = await Promise.all([openOutpost(), openBrowser()]);
    legacy = await outpost.trust('Legacy');
    await outpost.birch.services.neighbours.peers.set('Legacy', { allowUnsigned: true, transport: 'browser-post' });
    const inputs = proposalFrom(legacy.url).map(
      ([name, value]) => `<input type="hidden" name="${name}" value="${value}">`,
    );
    const form = `<form method="post" action="${outpost.birch.url}/interop/share">${inputs.join('')}<button>On</button></form>`;
    legacy.reply = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: form });
    bo = await openVisitor(browser, { email: outpost.bo.email, password: PASSWORD });
  });
  afterAll(async () => {
    await closeWindows(browser);
    await outpost.close();
  });

  it('WEB-09 brings no session, and leads to a page that has it', async () => {
    const { page } = bo;
    await page.goto(`${outpost.birch.url}/login`);
    await bo.signIn();
    const sent: [string, boolean][] = [];
    page.on('request', (request) => {
      if (!request.url().includes('/interop/')) return;
      void request.allHeaders().then(({ cookie = '' }) => sent.push([request.method(), cookie !== '']));
    });
    await page.goto(legacy.url.replace('localhost', 'legacy.localhost'));
    await bo.press('On');
    await page.getByRole('heading', { name: 'Somebody shares a folder with you' }).waitFor();
    await expect
      .poll(() => sent)
      .toEqual([
        ['POST', false],
        ['GET', true],
      ]);
  });
});
