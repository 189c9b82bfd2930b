import { describe, expect, it } from 'vitest';
import { Failure, MINUTE } from '../../../src/kernel/index.js';
import { dump } from '../../accounts/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { START } from '../../support/seeds.js';
import { ALONE, invitationView } from './agreements.js';
import { cookiesOf, openBrowserAt, openPopulatedPages, tokenOf, type Browser } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  pages.agreements.invitations.set('word', invitationView());
  return { ...pages, browser: openBrowserAt(pages) };
}

async function choose(browser: Browser, cloud: string | undefined, path = '/invitations/word') {
  const page = await browser.get(path);
  return browser
    .post(path)
    .type('form')
    .send({ token: tokenOf(page.text), ...(cloud && { cloud }) });
}

describe('the selection page', () => {
  it('says who shares what, for whom, with which permission, and lists the clouds', async () => {
    const { browser } = await open();
    const { text } = await browser.get('/invitations/word');
    for (const words of [
      'Ana Alvarez',
      'ana@alder.example',
      'Plans',
      'bo@birch.example',
      'Read and write',
      'For Saturday',
      'Files of the &lt;b&gt;Birch&lt;/b&gt;',
    ]) {
      expect(text).toContain(words);
    }
    expect(text.indexOf('Birch')).toBeLessThan(text.indexOf('Cedar'));
    expect(text).toMatch(/value="peer-birch" required checked/);
  });

  it('PRO-10 is inert: opening it again and again changes no row and sends nothing', async () => {
    const { browser, room, agreements } = await open();
    const before = await dump(room.database);
    for (let count = 0; count < 5; count += 1) await browser.get('/invitations/word');
    await browser.head('/invitations/word');
    expect(await dump(room.database)).toBe(before);
    expect(agreements.calls).toEqual([]);
    expect((await choose(browser, 'peer-birch')).status).toBe(303);
  });

  it('PRO-11 shows nothing of what is in the folder', async () => {
    const { browser, tree, principalOf, ana, folder } = await open();
    await tree.makeFolder(principalOf(ana), folder.id, 'Secret chapter');
    const { text } = await browser.get('/invitations/word');
    expect(text).not.toContain('Secret chapter');
    expect(text).not.toContain('/files');
  });

  it('leads to the chosen cloud, which its policy lets the form reach, and remembers the choice on the device', async () => {
    const { browser, agreements } = await open();
    const page = await browser.get('/invitations/word');
    expect(page.headers['content-security-policy']).toContain(
      "form-action 'self' https://birch.example https://cedar.example:8443;",
    );
    const answer = await choose(browser, 'peer-cedar');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('https://birch.example/interop/proposals/peer-cedar');
    expect(agreements.calls).toEqual([['choose', 'word', 'peer-cedar']]);
    expect(cookiesOf(answer).join()).toMatch(
      /footbridge-choice-4000=peer-cedar; Max-Age=31536000;.*HttpOnly; SameSite=Lax/,
    );
    const again = await browser.get('/invitations/word');
    expect(again.text).toMatch(/value="peer-cedar" required checked/);
    expect(again.text).toContain('your last choice on this device');
  });

  it('lets the browser carry the proposal, by a form that is all in the page and leads to that cloud alone', async () => {
    const { browser, agreements } = await open();
    const fields = [
      ['share_id', 's1'],
      ['owner_name', '"><script>x</script>'],
    ] as const;
    const action = new URL('https://api.cedar.example/Proposal.aspx?site=2&x="');
    agreements.passages.set('peer-cedar', { kind: 'form', action, fields });
    const answer = await choose(browser, 'peer-cedar');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-security-policy']).toContain(
      "form-action 'self' https://api.cedar.example https://cedar.example:8443;",
    );
    expect(answer.headers['referrer-policy']).toBe('no-referrer');
    expect(answer.headers['cache-control']).toBe('no-store');
    const form = /<form class="card".*?<\/form>/s.exec(answer.text)?.[0] ?? '';
    expect(form).toMatch(
      /method="post" action="https:\/\/api.cedar.example\/Proposal.aspx\?site=2&amp;x=%22" data-submit/,
    );
    expect(form.match(/name="[^"]*"/g)).toEqual(['name="share_id"', 'name="owner_name"']);
    expect(form).toContain('value="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"');
    expect(form).toMatch(/<button type="submit">Continue to Cedar<\/button>/);
    expect(cookiesOf(answer).join()).toContain('footbridge-choice-4000=peer-cedar');
  });

  it('PRO-12 refuses a cloud that is not on offer with 400, and nothing happens', async () => {
    const { browser, agreements } = await open();
    for (const cloud of ['peer-blocked', '', undefined, 'https://evil.example']) {
      const answer = await choose(browser, cloud);
      expect(answer.status).toBe(400);
      expect(answer.text).toContain('peer-birch');
    }
    expect(agreements.calls).toEqual([]);
  });

  it('shows the reason and the list again when the chosen cloud does not answer', async () => {
    const { browser, agreements } = await open();
    agreements.failNext(new Failure('peer-failed', 'Birch does not answer. Try again, or pick another cloud.'));
    const answer = await choose(browser, 'peer-birch');
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('Birch does not answer');
    expect(answer.text).toContain('peer-cedar');
    expect(answer.headers['content-security-policy']).toContain('https://birch.example');
    expect(cookiesOf(answer).join()).not.toContain('choice');
  });

  it('offers no choice once the invitation is over, and says why', async () => {
    const { browser, agreements } = await open();
    agreements.invitations.set('over', invitationView({ state: 'withdrawn' }));
    const { text } = await browser.get('/invitations/over');
    expect(text).toContain('This invitation has ended');
    expect(text).not.toContain('peer-birch');
  });

  it('offers no choice once its time is up, also before the clock has ended it', async () => {
    const { browser, agreements } = await open();
    for (const late of [{ invitationExpiresAt: START }, { expiresAt: START }]) {
      agreements.invitations.set('late', invitationView(late));
      const { text } = await browser.get('/invitations/late');
      expect(text).toContain('The time for this invitation is up. Ask Ana Alvarez for a new one.');
      expect(text).not.toContain('peer-birch');
    }
  });

  it('PRO-09 answers an unknown word like any page that is not there', async () => {
    const { browser } = await open();
    const [unknown, other] = [await browser.get('/invitations/guess'), await browser.get('/invitations/guess2')];
    expect(unknown.status).toBe(404);
    expect(unknown.text).toBe(other.text);
  });

  it('PRO-09 answers 429 after twenty misses in a minute, to right words too, and counts no hit', async () => {
    const { browser, room } = await open();
    for (let count = 0; count < 25; count += 1) expect((await browser.get('/invitations/word')).status).toBe(200);
    for (let count = 0; count < 20; count += 1)
      expect((await browser.get(`/invitations/guess${String(count)}`)).status).toBe(404);
    const answer = await browser.get('/invitations/word');
    expect(answer.status).toBe(429);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    room.clock.advance(MINUTE);
    expect((await browser.get('/invitations/word')).status).toBe(200);
  });

  it('PRO-08 CNT-03 shows deceptive names as plain text', async () => {
    const { browser, agreements } = await open();
    agreements.invitations.set(
      'odd',
      invitationView({
        ownerName: '<script>alert(1)</script>\u202egnp.exe\n\u0000',
        folderName: '"><img src=x onerror=alert(1)>',
        comment: '</textarea>&lt; [link](javascript:alert(1))',
        peers: {
          ...ALONE,
          items: [
            {
              id: '"><b>',
              name: '<b>Birch</b>',
              origin: 'https://birch.example',
              pageOrigins: [],
              suggested: false,
              asks: undefined,
              description: undefined,
            },
          ],
        },
      }),
    );
    const { text } = await browser.get('/invitations/odd');
    expect(text).not.toMatch(/<script>alert|<img src=x|<b>|[\p{Cf}]|(?!\n)\p{Cc}/u);
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩gnp.exe⟨U+000A⟩⟨U+0000⟩');
  });
});

