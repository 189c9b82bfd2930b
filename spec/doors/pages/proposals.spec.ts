import { describe, expect, it } from 'vitest';
import { dump } from '../../accounts/support.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO } from '../../support/seeds.js';
import { proposalView } from './agreements.js';
import { openBrowserAt, openPopulatedPages, PASSWORD, signIn, submit, tokenOf } from './pages-app.js';

const bench = sqliteBench();
const PATH = '/interop/proposals/one';

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  pages.agreements.proposals.set('one', proposalView());
  pages.agreements.proposals.set('two', proposalView({ digest: 'digest-2', folderName: 'Other' }));
  pages.agreements.recipients.add(pages.ana.id);
  return { ...pages, browser: await signIn(pages, ANA) };
}

describe('the consent page', () => {
  it('asks for signing in first and comes back to itself', async () => {
    const pages = await open();
    const browser = openBrowserAt(pages);
    const led = String((await browser.get(PATH)).headers['location']);
    expect(led).toMatch(/^\/login\?back=/);
    const answer = await submit(browser, led, '/login', { email: ANA.email, password: PASSWORD });
    expect(answer.headers['location']).toBe(PATH);
  });

  it('PRO-08 names the registered cloud and its origin above what the message claims, as plain text', async () => {
    const { browser, agreements } = await open();
    agreements.proposals.set(
      'one',
      proposalView({
        ownerName: '<b>Alder support</b>\u202e',
        folderName: 'Click\nhttps://evil.example',
        ownerEmail: '<i>@birch.example',
      }),
    );
    const { text } = await browser.get(PATH);
    const [peer, origin, claim] = ['<strong>Birch</strong>', 'https://birch.example', 'Alder support'].map((words) =>
      text.indexOf(words),
    );
    expect(peer).toBeGreaterThan(0);
    expect(origin).toBeGreaterThan(Number(peer));
    expect(claim).toBeGreaterThan(Number(origin));
    expect(text).not.toMatch(/<b>Alder|\u202e|<i>@/);
    expect(text).not.toContain('href="https://evil.example');
  });

  it('PRO-02 warns when the other cloud cannot sign', async () => {
    const { browser, agreements } = await open();
    expect((await browser.get(PATH)).text).not.toContain('Look twice');
    agreements.proposals.set('one', proposalView({ unsigned: true }));
    expect((await browser.get(PATH)).text).toContain('Look twice');
  });

  it('takes the answer and leads back to the cloud that asked, which its policy lets the form reach', async () => {
    const { browser, agreements, ana } = await open();
    const page = await browser.get(PATH);
    expect(page.headers['content-security-policy']).toContain("form-action 'self' https://birch.example;");
    const fields = { token: tokenOf(page.text), digest: 'digest-1', answer: 'decline' };
    const answer = await browser
      .post(PATH)
      .set({ origin: 'null', 'sec-fetch-site': 'same-origin' })
      .type('form')
      .send(fields);
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('https://birch.example/interop/result/callback?accepted=false');
    expect(agreements.calls).toEqual([['decide', ana.id, 'one', 'digest-1', false]]);
  });

  it('WEB-02 refuses a token of another proposal, of another content or of another session', async () => {
    const pages = await open();
    const { browser, agreements } = pages;
    const one = tokenOf((await browser.get(PATH)).text);
    const two = tokenOf((await browser.get('/interop/proposals/two')).text);
    const strangers = tokenOf((await (await signIn(pages, ANA)).get(PATH)).text);
    const before = await dump(pages.room.database);
    for (const fields of [
      { token: two, digest: 'digest-1' },
      { token: one, digest: 'digest-2' },
      { token: strangers, digest: 'digest-1' },
    ]) {
      const answer = await browser
        .post(PATH)
        .type('form')
        .send({ ...fields, answer: 'accept' });
      expect(answer.status).toBe(403);
    }
    expect(agreements.calls).toEqual([]);
    expect(await dump(pages.room.database)).toBe(before);
  });

  it('WEB-03 shows a proposal afresh with 409 when it changed between view and click', async () => {
    const { browser, agreements } = await open();
    const token = tokenOf((await browser.get(PATH)).text);
    agreements.proposals.set('one', proposalView({ digest: 'digest-9', permission: 'read-write' }));
    const answer = await browser.post(PATH).type('form').send({ token, digest: 'digest-1', answer: 'accept' });
    expect(answer.status).toBe(409);
    expect(answer.text).toContain('The offer has changed');
    expect(answer.text).toContain('Read and write');
    expect(answer.text).toContain('value="digest-9"');
    expect(agreements.calls).toEqual([]);
  });

  it('WEB-05 hides every detail from an account without the address, and refuses its answer with 403', async () => {
    const pages = await open();
    const browser = await signIn(pages, BO);
    const page = await browser.get(PATH);
    expect(page.status).toBe(403);
    for (const detail of ['Recipes', 'ana@alder.example', 'Birch', 'digest-1']) expect(page.text).not.toContain(detail);
    for (const answer of ['accept', 'decline']) {
      const refused = await browser.post(PATH).type('form').send({ token: 'x', digest: 'digest-1', answer });
      expect(refused.status).toBe(403);
    }
    expect(pages.agreements.calls).toEqual([]);
  });

  it('WEB-08 lets somebody prove the address by a mailed code, then shows the proposal', async () => {
    const pages = await open();
    const browser = await signIn(pages, BO);
    const email = 'bo@work.example';
    const asking = await browser.get(PATH);
    const mailed = await browser
      .post(`${PATH}/code`)
      .type('form')
      .send({ token: tokenOf(asking.text, `${PATH}/code`), email });
    expect(mailed.headers['location']).toBe(`${PATH}?email=bo%40work.example`);
    const [letter] = pages.room.letters;
    expect(letter?.to).toBe(email);
    const entering = await browser.get(mailed.headers['location'] ?? '');
    const token = tokenOf(entering.text, `${PATH}/prove`);
    const wrong = await browser.post(`${PATH}/prove`).type('form').send({ token, email, code: '00000000' });
    expect(wrong.status).toBe(400);
    expect(wrong.text).toContain('does not fit');
    const code = letter?.letter === 'address-code' ? letter.data.code : '';
    const right = await browser.post(`${PATH}/prove`).type('form').send({ token, email, code });
    expect(right.headers['location']).toBe(PATH);
    const addresses = await pages.room.addresses.list(pages.bo.id);
    expect(addresses.find((each) => each.email === email)?.provenAt).toBeDefined();
  });

  it('offers no decision once there is one, and says how things stand', async () => {
    const { browser, agreements } = await open();
    agreements.proposals.set('one', proposalView({ state: 'accepted', problem: 'Birch does not answer.' }));
    const { text } = await browser.get(PATH);
    expect(text).toContain('waiting for Birch to hand over the key');
    expect(text).toContain('Birch does not answer.');
    expect(text).not.toContain('value="accept"');
  });
});
