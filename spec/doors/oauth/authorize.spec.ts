import { describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { parsePairs } from '../../../src/oauth1/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { cookiesOf, openBrowserAt, PASSWORD, signIn, tokenOf } from '../pages/pages-app.js';
import { answer, CALLBACK, FORM_TYPE, openDance, ORIGIN, pageFor, type Dance } from './support.js';

const bench = sqliteBench();
const PAGE = 'text/html,application/xhtml+xml';
const ALLOW = { permission: 'allow', email: ANA.email, password: PASSWORD };

/** Exchanges with whatever verifier an answer holds; the access it brings. */
async function exchanged(dance: Dance, issued: { token: string; tokenSecret: string }, verifier = '') {
  const owner = [dance.script, dance.house, dance.desktop];
  for (const client of owner) {
    const access = await dance.temporaryCredentials.exchange(client.id, issued.token, verifier);
    if (access !== undefined) return dance.tokens.find(client.id, access.token);
  }
  return undefined;
}

/** A decision as an app sends it that took the password itself: no cookie, no form token. */
function direct(dance: Dance, issued: { token: string }, fields: object = ALLOW) {
  return dance.bare('POST', pageFor(issued)).type('form').send(fields);
}

describe('a session that somebody may have stolen', () => {
  it('lets no app in without the password of the last ten minutes (F-65, AUT-12)', async () => {
    const dance = await openDance(bench);
    const browser = await signIn(dance, ANA);
    dance.room.clock.advance(10 * MINUTE);
    const issued = await dance.ask(dance.desktop, CALLBACK);
    const page = await browser.get(pageFor(issued));
    expect(page.text).toContain('name="password"');
    const decide = (fields: object) =>
      browser
        .post(pageFor(issued))
        .type('form')
        .send({ token: tokenOf(page.text, pageFor(issued)), permission: 'allow', ...fields });
    for (const fields of [{}, { password: 'wrong password' }]) {
      const answer = await decide(fields);
      expect(answer.headers['location']).toBeUndefined();
      expect(answer.text).toContain('The password is not right.');
    }
    const allowed = await decide({ password: PASSWORD });
    expect(allowed.headers['location']).toContain(CALLBACK);
    const [, verifier = ''] = /[?&]verifier=([^&]+)/.exec(String(allowed.headers['location'])) ?? [];
    await exchanged(dance, issued, verifier);
    expect(dance.room.letters.map(({ letter, to }) => [letter, to])).toEqual([['account-changed', ANA.email]]);
  });

  it('takes no further token under the name of a known app without a mail, which ends that one alone (F-65)', async () => {
    const dance = await openDance(bench);
    const { letters, recoveries, endedApps, database } = dance.room;
    const browser = await signIn(dance, ANA);
    const connect = async () => {
      const issued = await dance.ask(dance.desktop);
      const { text } = await answer(browser, issued);
      const [, verifier = ''] = /<code[^>]*>([A-Za-z0-9]+)<\/code>/.exec(text) ?? [];
      return { issued, verifier, access: await exchanged(dance, issued, verifier) };
    };
    const first = await connect();
    dance.room.clock.advance(MINUTE);
    const second = await connect();
    expect([first.access, second.access]).not.toContain(undefined);
    expect(await exchanged(dance, second.issued, second.verifier)).toBeUndefined();
    expect(letters.map(({ letter, to, data }) => [letter, to, (data as { change: string }).change])).toEqual([
      ['account-changed', ANA.email, 'The app “Desktop” was connected: it can use all files.'],
      [
        'account-changed',
        ANA.email,
        'The app “Desktop” was connected once more: a further copy of it can use all files.',
      ],
    ]);
    const told = letters[1];
    await recoveries.restore(told?.letter === 'account-changed' ? told.data.token : '');
    const since = endedApps[0]?.since ?? 0;
    await database.write((trx) => dance.tokens.endSince(trx, dance.ana.id, since));
    expect((await dance.tokens.list(dance.ana.id)).map(({ id }) => id)).toEqual([first.access?.id]);
  });
});

describe('the question of an app', () => {
  it('says which app wants what, to somebody who is signed in', async () => {
    const dance = await openDance(bench);
    const browser = await signIn(dance, ANA);
    const { text, status } = await browser.get(pageFor(await dance.ask(dance.desktop, CALLBACK)));
    expect(status).toBe(200);
    for (const words of [
      'Desktop',
      'Alder',
      'all your files',
      'in other clouds',
      'share your folders',
      'desktop.example',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).toContain(`You are signed in as <strong>${ANA.name}</strong>`);
    expect(text).not.toContain('name="password"');
  });

  it('asks somebody who is not signed in for both, in a form that posts to the same address', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.script);
    const { text } = await openBrowserAt(dance).get(pageFor(issued));
    expect(text).toContain(`<form class="card" method="post" action="${pageFor(issued)}">`);
    for (const field of ['email', 'password', 'permission']) expect(text).toContain(`name="${field}"`);
    for (const value of ['allow', 'deny']) expect(text).toContain(`name="permission" value="${value}"`);
  });

  it('keeps its address to itself, is never stored, and lets its form lead to the app alone', async () => {
    const dance = await openDance(bench);
    const { headers } = await openBrowserAt(dance).get(pageFor(await dance.ask(dance.desktop, CALLBACK)));
    expect(headers).toMatchObject({ 'referrer-policy': 'no-referrer', 'cache-control': 'no-store' });
    expect(headers['content-security-policy']).toContain("form-action 'self' https://desktop.example;");
    expect(headers['x-frame-options']).toBe('DENY');
  });

  it('WEB-11 is not opened before somebody clicks', async () => {
    const dance = await openDance(bench);
    const page = pageFor(await dance.ask(dance.script));
    await openBrowserAt(dance).get(page).set('Sec-Purpose', 'prefetch;prerender').expect(503);
  });

  it('without a token, or with one that is unknown, late or decided, is 400 in these words', async () => {
    const dance = await openDance(bench);
    const [late, done] = [await dance.ask(dance.script), await dance.ask(dance.script)];
    dance.clock.advance(600_000);
    const fresh = await dance.ask(dance.script);
    await dance.temporaryCredentials.approve(fresh.token, dance.ana.id);
    const get = (path: string) => dance.bare('GET', path).expect(400);
    expect((await get('/oauth/authorize')).text).toBe('Missing oauth token');
    for (const { token } of [{ token: 'unknown' }, late, done, fresh]) {
      expect((await get(pageFor({ token }))).text).toBe('Invalid oauth token');
      expect((await direct(dance, { token }).expect(400)).text).toBe('Invalid oauth token');
    }
    const page = await get('/oauth/authorize?oauth_token=unknown').set('Accept', PAGE);
    expect(page.text).toContain('<h1>');
    expect(page.text).toContain('Invalid oauth token');
  });

  it('OAU-15 takes no callback from its own address', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.desktop, CALLBACK);
    const browser = await signIn(dance, ANA);
    const page = `${pageFor(issued)}&oauth_callback=https%3A%2F%2Fevil.example%2F`;
    const { text, headers } = await browser.get(page);
    expect(text + JSON.stringify(headers)).not.toContain('evil.example');
    const post = browser
      .post(page)
      .type('form')
      .send({ token: tokenOf(text, pageFor(issued)), permission: 'allow' });
    expect((await post.expect(302)).headers['location']).toContain('https://desktop.example/back?');
  });

  it('OAU-16 comes every time, however often the same app was allowed before', async () => {
    const dance = await openDance(bench);
    const browser = await signIn(dance, ANA);
    for (let time = 0; time < 2; time += 1) {
      const issued = await dance.ask(dance.script);
      expect((await browser.get(pageFor(issued)).expect(200)).text).toContain('Connect Script?');
      await answer(browser, issued);
    }
  });
});