describe('a cloud that speaks only Open Cloud Mesh', () => {
  const moss = {
    id: 'peer-moss',
    name: 'Moss',
    origin: 'https://moss.example',
    pageOrigins: [],
    suggested: false,
    description: undefined,
    asks: { host: 'moss.example', likely: 'bo@moss.example' },
  };

  async function openMoss() {
    const pages = await open();
    pages.agreements.invitations.set('word', invitationView({ peers: { ...ALONE, items: [moss] } }));
    pages.agreements.passages.set('peer-moss', { kind: 'waiting-there', host: 'moss.example', acceptsByUse: false });
    return pages;
  }

  it('asks who the invitee is there before anything is sent, then says where the offer waits', async () => {
    const { browser, agreements } = await openMoss();
    const asked = await choose(browser, 'peer-moss');
    expect(asked.status).toBe(200);
    expect(asked.text).toContain('Who are you at Moss?');
    expect(asked.text).toMatch(/id="address"[^>]* value="bo@moss\.example"/);
    expect(agreements.calls).toEqual([]);
    const fields = { cloud: 'peer-moss', address: 'bob' };
    const sent = await browser
      .post('/invitations/word')
      .type('form')
      .send({ token: tokenOf(asked.text, '/invitations/word'), ...fields });
    expect(agreements.calls).toEqual([['choose', 'word', 'peer-moss', 'bob']]);
    expect(sent.status).toBe(200);
    expect(sent.text).toContain('The offer waits for you at Moss');
    expect(sent.text).toContain('moss.example');
  });

  it('asks again, with what was typed and what is wrong with it', async () => {
    const { browser } = await openMoss();
    const asked = await choose(browser, 'peer-moss');
    const fields = { cloud: 'peer-moss', address: 'nobody' };
    const refused = await browser
      .post('/invitations/word')
      .type('form')
      .send({ token: tokenOf(asked.text, '/invitations/word'), ...fields });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('Type your address at moss.example.');
    expect(refused.text).toMatch(/id="address"[^>]* value="nobody"/);
  });
});

