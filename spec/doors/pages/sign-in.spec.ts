import { describe, expect, it } from 'vitest';
import { ANA } from '../../support/seeds.js';
import { sqliteBench } from '../../support/each-database.js';
import {
  cookiesOf,
  openBrowserAt,
  openPopulatedPages,
  PASSWORD,
  sessionCookieOf,
  signIn,
  submit,
  tokenOf,
} from './pages-app.js';

const bench = sqliteBench();

async function open(publicUrl?: string) {
  return openPopulatedPages(await bench.open(), publicUrl);
}

describe('signing in', () => {
  it('leads whoever is not signed in from the root to the sign-in page, everybody else to their files', async () => {
    const pages = await open();
    expect((await openBrowserAt(pages).get('/')).headers['location']).toBe('/login');
    const ana = await signIn(pages, ANA);
    expect((await ana.get('/')).headers['location']).toBe('/files');
  });

  it('ACC-01 answers a wrong password and an unknown address with the same words and status', async () => {
    const pages = await open();
    const answers = [];
    for (const email of [ANA.email, 'nobody@alder.example']) {
      const browser = openBrowserAt(pages);
      const token = tokenOf((await browser.get('/login')).text, '/login');
      const answer = await browser.post('/login').type('form').send({ token, email, password: 'wrong password' });
      answers.push({ status: answer.status, text: answer.text.replaceAll(email, '').replaceAll(token, '') });
    }
    expect(answers[0]?.status).toBe(401);
    expect(answers[0]?.text).toContain('not right');
    expect(answers[1]?.status).toBe(401);
    expect(answers[1]?.text.replace(/value="[\w-]{86}"/, '')).toBe(answers[0]?.text.replace(/value="[\w-]{86}"/, ''));
  });

  it('ACC-02 answers 429 with the time to wait after ten tries', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const token = tokenOf((await browser.get('/login')).text, '/login');
    const attempt = () =>
      browser.post('/login').type('form').send({ token, email: ANA.email, password: 'wrong password' });
    for (let count = 0; count < 10; count += 1) expect((await attempt()).status).toBe(401);
    const answer = await attempt();
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('WEB-01 refuses a sign-in form from another site with 403 and sets no cookie', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const token = tokenOf((await browser.get('/login')).text, '/login');
    const fields = { token, email: ANA.email, password: PASSWORD };
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null', 'sec-fetch-site': 'cross-site' },
      { origin: 'null', referer: 'https://evil.example/page' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ] as Record<string, string>[]) {
      const answer = await browser.post('/login').set(headers).type('form').send(fields);
      expect(answer.status, JSON.stringify(headers)).toBe(403);
      expect(cookiesOf(answer)).toEqual([]);
    }
  });

  it('WEB-01 takes a form that a no-referrer page of ours posts with a null origin', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const token = tokenOf((await browser.get('/login')).text, '/login');
    const answer = await browser
      .post('/login')
      .set({ origin: 'null', 'sec-fetch-site': 'same-origin' })
      .type('form')
      .send({ token, email: ANA.email, password: PASSWORD });
    expect(answer.status).toBe(303);
  });

  it('WEB-01 takes a null origin from a browser without fetch metadata, but never without the token (F-48)', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const { text, headers } = await browser.get('/login');
    expect(headers['referrer-policy']).toBe('same-origin');
    const fields = { email: ANA.email, password: PASSWORD };
    for (const token of [undefined, 'wrong']) {
      const answer = await browser
        .post('/login')
        .set({ origin: 'null' })
        .type('form')
        .send({ ...fields, token });
      expect(answer.status).toBe(403);
    }
    const token = tokenOf(text, '/login');
    const answer = await browser
      .post('/login')
      .set({ origin: 'null' })
      .type('form')
      .send({ ...fields, token });
    expect(answer.status).toBe(303);
  });

  it('WEB-01 refuses a token that was issued to another browser, or none', async () => {
    const pages = await open();
    const [attacker, victim] = [openBrowserAt(pages), openBrowserAt(pages)];
    const token = tokenOf((await attacker.get('/login')).text, '/login');
    await victim.get('/login');
    for (const fields of [{ token }, {}, { token: '' }]) {
      const answer = await victim
        .post('/login')
        .type('form')
        .send({ ...fields, email: ANA.email, password: PASSWORD });
      expect(answer.status).toBe(403);
      expect(cookiesOf(answer)).toEqual([]);
    }
  });

  it('WEB-09 gives the session a new id at sign-in and ends it at the server on sign-out', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const fields = { email: ANA.email, password: PASSWORD };
    const [first, second] = [
      await submit(browser, '/login', '/login', fields),
      await submit(openBrowserAt(pages), '/login', '/login', fields),
    ];
    const [after, other] = [first, second].map((answer) =>
      cookiesOf(answer).find((cookie) => cookie.includes('session')),
    );
    expect(after).toBeDefined();
    expect(after?.split(';')[0]).not.toBe(other?.split(';')[0]);
    await submit(browser, '/logout', '/logout', {});
    const again = openBrowserAt(pages);
    const replay = await again.get('/files').set('Cookie', after?.split(';')[0] ?? '');
    expect(replay.headers['location']).toBe('/login?back=%2Ffiles');
  });

  it('WEB-09 ignores a session id that somebody preset', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const answer = await browser.get('/login').set('Cookie', 'footbridge-session-4000=s%3Aplanted.c2lnbmF0dXJl');
    const token = tokenOf(answer.text, '/login');
    const visitor = cookiesOf(answer)[0]?.split(';')[0] ?? '';
    const signedIn = await openBrowserAt(pages)
      .post('/login')
      .set('Cookie', `footbridge-session-4000=s%3Aplanted.c2lnbmF0dXJl; ${visitor}`)
      .type('form')
      .send({ token, email: ANA.email, password: PASSWORD });
    expect(signedIn.status).toBe(303);
    expect(cookiesOf(signedIn).join()).not.toContain('planted');
  });

  it('WEB-09 takes no side when the session cookie came twice with different values', async () => {
    const pages = await open();
    const [mine = ''] = (await sessionCookieOf(pages, ANA)).split(';');
    const answer = await openBrowserAt(pages)
      .get('/files')
      .set('Cookie', `footbridge-session-4000=s%3Aother.x; ${mine}`);
    expect(answer.headers['location']).toBe('/login?back=%2Ffiles');
  });

  it('WEB-09 ends every other session when the password changes', async () => {
    const pages = await open();
    const [here, there] = [await signIn(pages, ANA), await signIn(pages, ANA)];
    const next = 'four loud stone bridges';
    const answer = await submit(here, '/account', '/account/password', {
      current: PASSWORD,
      password: next,
      repeat: next,
    });
    expect(answer.headers['location']).toBe('/account');
    expect((await here.get('/files')).status).toBe(200);
    expect((await there.get('/files')).headers['location']).toBe('/login?back=%2Ffiles');
  });

  it('WEB-09 shuts a disabled person out from the next request on', async () => {
    const pages = await open();
    const ana = await signIn(pages, ANA);
    await pages.room.accounts.disable(ANA.email);
    expect((await ana.get('/files')).headers['location']).toBe('/login?back=%2Ffiles');
  });

  it('WEB-09 names cookies by port; https adds __Host- and Secure', async () => {
    const plain = await sessionCookieOf(await open('http://localhost:4000'), ANA);
    expect(plain).toMatch(/^footbridge-session-4000=.*; Path=\/;.*HttpOnly; SameSite=Lax$/);
    expect(plain).not.toContain('Secure');
    const secure = await sessionCookieOf(await open('https://alder.example'), ANA);
    expect(secure).toMatch(/^__Host-footbridge-session-443=.*; Path=\/;.*HttpOnly; Secure; SameSite=Lax$/);
    expect(secure).not.toContain('Domain');
  });

  it('WEB-10 leads back to the page that was wanted, whatever else the address or the form says', async () => {
    const pages = await open();
    for (const lure of LURES) {
      const browser = openBrowserAt(pages);
      const led = String((await browser.get('/shares')).headers['location']);
      const fields = { email: ANA.email, password: PASSWORD, next: lure, target: lure };
      const answer = await submit(browser, `${led}&next=${encodeURIComponent(lure)}`, '/login', fields);
      expect(answer.headers['location'], lure).toBe('/shares');
    }
  });

  it('WEB-10 F-61 takes no way that could lead elsewhere, from the address, the form, the cookie or a page', async () => {
    const pages = await open();
    for (const lure of LURES) {
      const address = openBrowserAt(pages);
      const fields = { email: ANA.email, password: PASSWORD };
      const byAddress = await submit(address, `/login?back=${encodeURIComponent(lure)}`, '/login', fields);
      const byForm = await submit(openBrowserAt(pages), '/login', '/login', { ...fields, back: lure });
      const kept = await openBrowserAt(pages)
        .get('/login')
        .set('Cookie', `footbridge-way-4000=${encodeURIComponent(lure)}`);
      const signedIn = await signIn(pages, ANA);
      const further = await signedIn.get(`/login?back=${encodeURIComponent(lure)}`);
      for (const { headers } of [byAddress, byForm, further]) expect(headers['location'], lure).toBe('/files');
      expect(kept.text, lure).not.toContain('name="back"');
    }
  });
});