describe('a yes', () => {
  it('leads back to the app with the token and the verifier in both spellings, behind its own query', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.desktop, `${CALLBACK}&note=a%20b+c`);
    const { status, headers } = await answer(await signIn(dance, ANA), issued);
    expect(status).toBe(302);
    const [, query = ''] = String(headers['location']).split('https://desktop.example/back?');
    expect(query).toMatch(/^from=cloud&note=a%20b\+c&token=/);
    const fields = new Map(parsePairs(query));
    expect([fields.get('token'), fields.get('oauth_token')]).toEqual([issued.token, issued.token]);
    expect(fields.get('oauth_verifier')).toBe(fields.get('verifier'));
    expect(await exchanged(dance, issued, fields.get('verifier'))).toMatchObject({ accountId: dance.ana.id });
  });

  it('shows the verifier to a person whose app has no address, also when the app is of the house', async () => {
    const dance = await openDance(bench);
    const browser = await signIn(dance, ANA);
    for (const client of [dance.script, dance.house]) {
      const issued = await dance.ask(client);
      const { status, text, headers } = await answer(browser, issued);
      expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
      const verifier = /<code id="verifier">(\w+)<\/code>/.exec(text)?.[1];
      expect(await exchanged(dance, issued, verifier)).toMatchObject({ accountId: dance.ana.id });
    }
  });

  it('may come with e-mail address and password; nobody is signed in by it', async () => {
    const dance = await openDance(bench);
    const browser = openBrowserAt(dance);
    const issued = await dance.ask(dance.script);
    const { status, text } = await answer(browser, issued, ALLOW);
    expect(status).toBe(200);
    expect(text).toContain('<code id="verifier">');
    expect((await browser.get('/files')).headers['location']).toBe('/login?back=%2Ffiles');
  });

  it('with a wrong password is the page once more, with 200 and the address as typed', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.script);
    const refused = await answer(openBrowserAt(dance), issued, { ...ALLOW, password: 'something else entirely' });
    expect(refused.status).toBe(200);
    expect(refused.text).toContain('The e-mail address or the password is not right.');
    expect(refused.text).toContain(`value="${ANA.email}"`);
    expect(refused.text).not.toContain('something else entirely');
    expect(await dance.temporaryCredentials.pending(issued.token)).toBeDefined();
  });

  it('without a field is 400', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.script);
    const { email, password, permission } = ALLOW;
    for (const fields of [
      { email, permission },
      { password, permission },
      { email, password },
      { ...ALLOW, permission: 'yes' },
    ]) {
      expect((await answer(openBrowserAt(dance), issued, fields)).status).toBe(400);
    }
    expect(await dance.temporaryCredentials.pending(issued.token)).toBeDefined();
  });

  it('OAU-16 counts only in the session that was asked, and only for what it was asked', async () => {
    const dance = await openDance(bench);
    const [ana, bo] = [await signIn(dance, ANA), await signIn(dance, BO)];
    const [one, other] = [await dance.ask(dance.script), await dance.ask(dance.script)];
    const token = tokenOf((await ana.get(pageFor(one))).text, pageFor(one));
    const send = (browser: typeof ana, issued: typeof one) =>
      browser.post(pageFor(issued)).type('form').send({ token, permission: 'allow' });
    await send(bo, one).expect(403);
    await send(ana, other).expect(403);
    await send(openBrowserAt(dance), one).expect(403);
    for (const { token: asked } of [one, other]) expect(await dance.temporaryCredentials.pending(asked)).toBeDefined();
    await send(ana, one).expect(200);
    await send(ana, one).expect(400);
  });

  it('WEB-01 from a page of another site counts for nothing', async () => {
    const dance = await openDance(bench);
    const browser = await signIn(dance, ANA);
    const issued = await dance.ask(dance.script);
    const page = pageFor(issued);
    const token = tokenOf((await browser.get(page)).text, page);
    for (const headers of [
      { Origin: 'https://evil.example' },
      { Origin: 'null', 'Sec-Fetch-Site': 'cross-site' },
      { Origin: 'null', Referer: 'https://evil.example/' },
    ]) {
      await browser.post(page).type('form').set(headers).send({ token, permission: 'allow' }).expect(403);
    }
    await browser.post(page).type('form').send({ permission: 'allow' }).expect(403);
    await browser.post(page).type('form').set('Origin', ORIGIN).send({ token, permission: 'allow' }).expect(200);
  });

  it('OAU-16 is that of one, when two people answer at once', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.script);
    const people = [await signIn(dance, ANA), await signIn(dance, BO)];
    const answers = await Promise.all(people.map(async (browser) => answer(browser, issued)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });
});

