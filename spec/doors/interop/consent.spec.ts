import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseEmail } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { PASSWORD } from '../../support/open-pair.js';
import { openPlainBrowser } from '../../support/plain-browser.js';
import { createPerson, type Person } from '../../support/person.js';
import { DEV, type Person as Named } from '../../support/seeds.js';
import { forgedForm, hiddenField } from './support/forged-form.js';
import { halfOf, offer, openOutpost, type Foreigner, type Offered, type Outpost } from './support/outpost.js';

const DETAILS = ['Quentin', 'quentin@quill.example', 'Drafts', 'Quill'];

describe('the consent page', () => {
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
    await outpost.settleIn(DEV, outpost.birch);
    bo = await signedIn(outpost.bo);
    dev = await signedIn(DEV);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const pageOf = ({ answer }: Offered): string => String(answer.headers.location);
  const stateOf = async ({ shareId }: Offered): Promise<string> => (await halfOf(outpost, quill, shareId)).state;
  /** The fields of the form on the page that a person has open. */
  const formOf = ({ browser }: Person, answer: string) => ({
    token: hiddenField(browser, 'token'),
    digest: hiddenField(browser, 'digest'),
    answer,
  });

  for (const answer of ['accept', 'decline']) {
    it(`WEB-02 takes no ${answer} with the token of another proposal, session or content, or without one`, async () => {
      const [one, two] = [await offer(quill), await offer(quill, { folder_name: 'Others' })];
      await dev.visit(pageOf(one));
      const strangers = hiddenField(dev.browser, 'token');
      const again = await signedIn(outpost.bo);
      await again.visit(pageOf(one));
      const otherSession = hiddenField(again.browser, 'token');
      await bo.visit(pageOf(two));
      const ofTwo = formOf(bo, answer);
      await bo.visit(pageOf(one));
      const ofOne = formOf(bo, answer);
      const swaps = [
        ofTwo,
        { ...ofOne, token: ofTwo.token },
        { ...ofOne, digest: ofTwo.digest },
        { ...ofOne, token: strangers },
        { ...ofOne, token: otherSession },
        { ...ofOne, token: '' },
        { ...ofOne, token: ofOne.token.toUpperCase() },
        { digest: ofOne.digest, answer },
        { token: ofOne.token, answer },
      ];
      await outpost.unmoved(async () => {
        for (const fields of swaps) expect((await forgedForm(bo.browser, pageOf(one), fields)).status).toBe(403);
      });
      expect(quill.received).toEqual([]);
    });

    it(`WEB-02 takes no ${answer} that another site posts`, async () => {
      const offered = await offer(quill);
      await bo.visit(pageOf(offered));
      const sites = [
        { origin: 'https://evil.example' },
        { origin: 'null', 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
      ];
      await outpost.unmoved(async () => {
        for (const headers of sites) {
          const posted = await forgedForm(bo.browser, pageOf(offered), formOf(bo, answer), headers);
          expect(posted.status).toBe(403);
        }
      });
    });

    it(`WEB-05 takes no ${answer} of somebody else, and shows them nothing`, async () => {
      const offered = await offer(quill);
      const page = await dev.visit(pageOf(offered));
      expect(page.status).toBe(403);
      const { digest } = await halfOf(outpost, quill, offered.shareId);
      for (const detail of [...DETAILS, digest, outpost.bo.email]) expect(page.body.toString()).not.toContain(detail);
      await bo.visit(pageOf(offered));
      const visitor = openPlainBrowser();
      await outpost.unmoved(async () => {
        expect((await forgedForm(dev.browser, pageOf(offered), formOf(bo, answer))).status).toBe(403);
        const led = await forgedForm(visitor, pageOf(offered), formOf(bo, answer));
        expect([led.status, led.headers.location]).toEqual([303, expect.stringMatching(/^\/login\?back=/)]);
      });
      expect(await stateOf(offered)).toBe('pending');
    });
  }

  it('WEB-05 hides the details from visitors, and from a person who claims the address without proof', async () => {
    const recipient = parseEmail('claimed@work.example');
    const offered = await offer(quill, { recipient });
    await outpost.birch.services.people.addresses.askCode(outpost.bo.accountId, recipient, 'account');
    await outpost.settle();
    const page = await bo.visit(pageOf(offered));
    const visited = await send(pageOf(offered), { headers: { accept: 'text/html' } });
    expect([page.status, visited.status]).toEqual([403, 303]);
    for (const detail of DETAILS) expect(page.body.toString() + visited.text).not.toContain(detail);
  });

  it('WEB-06 takes no answer once the address is no longer proven, though it was when the page was opened', async () => {
    const recipient = parseEmail('bo@short-lived.example');
    await prove(recipient);
    const offered = await offer(quill, { recipient });
    await bo.visit(pageOf(offered));
    expect(bo.page.text).toContain('Drafts');
    await outpost.birch.services.people.addresses.remove(outpost.bo.accountId, recipient);
    for (const answer of ['accept', 'decline']) {
      const posted = await outpost.unmoved(() => forgedForm(bo.browser, pageOf(offered), formOf(bo, answer)));
      expect(posted.status).toBe(403);
      for (const detail of DETAILS) expect(posted.text).not.toContain(detail);
    }
    expect((await bo.visit(pageOf(offered))).status).toBe(403);
  });

  it('WEB-06 is for any address of the account that is proven, in any letter case', async () => {
    const recipient = parseEmail('bo@second.example');
    await prove(recipient);
    const offered = await offer(quill, { recipient: 'BO@Second.Example' });
    await bo.visit(pageOf(offered));
    expect((await bo.accept({ follow: () => false })).status).toBe(303);
    expect(await stateOf(offered)).toBe('accepted');
  });

  for (const answer of ['accept', 'decline'] as const) {
    it(`WEB-03 shows the proposal afresh when it changed between view and ${answer}`, async () => {
      const offered = await offer(quill);
      await bo.visit(pageOf(offered));
      const { id } = await halfOf(outpost, quill, offered.shareId);
      await outpost.birch.services.base.database.write((trx) =>
        trx('incoming_shares')
          .where({ id })
          .update({ folder_name: 'Something else', permission: 'read-only', digest: 'changed' }),
      );
      const posted = await outpost.unmoved(() => forgedForm(bo.browser, pageOf(offered), formOf(bo, answer)));
      expect([posted.status, posted.text]).toEqual([409, expect.stringContaining('Something else')]);
      expect(posted.text).toContain('value="changed"');
      expect(await stateOf(offered)).toBe('pending');
    });

    it(`WEB-03 says how things stand when it was withdrawn between view and ${answer}`, async () => {
      const offered = await offer(quill);
      await bo.visit(pageOf(offered));
      await quill.voice.post('/interop/unshare', [
        ['share_id', offered.shareId],
        ['reason', 'withdrawn'],
      ]);
      const posted = await outpost.unmoved(() => forgedForm(bo.browser, pageOf(offered), formOf(bo, answer)));
      expect([posted.status, posted.headers.location]).toEqual([409, undefined]);
      expect(posted.text).not.toContain('value="accept"');
      expect(await stateOf(offered)).toBe('withdrawn');
    });

    it(`leads to the same callback when ${answer} is pressed again; the other button comes too late`, async () => {
      const offered = await offer(quill);
      await bo.visit(pageOf(offered));
      const press = (button: string): Promise<Answer> => forgedForm(bo.browser, pageOf(offered), formOf(bo, button));
      const first = await press(answer);
      const again = await outpost.unmoved(() => press(answer));
      expect([withoutSignature(first), first.status]).toEqual([withoutSignature(again), 303]);
      const other = await outpost.unmoved(() => press(answer === 'accept' ? 'decline' : 'accept'));
      expect([other.status, other.headers.location]).toEqual([409, undefined]);
    });
  }

  it('takes accept or decline, nothing that only looks like one', async () => {
    const offered = await offer(quill);
    await bo.visit(pageOf(offered));
    await outpost.unmoved(async () => {
      for (const word of ['', 'yes', 'true', '1', 'ACCEPT', 'accepted']) {
        expect([word, (await forgedForm(bo.browser, pageOf(offered), formOf(bo, word))).status]).toEqual([word, 400]);
      }
    });
  });

  it('WEB-11 opens for nobody who only looks ahead, and changes nothing when it is opened', async () => {
    const offered = await offer(quill);
    await outpost.unmoved(async () => {
      for (const value of ['prefetch', 'prefetch;prerender']) {
        const cookie = bo.browser.cookies.header(new URL(pageOf(offered)), { method: 'GET', sameSite: true }) ?? '';
        const ahead = await send(pageOf(offered), { headers: { cookie, 'sec-purpose': value } });
        expect(ahead.status).toBe(503);
      }
      for (let visit = 0; visit < 5; visit += 1) expect((await bo.visit(pageOf(offered))).status).toBe(200);
    });
    expect(quill.received).toEqual([]);
  });

  it('is known by its own id alone: the name of the agreement opens nothing (G1)', async () => {
    const { shareId } = await offer(quill);
    for (const id of [shareId, 'x'.repeat(32), '1', '..%2F']) {
      const page = await bo.visit(`${outpost.birch.url}/interop/proposals/${id}`);
      expect([id, page.status]).toEqual([id, 404]);
    }
  });

  it('defect 4: knowing the page’s address is not enough: somebody signs in, and it must be the recipient', async () => {
    const offered = await offer(quill);
    const fields = { accept: 'yes', answer: 'accept', digest: (await halfOf(outpost, quill, offered.shareId)).digest };
    const anonymous = openPlainBrowser();
    await outpost.unmoved(async () => {
      expect((await forgedForm(anonymous, pageOf(offered), fields)).headers.location).toMatch(/^\/login\?back=/);
      expect((await forgedForm(dev.browser, pageOf(offered), fields)).status).toBe(403);
    });
  });

  it('defect 16: forms of people need a token of ours, messages of clouds need none', async () => {
    const offered = await offer(quill);
    expect(offered.answer.headers['set-cookie']).toBeUndefined();
    const { digest } = await halfOf(outpost, quill, offered.shareId);
    const posted = await outpost.unmoved(() => forgedForm(bo.browser, pageOf(offered), { answer: 'accept', digest }));
    expect(posted.status).toBe(403);
  });

  const withoutSignature = ({ headers }: Answer): string => String(headers.location).replace(/&?oauth_[^&]*/g, '');

  async function prove(email: ReturnType<typeof parseEmail>): Promise<void> {
    const { addresses } = outpost.birch.services.people;
    await addresses.askCode(outpost.bo.accountId, email, 'account');
    await outpost.settle();
    const { text } = await outpost.mailbox.waitForMailTo(email);
    const code = /\b\d{6,10}\b/.exec(text)?.[0] ?? '';
    expect(await addresses.prove(outpost.bo.accountId, email, 'account', code)).toBe('proven');
  }
});