/** Nothing of this is a page of ours. */
const LURES = [
  '//evil.example',
  '/\\evil.example',
  'https:evil.example',
  'https://evil.example/files',
  '\t//evil.example',
  '/\t/evil.example',
  '/.//evil.example',
  '/files/..//evil.example',
  '/%2e//evil.example',
  'javascript:alert(1)',
  'files',
  '',
  '/login',
  '/logout',
  `/${'x'.repeat(8_000)}`,
];

describe('one-time links', () => {
  it('PRO-10 change nothing when a scanner opens them; the first click still works', async () => {
    const pages = await open();
    const token = await pages.room.links.issue(pages.ana.id);
    const rows = () => pages.room.database.read('sessions').count('* as n');
    const before = await rows();
    for (let count = 0; count < 5; count += 1) {
      expect((await openBrowserAt(pages).get(`/account/password/${token}`)).status).toBe(200);
    }
    expect(await rows()).toEqual(before);
    const browser = openBrowserAt(pages);
    const page = await browser.get(`/account/password/${token}`);
    const next = 'four loud stone bridges';
    const answer = await browser
      .post(`/account/password/${token}`)
      .type('form')
      .send({ token: tokenOf(page.text), password: next, repeat: next });
    expect(answer.headers['location']).toBe('/login?done=password');
    expect((await openBrowserAt(pages).get(`/account/password/${token}`)).status).toBe(404);
  });

  it('ACC-01 are mailed on request, in the same words whether or not somebody has the address', async () => {
    const pages = await open();
    const texts = [];
    for (const email of [ANA.email, 'nobody@alder.example']) {
      const answer = await submit(openBrowserAt(pages), '/login/forgotten', '/login/forgotten', { email });
      texts.push(answer.text);
    }
    expect(texts[0]).toContain('Look into your mail');
    expect(texts[1]).toBe(texts[0]);
    expect(pages.room.letters.map(({ to }) => to)).toEqual([ANA.email]);
  });
});