describe('an address at a cloud that is not in the list', () => {
  const send = async (browser: Browser, address: string) => {
    const page = await browser.get('/invitations/word');
    const token = tokenOf(page.text, '/invitations/word/address');
    return browser.post('/invitations/word/address').type('form').send({ token, address });
  };

  it('is asked for only where strangers are welcome', async () => {
    const { browser, agreements } = await open();
    expect((await browser.get('/invitations/word')).text).not.toContain('I have an address in another cloud');
    agreements.invitations.set('word', invitationView({ takesAddresses: true, peers: { ...ALONE, items: [] } }));
    const { text } = await browser.get('/invitations/word');
    expect(text).toContain('I have an address in another cloud');
    expect(text).not.toContain('There is no cloud to choose yet');
  });

  it('has the offer sent there, and leads to that cloud', async () => {
    const { browser, agreements } = await open();
    agreements.invitations.set('word', invitationView({ takesAddresses: true }));
    const sent = await send(browser, 'bob@moss.example');
    expect(agreements.calls).toEqual([['chooseByAddress', 'word', 'bob@moss.example']]);
    expect(sent.text).toContain('The offer waits for you at moss.example');
  });

  it('is shown again with what is wrong with it', async () => {
    const { browser, agreements } = await open();
    agreements.invitations.set('word', invitationView({ takesAddresses: true }));
    agreements.failNext(new Failure('invalid', 'This cloud does not share with moss.example.'));
    const refused = await send(browser, 'bob@moss.example');
    expect(refused.status).toBe(400);
    expect(refused.text.split('This cloud does not share with moss.example.')).toHaveLength(2);
    expect(refused.text).toMatch(/id="whole-address"[^>]* value="bob@moss\.example"/);
    expect((await send(browser, '')).status).toBe(400);
  });
});
