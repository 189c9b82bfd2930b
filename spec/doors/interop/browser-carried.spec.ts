import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE, SECOND, type Fields } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { PASSWORD } from '../../support/open-pair.js';
import { createPerson, type Person } from '../../support/person.js';
import { DEV, type Person as Named } from '../../support/seeds.js';
import { forgedForm, hiddenField } from './support/forged-form.js';
import { withFields, type Terms } from './support/forger.js';
import { fieldOf, halfOf, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const SHARE = '/interop/share';
const CONSENT = /\/interop\/proposals\/v1\.[\w-]+$/;
const DETAILS = ['Quentin', 'quentin@quill.example', 'Drafts'];

/** The two ways in which a browser brings what a peer signed. */
const WAYS = [
  ['browser-get', (peer: Foreigner, fields: Fields, terms?: Terms) => peer.voice.get(SHARE, fields, terms)],
  ['browser-post', (peer: Foreigner, fields: Fields, terms?: Terms) => peer.voice.carry(SHARE, fields, terms)],
] as const;

describe.each(WAYS)('a signed proposal that a browser brings, %s', (transport, bring) => {
  let outpost: Outpost;
  let quill: Foreigner;
  let bo: Person;
  let dev: Person;

  const signedIn = async ({ name, email }: Named): Promise<Person> => {
    const person = createPerson({ name, email, password: PASSWORD });
    await person.signIn(outpost.birch.url);
    return person;
  };

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    await outpost.birch.services.neighbours.peers.set(quill.name, { transport });
    await outpost.settleIn(DEV, outpost.birch);
    bo = await signedIn(outpost.bo);
    dev = await signedIn(DEV);
  });
  beforeEach(async () => {
    await outpost.forgetLimits();
    quill.forget();
  });
  afterAll(() => outpost.close());

  /** Brings a proposal and answers the address of its consent page; by then it must have had no effect. */
  const brought = async (fields: Fields): Promise<string> => {
    const answer = await outpost.unmoved(() => bring(quill, fields));
    expect([answer.status, answer.text]).toEqual([303, answer.text]);
    return String(answer.headers.location);
  };
  const rowsOf = async (fields: Fields): Promise<number> =>
    (
      await outpost.birch.services.shares.incoming.named(
        outpost.birch.services.base.database.read,
        fieldOf(fields, 'share_id'),
      )
    ).length;
  /** Posts what the open page of a person would. */
  const formOf = ({ browser }: Person, answer: string) => ({
    token: hiddenField(browser, 'token'),
    digest: hiddenField(browser, 'digest'),
    answer,
  });
  const statusOf = async (answer: Promise<Answer>): Promise<number> => (await outpost.unmoved(() => answer)).status;

  it('PRO-07 leads to a page that holds all of it, and leaves nothing behind', async () => {
    const answer = await outpost.unmoved(() => bring(quill, proposalFrom(quill.url)));
    expect([answer.status, answer.headers['cache-control'], answer.headers['referrer-policy']]).toEqual([
      ...[303, 'no-store', 'no-referrer'],
    ]);
    const location = String(answer.headers.location);
    expect(location).toMatch(CONSENT);
    expect(location.startsWith(outpost.birch.url)).toBe(true);
    for (const detail of DETAILS) expect(location).not.toContain(detail);
  });

  it('PRO-02 is refused with any field edited, added to or left out on the way', async () => {
    const fields = proposalFrom(quill.url);
    for (const [name] of fields) {
      for (const value of [undefined, 'edited', 'read-only']) {
        const altered = (sent: Fields): Fields => withFields(sent, { [name]: value });
        expect([name, await statusOf(bring(quill, fields, { altered }))]).toEqual([name, 401]);
      }
    }
    expect(await statusOf(bring(quill, fields, { altered: (sent) => [...sent, ['expires_at', 'x']] }))).toBe(401);
    expect(await statusOf(bring(quill, fields, { secret: 'guessed' }))).toBe(401);
  });

  it('PRO-01 is refused of a cloud that does not send browsers this way', async () => {
    const other = await outpost.trust('Other');
    const answer = await outpost.unmoved(() => bring(other, proposalFrom(other.url)));
    expect([answer.status, answer.headers.allow]).toEqual(
      transport === 'browser-get' ? [405, 'POST'] : [401, undefined],
    );
  });

  it('PRO-03 is refused with addresses that are not its own', async () => {
    for (const name of ['resource_url', 'callback']) {
      const fields = proposalFrom(quill.url, { [name]: 'https://elsewhere.example/v1/folder/1' });
      expect([name, await statusOf(bring(quill, fields))]).toEqual([name, 400]);
    }
  });

  it('PRO-05 is opened again at a reload, while it is fresh, and then no more', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'once', timestamp: Math.floor(outpost.birch.clock.now() / SECOND) };
    const pages = new Set<string>();
    for (let reload = 0; reload < 3; reload += 1) {
      const answer = await outpost.unmoved(() => bring(quill, fields, terms));
      await bo.visit(String(answer.headers.location));
      pages.add(hiddenField(bo.browser, 'digest'));
      expect([answer.status, bo.page.status]).toEqual([303, 200]);
    }
    expect(pages.size).toBe(1);
    outpost.birch.clock.advance(11 * MINUTE);
    expect(await statusOf(bring(quill, fields, terms))).toBe(401);
  });

  it('PRO-05 leads to the page of the same proposal that the peer itself sent, while nobody has answered', async () => {
    const fields = proposalFrom(quill.url);
    const told = await quill.voice.post(SHARE, fields);
    expect(await brought(fields)).toBe(told.headers.location);
    expect(await statusOf(bring(quill, withFields(fields, { folder_name: 'Other' })))).toBe(409);
  });

  for (const answer of ['accept', 'decline'] as const) {
    it(`becomes a share with the ${answer} of its recipient, and only then`, async () => {
      const fields = proposalFrom(quill.url);
      const page = await brought(fields);
      await bo.visit(page);
      expect(bo.page.text).toContain('Drafts');
      expect(bo.page.text).not.toContain('Look twice');
      expect(await rowsOf(fields)).toBe(0);
      const led = await bo[answer]({ follow: () => false });
      expect(led.status).toBe(303);
      const half = await halfOf(outpost, quill, fieldOf(fields, 'share_id'));
      expect(half).toMatchObject({
        state: answer === 'accept' ? 'accepted' : 'declined',
        accountId: outpost.bo.accountId,
        folderName: 'Drafts',
        resourceUrl: fieldOf(fields, 'resource_url'),
        permission: 'read-write',
      });
      const callback = new URL(String(led.headers.location));
      expect(callback.origin).toBe(quill.url);
      expect(callback.searchParams.get('accepted')).toBe(String(answer === 'accept'));
    });

    it(`PRO-05 is no more than its share after the ${answer}: the page tells it, the same answer is led on, another is refused`, async () => {
      const fields = proposalFrom(quill.url);
      const page = await brought(fields);
      const copy = await brought(fields);
      await bo.visit(page);
      const form = formOf(bo, answer);
      await bo.visit(copy);
      const twin = formOf(bo, answer);
      expect((await forgedForm(bo.browser, page, form)).status).toBe(303);
      expect(await statusOf(bring(quill, fields))).toBe(409);
      expect(await statusOf(bring(quill, withFields(fields, { permission: 'read-only' })))).toBe(409);
      await outpost.unmoved(async () => {
        expect((await forgedForm(bo.browser, page, form)).status).toBe(303);
        expect((await forgedForm(bo.browser, copy, twin)).status).toBe(303);
        const other = answer === 'accept' ? 'decline' : 'accept';
        expect((await forgedForm(bo.browser, page, { ...form, answer: other })).status).toBe(409);
      });
      await bo.visit(page);
      expect(bo.page.text).toContain(answer === 'accept' ? 'You accepted' : 'You declined');
      expect(await rowsOf(fields)).toBe(1);
    });

    it(`WEB-02 takes no ${answer} with the token, the digest or the address of another`, async () => {
      const [one, two] = [
        await brought(proposalFrom(quill.url)),
        await brought(proposalFrom(quill.url, { folder_name: 'Others' })),
      ];
      await dev.visit(one);
      const strangers = hiddenField(dev.browser, 'token');
      await bo.visit(two);
      const ofTwo = formOf(bo, answer);
      await bo.visit(one);
      const ofOne = formOf(bo, answer);
      const swaps = [
        ofTwo,
        { ...ofOne, token: ofTwo.token },
        { ...ofOne, digest: ofTwo.digest },
        { ...ofOne, token: strangers },
        { digest: ofOne.digest, answer },
        { token: ofOne.token, answer },
      ];
      await outpost.unmoved(async () => {
        for (const fields of swaps) expect((await forgedForm(bo.browser, one, fields)).status).toBe(403);
        expect((await forgedForm(bo.browser, two, ofOne)).status).toBe(403);
        expect((await forgedForm(bo.browser, one, ofOne, { origin: 'https://evil.example' })).status).toBe(403);
      });
    });

    it(`WEB-05 takes no ${answer} of somebody else, and shows them nothing`, async () => {
      const fields = proposalFrom(quill.url);
      const page = await brought(fields);
      await bo.visit(page);
      const form = formOf(bo, answer);
      expect((await dev.visit(page)).status).toBe(403);
      for (const detail of DETAILS) expect(dev.page.body.toString()).not.toContain(detail);
      const token = hiddenField(dev.browser, 'token');
      await outpost.unmoved(async () => {
        expect((await forgedForm(dev.browser, page, { ...form, token })).status).toBe(403);
      });
      expect(await rowsOf(fields)).toBe(0);
    });

    it(`WEB-03 takes no ${answer} once another proposal has come under its name`, async () => {
      const fields = proposalFrom(quill.url);
      const page = await brought(fields);
      await bo.visit(page);
      const form = formOf(bo, answer);
      await quill.voice.post(SHARE, withFields(fields, { permission: 'read-only' }));
      expect((await outpost.unmoved(() => forgedForm(bo.browser, page, form))).status).toBe(409);
      expect((await halfOf(outpost, quill, fieldOf(fields, 'share_id'))).state).toBe('pending');
    });
  }

  it('asks a visitor to sign in first, and comes back to it', async () => {
    const page = await brought(proposalFrom(quill.url));
    const visitor = createPerson({ ...outpost.bo, password: PASSWORD });
    await visitor.visit(page);
    expect(visitor.page.url.pathname).toBe('/login');
    expect(visitor.page.text).not.toContain('Drafts');
    await visitor.signIn();
    expect([visitor.page.url.href, visitor.page.text.includes('Drafts')]).toEqual([page, true]);
  });

  it('WEB-08 is shown once its recipient has given the password, led back to it, and proven the address with a mailed code', async () => {
    const recipient = `second-${transport}@birch.example`;
    const page = await brought(proposalFrom(quill.url, { recipient }));
    outpost.birch.clock.advance(11 * MINUTE);
    const { status, links, forms } = await bo.visit(page);
    expect([status, forms.map(({ action }) => action.pathname)]).toEqual([403, ['/logout', '/logout']]);
    await bo.visit(links.find(({ href }) => href.pathname === '/login/confirm')?.href ?? page);
    await bo.submit('/login/confirm', { password: PASSWORD });
    expect(bo.page.url.href).toBe(page);
    await bo.submit('/code', { email: recipient });
    await outpost.settle();
    const letter = outpost.mailbox.letters.findLast(({ to }) => to.includes(recipient));
    await bo.submit('/prove', { code: /\b\d{6,10}\b/.exec(letter?.text ?? '')?.[0] ?? '' });
    expect([bo.page.url.href, bo.page.text.includes('Drafts')]).toEqual([page, true]);
    expect((await bo.accept({ follow: () => false })).status).toBe(303);
  });

  it('UNS-02 is over once its cloud has ended it, before anybody answered', async () => {
    const fields = proposalFrom(quill.url);
    const page = await brought(fields);
    await bo.visit(page);
    const form = formOf(bo, 'accept');
    const end = await quill.voice.post('/interop/unshare', [['share_id', fieldOf(fields, 'share_id')]]);
    expect(end.status).toBe(404);
    expect((await outpost.unmoved(() => forgedForm(bo.browser, page, form))).status).toBe(409);
    expect((await bo.visit(page)).status).toBe(409);
    expect(await statusOf(bring(quill, fields))).toBe(409);
  });

  it('ends after the life of a pending one', async () => {
    const fields = proposalFrom(quill.url);
    const page = await brought(fields);
    outpost.birch.clock.advance(29 * DAY);
    const late = await signedIn(outpost.bo);
    await late.visit(page);
    const form = formOf(late, 'accept');
    outpost.birch.clock.advance(DAY);
    expect((await outpost.unmoved(() => forgedForm(late.browser, page, form))).status).toBe(409);
    await late.visit(page);
    expect([late.page.status, late.page.text.includes('The time was up')]).toEqual([200, true]);
    expect(await rowsOf(fields)).toBe(0);
    bo = await signedIn(outpost.bo);
    dev = await signedIn(DEV);
  });

  it('ADM-03 is refused of a cloud that has been blocked since', async () => {
    const page = await brought(proposalFrom(quill.url));
    await bo.visit(page);
    const form = formOf(bo, 'accept');
    await outpost.birch.services.neighbours.peers.block(quill.name);
    expect((await outpost.unmoved(() => forgedForm(bo.browser, page, form))).status).toBe(404);
    expect((await bo.visit(page)).status).toBe(404);
    const again = await outpost.unmoved(() => bring(quill, proposalFrom(quill.url)));
    expect(again.status).toBe(transport === 'browser-get' ? 405 : 401);
    await outpost.birch.services.neighbours.peers.unblock(quill.name);
  });

  it('PRO-10, WEB-11 is opened by scanners and prefetchers to no effect, and the first click still works', async () => {
    const fields = proposalFrom(quill.url);
    const page = await brought(fields);
    await outpost.unmoved(async () => {
      for (const headers of [{}, { 'sec-purpose': 'prefetch' }]) {
        await bring(quill, fields, { headers });
        await send(page, { headers });
        await send(page, { method: 'HEAD', headers });
      }
    });
    await bo.visit(page);
    expect((await bo.accept({ follow: () => false })).status).toBe(303);
  });

  it('PRO-06 is refused when it is repeated with a difference, or too long for an address', async () => {
    const fields = proposalFrom(quill.url);
    expect(await statusOf(bring(quill, [...fields, ['folder_name', 'Another']]))).toBe(400);
    const long = withFields(fields, {
      resource_url: `${quill.url}/v1/${'a'.repeat(1_900)}/folder/1`,
      callback: `${quill.url}/${'b'.repeat(1_900)}`,
      share_id: 'c'.repeat(200),
      folder_name: 'd'.repeat(2_000),
      owner_name: 'e'.repeat(2_000),
    });
    expect(await statusOf(bring(quill, long))).toBe(400);
  });

  it('is not known under an address that was altered or made up', async () => {
    const page = await brought(proposalFrom(quill.url));
    const [head, last] = [page.slice(0, -4), page.slice(-4)];
    const swapped = last === 'AAAA' ? 'BBBB' : 'AAAA';
    for (const address of [`${head}${swapped}`, head, page.replace('v1.', 'v2.'), page.replace('v1.', '')]) {
      expect([address, (await bo.visit(address)).status]).toEqual([address, 404]);
    }
  });
});
