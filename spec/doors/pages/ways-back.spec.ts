import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { proposalView } from './agreements.js';
import { cookiesOf, openBrowserAt, openPopulatedPages, PASSWORD, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const PROPOSAL = '/interop/proposals/one';
const BACK_TO_PROPOSAL = '/login?back=%2Finterop%2Fproposals%2Fone';
const CREDENTIALS = { email: ANA.email, password: PASSWORD };

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  pages.agreements.proposals.set('one', proposalView());
  pages.agreements.recipients.add(pages.ana.id);
  return pages;
}

/** A form as it was opened, sent by a browser that has lost its session since. */
async function sentTooLate(path: string, action: string, referer?: string) {
  const pages = await open();
  const browser = await signIn(pages, ANA);
  const { text } = await browser.get(path.replace(':folder', pages.folder.id));
  const request = openBrowserAt(pages).post(action.replace(':folder', pages.folder.id)).type('form');
  if (referer !== undefined) void request.set('Referer', referer.replace(':folder', pages.folder.id));
  return request.send({ token: /name="token" value="(\w+)"/.exec(text)?.[1] });
}

describe('what somebody was about to do (F-51)', () => {
  it('is found again after signing in, through a wrong password too', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const wrong = await submit(browser, BACK_TO_PROPOSAL, '/login', { ...CREDENTIALS, password: 'wrong password' });
    expect(wrong.status).toBe(401);
    const right = await browser
      .post('/login')
      .type('form')
      .send({
        ...CREDENTIALS,
        token: tokenOf(wrong.text, '/login'),
        back: /name="back" value="([^"]+)"/.exec(wrong.text)?.[1],
      });
    expect(right.headers['location']).toBe(PROPOSAL);
  });

  it.each([
    ['a form of its own page', '/account', '/account/letters', undefined, '/account'],
    ['a form with a page of its own address', PROPOSAL, PROPOSAL, undefined, PROPOSAL],
    ['a form below a page', PROPOSAL, `${PROPOSAL}/code`, undefined, PROPOSAL],
    ['a folder', '/files/folder/:folder', '/files/folder/:folder/new-folder', undefined, '/files/folder/:folder'],
    [
      'the page that the browser names',
      '/files/folder/:folder',
      '/files/folder/:folder/new-folder',
      'http://localhost:4000/files/folder/:folder?sort=name',
      '/files/folder/:folder?sort=name',
    ],
    ['no page of another site', '/account', '/account/letters', 'http://evil.example/files', '/account'],
    [
      'no address that can only be posted to',
      '/account',
      '/account/letters',
      'http://localhost:4000/account/apps/disconnect',
      '/account',
    ],
  ])('is found again when the session ended before a form was sent: %s', async (_what, path, action, referer, back) => {
    const answer = await sentTooLate(path, action, referer);
    const led = new URL(String(answer.headers['location']), 'http://localhost:4000');
    const folder = /folder\/(\d+)/.exec(led.searchParams.get('back') ?? '')?.[1] ?? '';
    expect([answer.status, led.pathname, led.searchParams.get('back')]).toEqual([
      303,
      '/login',
      back.replace(':folder', folder),
    ]);
  });

  it('is found again when somebody else signs out and the right person in', async () => {
    const pages = await open();
    const browser = await signIn(pages, BO);
    const offer = await browser.get(PROPOSAL);
    expect(offer.status).toBe(403);
    expect(offer.text).toContain('Sign in with another account');
    const out = await submit(browser, PROPOSAL, '/logout', {});
    expect(out.headers['location']).toBe(BACK_TO_PROPOSAL);
    const back = await submit(browser, BACK_TO_PROPOSAL, '/login', CREDENTIALS);
    expect(back.headers['location']).toBe(PROPOSAL);
    expect((await browser.get(PROPOSAL)).status).toBe(200);
  });

  it('is found again by whoever signs out on the page itself, or stays', async () => {
    const pages = await open();
    const browser = await signIn(pages, ANA);
    const page = await browser.get(`/logout?back=${encodeURIComponent(PROPOSAL)}`);
    expect(page.text).toContain(`<a href="${PROPOSAL}">Stay signed in</a>`);
    const out = await submit(browser, PROPOSAL, '/logout', {});
    expect(out.headers['location']).toBe(BACK_TO_PROPOSAL);
  });

  it('is found again after a new password was chosen by mail', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const page = await browser.get(BACK_TO_PROPOSAL);
    const forgotten = `/login/forgotten${BACK_TO_PROPOSAL.slice('/login'.length)}`;
    expect(page.text).toContain(`href="${forgotten}"`);
    await submit(browser, forgotten, '/login/forgotten', { email: ANA.email });
    const [letter] = pages.room.letters;
    expect(JSON.stringify(letter)).not.toContain('proposals');
    const link = letter?.letter === 'password-link' ? `/account/password/${letter.data.token}` : '';
    const opened = await browser.get(link);
    const next = 'four loud stone bridges';
    const set = await browser
      .post(link)
      .type('form')
      .send({ token: tokenOf(opened.text), password: next, repeat: next });
    const again = await submit(browser, String(set.headers['location']), '/login', { ...CREDENTIALS, password: next });
    expect(again.headers['location']).toBe(PROPOSAL);
    expect(cookiesOf(again).join()).toContain('footbridge-way-4000=;');
  });

  it('is found again when somebody signed in in another tab meanwhile', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const early = await browser.get(BACK_TO_PROPOSAL);
    await submit(browser, '/login', '/login', CREDENTIALS);
    const late = await browser
      .post('/login')
      .type('form')
      .send({ token: tokenOf(early.text, '/login'), back: PROPOSAL, email: 'x@alder.example', password: 'whatever' });
    expect(late.headers['location']).toBe(PROPOSAL);
    expect((await browser.get(BACK_TO_PROPOSAL)).headers['location']).toBe(PROPOSAL);
  });

  it('is found again when the session ended while the password was asked for again', async () => {
    const pages = await open();
    const path = `/login/confirm?back=${encodeURIComponent('/admin/people')}`;
    const { text } = await (await signIn(pages, pages.ada)).get('/account');
    const answer = await openBrowserAt(pages)
      .post('/login/confirm')
      .type('form')
      .send({ token: tokenOf(text, '/account/letters'), back: '/admin/people', password: PASSWORD });
    expect(answer.headers['location']).toBe('/login?back=%2Fadmin%2Fpeople');
    expect((await openBrowserAt(pages).get(path)).headers['location']).toBe('/login?back=%2Fadmin%2Fpeople');
  });
});