describe('a no', () => {
  it('says so, as text to an app and as a page to a browser, and ends the question', async () => {
    const dance = await openDance(bench);
    const [one, other] = [await dance.ask(dance.script), await dance.ask(dance.desktop, CALLBACK)];
    const asText = await answer(await signIn(dance, ANA), one, { permission: 'deny' });
    expect([asText.status, asText.text]).toEqual([200, 'Authorization rejected by user']);
    const browser = openBrowserAt(dance);
    const token = tokenOf((await browser.get(pageFor(other))).text, pageFor(other));
    const asPage = await browser
      .post(pageFor(other))
      .set('Accept', PAGE)
      .type('form')
      .send({ token, permission: 'deny', email: '', password: '' });
    expect(asPage.status).toBe(200);
    expect(asPage.text).toContain('<h1>You did not connect Desktop</h1>');
    expect(asPage.text).toContain('Authorization rejected by user');
    expect(await dance.room.database.read('temporary_credentials')).toEqual([]);
  });
});

describe('an app that takes the password itself', () => {
  it('OAU-17 of the house and without an address gets the verifier in a form, whose type is exact', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.house);
    const { status, text, headers } = await direct(dance, issued);
    expect([status, headers['content-type']]).toEqual([200, FORM_TYPE]);
    const [, verifier] = /^token=\w+&verifier=(\w+)&/.exec(text) ?? [];
    const word = String(verifier);
    expect(text).toBe(`token=${issued.token}&verifier=${word}&oauth_token=${issued.token}&oauth_verifier=${word}`);
    expect(cookiesOf({ headers })).toEqual([]);
    expect(await exchanged(dance, issued, verifier)).toMatchObject({ accountId: dance.ana.id });
  });

  it('OAU-17 is refused unless it is flagged, and has no address', async () => {
    const dance = await openDance(bench);
    const both = await dance.clients.add('Both', { firstParty: true, callback: CALLBACK });
    const questions = [
      await dance.ask(dance.script),
      await dance.ask(dance.desktop, CALLBACK),
      await dance.ask(both, CALLBACK),
    ];
    for (const issued of questions) {
      await direct(dance, issued).expect(403);
      await direct(dance, issued, { ...ALLOW, permission: 'deny' }).expect(403);
      expect(await dance.temporaryCredentials.pending(issued.token)).toBeDefined();
    }
  });

  it('OAU-17 is not helped by a cookie, nor by a password in the address', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.house);
    const browser = await signIn(dance, ANA);
    await browser.post(pageFor(issued)).type('form').send({ permission: 'allow' }).expect(400);
    const inAddress = `${pageFor(issued)}&email=${ANA.email}&password=${encodeURIComponent(PASSWORD)}`;
    await dance.bare('POST', inAddress).type('form').send({ permission: 'allow' }).expect(400);
    await dance.bare('POST', pageFor(issued)).send(ALLOW).expect(415);
    const asBo = { ...ALLOW, email: BO.email };
    const { text } = await browser.post(pageFor(issued)).type('form').send(asBo).expect(200);
    const verifier = new Map(parsePairs(text)).get('verifier');
    expect(await exchanged(dance, issued, verifier)).toMatchObject({ accountId: dance.bo.id });
  });

  it('with a wrong password gets the page, without a field 400, and can pass on a no', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.house);
    const wrong = await direct(dance, issued, { ...ALLOW, password: 'something else entirely' });
    expect([wrong.status, wrong.type]).toEqual([200, 'text/html']);
    await direct(dance, issued, { permission: 'allow', email: ANA.email }).expect(400);
    expect((await direct(dance, issued, { permission: 'deny' }).expect(200)).text).toBe(
      'Authorization rejected by user',
    );
  });

  it('ACC-02 OAU-17 is throttled together with the page and the sign-in page', async () => {
    const dance = await openDance(bench);
    const issued = await dance.ask(dance.house);
    const wrong = { ...ALLOW, password: 'something else entirely' };
    for (let guess = 0; guess < 5; guess += 1) {
      await direct(dance, issued, wrong).expect(200);
      expect((await answer(openBrowserAt(dance), issued, wrong)).status).toBe(200);
    }
    const throttled = await direct(dance, issued);
    expect(throttled.status).toBe(429);
    expect(Number(throttled.headers['retry-after'])).toBeGreaterThan(0);
    expect((await answer(openBrowserAt(dance), issued, ALLOW)).status).toBe(429);
    await expect(signIn(dance, ANA)).rejects.toThrow('could not sign in');
    expect(await dance.temporaryCredentials.pending(issued.token)).toBeDefined();
  });
});
