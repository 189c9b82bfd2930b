import { describe, expect, it } from 'vitest';
import { DAY, Failure } from '../../../src/kernel/index.js';
import { INCOMING_STATES, OUTGOING_STATES } from '../../../src/shares/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { ANA, BO, START } from '../../support/seeds.js';
import { incomingView, member, outgoingView } from './agreements.js';
import { openPopulatedPages, signIn, submit, tokenOf, type Browser } from './pages-app.js';

const bench = sqliteBench();

async function open() {
  const pages = await openPopulatedPages(await bench.open());
  const dialog = `/files/folder/${pages.folder.id}/share`;
  return { ...pages, dialog, browser: await signIn(pages, ANA) };
}

describe('the share dialog', () => {
  it('offers a folder to several addresses, with permission, message and last day', async () => {
    const { browser, dialog, agreements, ana, folder } = await open();
    const answer = await submit(browser, dialog, dialog, {
      addresses: 'bo@birch.example; cleo@alder.example\r\nBO@birch.example',
      permission: 'read-write',
      comment: ' For Saturday ',
      expires: '2026-12-31',
    });
    expect(answer.headers['location']).toBe(dialog);
    const expiresAt = Date.UTC(2027, 0, 1) - 1;
    const addresses = ['bo@birch.example', 'cleo@alder.example'];
    const offer = { addresses, permission: 'read-write', comment: 'For Saturday', expiresAt };
    expect(agreements.calls).toEqual([['share', ana.id, folder.id, offer]]);
    expect((await browser.get(dialog)).text).toContain('1 invitation on the way to bo@birch.example.');
  });

  it('promises no invitation to somebody who has answered one already', async () => {
    const { browser, dialog, agreements } = await open();
    const proposals = [{ shareId: 'share-1', email: BO.email, state: 'active', outcome: 'kept' }];
    Object.assign(agreements.services.sharing, {
      share: () => Promise.resolve({ members: [], proposals, disabled: [] }),
    });
    await submit(browser, dialog, dialog, { addresses: BO.email, permission: 'read-write' });
    const { text } = await browser.get(dialog);
    expect(text).toContain('Nothing changes for bo@birch.example');
    expect(text).not.toContain('on the way');
  });

  it('says what became of everybody: new, changed, as before, disabled (F-22, F-23)', async () => {
    const { browser, dialog, agreements } = await open();
    const person = (name: string, outcome?: string) => ({
      name,
      email: `${name.toLowerCase()}@alder.example`,
      outcome,
    });
    const share = () =>
      Promise.resolve({
        members: [person('Kim', 'new'), person('Max', 'changed'), person('Eve', 'kept')],
        proposals: [],
        disabled: [person('Cleo')],
      });
    Object.assign(agreements.services.sharing, { share });
    await submit(browser, dialog, dialog, { addresses: BO.email, permission: 'read-write' });
    const { text } = await browser.get(dialog);
    for (const words of [
      'Kim can open it now.',
      'Changed for Max',
      'Nothing changes for Eve',
      'Nothing was shared with Cleo',
    ]) {
      expect(text).toContain(words);
    }
    expect(text).not.toContain('take the folder back first');
  });

  it('MAI-01 refuses addresses that are none, naming them, and keeps what was typed', async () => {
    const { browser, dialog, agreements } = await open();
    for (const [fields, words] of [
      [{ addresses: 'bo@birch.example, not an address' }, 'not an address'],
      [{ addresses: '' }, 'at least one'],
      [{ addresses: BO.email, expires: '2026-11-01' }, 'must not be over'],
      [{ addresses: BO.email, expires: '31.12.2026' }, 'year-month-day'],
      [{ addresses: BO.email, permission: 'owner' }, 'read-only or read-write'],
    ] as const) {
      const answer = await submit(browser, dialog, dialog, { permission: 'read-only', comment: 'Keep me', ...fields });
      expect(answer.status).toBe(400);
      expect(answer.text).toContain(words);
      expect(answer.text).toContain('Keep me');
    }
    expect(agreements.calls).toEqual([]);
  });

  it('shows who is in and how each invitation stands, with the buttons to take back', async () => {
    const { browser, dialog, agreements, ana, folder } = await open();
    agreements.members.push(
      member({ accountId: ana.id }),
      member({ name: 'Kim', email: 'kim@oak.example' as never, isOwner: false, peerName: 'Oak' }),
    );
    agreements.outgoing.push(
      outgoingView({ folderId: folder.id }),
      outgoingView({ folderId: folder.id, id: 'out-2', state: 'declined', recipient: 'max@elm.example' as never }),
      outgoingView({ id: 'elsewhere', recipient: 'other@elm.example' as never, folderId: '999' as never }),
    );
    const { text } = await browser.get(dialog);
    expect(text).toContain('Ana Alvarez (you)');
    expect(text).toContain('Oak');
    expect(text).toContain('Waiting for bo@birch.example to choose a cloud');
    expect(text).toContain('max@elm.example declined');
    expect(text).not.toContain('other@elm.example');
    await submit(browser, dialog, `/files/folder/${folder.id}/unshare`, { email: 'kim@oak.example' });
    const resent = await submit(browser, dialog, '/shares/outgoing/out-1/resend', { folder: folder.id });
    expect(resent.headers['location']).toBe(dialog);
    await submit(browser, dialog, '/shares/outgoing/out-1/withdraw', { folder: folder.id });
    expect(agreements.calls).toEqual([
      ['unshare', ana.id, folder.id, ['kim@oak.example']],
      ['resend', ana.id, 'out-1'],
      ['withdraw', ana.id, 'out-1'],
    ]);
  });

  it('lets the owner say how long invitations wait, within bounds', async () => {
    const { browser, dialog, agreements } = await open();
    const fields = { addresses: BO.email, permission: 'read-only' };
    for (const wait of ['0', '91', '-1', '1.5', 'long']) {
      const answer = await submit(browser, dialog, dialog, { ...fields, wait });
      expect([answer.status, answer.text.includes('one day to 90 days')]).toEqual([400, true]);
    }
    await submit(browser, dialog, dialog, { ...fields, wait: '7' });
    expect(agreements.calls[0]?.[3]).toMatchObject({ invitationLife: 7 * DAY });
  });

  it('says what became of an invitation’s mail', async () => {
    const { browser, dialog, agreements, folder } = await open();
    for (const [mailState, words] of [
      ['queued', 'The invitation is on its way to bo@birch.example'],
      ['sent', 'Mailed: <time'],
      ['refused', 'the address probably does not exist'],
      ['unwanted', 'bo@birch.example wants no invitations from this cloud'],
    ] as const) {
      agreements.outgoing.splice(0, 1, outgoingView({ folderId: folder.id, mailState }));
      expect((await browser.get(dialog)).text).toContain(words);
    }
  });

  it('says why a server did not take an offer, and sends no letter after it', async () => {
    const { browser, dialog, agreements, folder } = await open();
    const problem = 'Nobody there has this address.';
    agreements.outgoing.push(outgoingView({ folderId: folder.id, mailState: undefined, isOcm: true, problem }));
    const { text } = await browser.get(dialog);
    expect(text).toContain('The offer does not reach bo@birch.example');
    expect(text).toContain('Nobody there has this address. Check the address');
    expect(text).not.toContain('Send again');
  });

  it('offers a folder once more with the terms of a share that has ended, in one click', async () => {
    const { browser, dialog, agreements, folder } = await open();
    const expiresAt = START + 10 * DAY;
    agreements.outgoing.push(
      outgoingView({ folderId: folder.id, state: 'left', comment: 'As before', expiresAt, permission: 'read-write' }),
    );
    const href = `${dialog}?again=out-1`;
    for (const page of [dialog, '/shares']) expect((await browser.get(page)).text).toContain(`href="${href}"`);
    const { text } = await browser.get(href);
    expect(text).toContain('>bo@birch.example</textarea>');
    expect(text).toContain('value="read-write" checked');
    expect(text).toContain('As before');
    expect(text).toContain('name="expires" type="date" min="2026-11-02" value="2026-11-12"');
    expect((await browser.get(`${dialog}?again=somebody-elses`)).text).not.toContain('As before');
  });

  it('lets an invitation be sent again until it is answered', async () => {
    const { browser, dialog, agreements, folder } = await open();
    for (const [state, isOffered] of [
      ['created', true],
      ['sent', true],
      ['accepted', false],
    ] as const) {
      agreements.outgoing.splice(0, 1, outgoingView({ folderId: folder.id, state }));
      for (const page of [dialog, '/shares']) {
        expect((await browser.get(page)).text.includes('/shares/outgoing/out-1/resend'), state).toBe(isOffered);
      }
    }
  });

  it('MAI-02 says when somebody may invite again', async () => {
    const { browser, dialog, agreements } = await open();
    agreements.failNext(
      new Failure('too-many', 'Too many invitations. Try again in 600 seconds.', { retryAfter: 600 }),
    );
    const answer = await submit(browser, dialog, dialog, { addresses: BO.email, permission: 'read-only' });
    expect(answer.status).toBe(429);
    expect(answer.text).toContain('Try again in 600 seconds.');
  });
});

describe('the page to change a share', () => {
  const change = '/shares/outgoing/out-1/change';

  it('shows what somebody can do and until when, and changes it', async () => {
    const { browser, dialog, agreements, ana, folder } = await open();
    const expiresAt = START + DAY;
    agreements.outgoing.push(outgoingView({ folderId: folder.id, state: 'active', expiresAt }));
    const page = await browser.get(change);
    expect(page.text).toContain('What can bo@birch.example do?');
    expect(page.text).toContain('value="read-write" checked');
    expect(page.text).toContain('value="2026-11-03"');
    const saved = await submitHere(browser, change, { permission: 'read-only', expires: '' });
    expect(saved.headers['location']).toBe(dialog);
    expect(agreements.calls).toEqual([['change', ana.id, 'out-1', { permission: 'read-only', expiresAt: null }]]);
  });

  it('says that a page elsewhere goes on to show the first terms, as long as nobody has answered', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView({ state: 'sent' }));
    expect((await browser.get(change)).text).toContain('goes on to show what you offered first');
    agreements.outgoing.splice(0, 1, outgoingView({ state: 'active' }));
    expect((await browser.get(change)).text).not.toContain('goes on to show');
    expect((await browser.get(change)).text).not.toContain('reaches only clouds like this one');
    agreements.outgoing.splice(0, 1, outgoingView({ state: 'active', isOcm: true }));
    expect((await browser.get(change)).text).toContain('reaches only clouds like this one');
  });

  it('refuses a day that is over and keeps what was typed; there is none for a share that has ended', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView({ state: 'active', permission: 'read-only' }));
    const late = await submitHere(browser, change, { permission: 'read-write', expires: '2026-11-01' });
    expect(late.status).toBe(400);
    expect(late.text).toContain('must not be over');
    expect(late.text).toContain('value="read-write" checked');
    expect(agreements.calls).toEqual([]);
    agreements.outgoing.splice(0, 1, outgoingView({ state: 'revoked' }));
    expect((await browser.get(change)).status).toBe(404);
    expect((await browser.get('/shares/outgoing/other/change')).status).toBe(404);
  });

  it('takes a typed day for its end in UTC, and shows it so, its zone named (F-34)', async () => {
    const { browser, agreements, dialog, ana, folder } = await open();
    agreements.outgoing.push(outgoingView({ folderId: folder.id, state: 'active' }));
    expect((await browser.get(change)).text).toContain('It ends with this day, at 23:59 UTC.');
    await submitHere(browser, change, { permission: 'read-only', expires: '2026-12-31' });
    const expiresAt = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
    expect(agreements.calls).toEqual([['change', ana.id, 'out-1', { permission: 'read-only', expiresAt }]]);
    agreements.outgoing.splice(0, 1, outgoingView({ folderId: folder.id, state: 'active', expiresAt }));
    agreements.members.push(member({ expiresAt }));
    expect((await browser.get(change)).text).toContain('value="2026-12-31"');
    for (const path of [dialog, '/shares']) {
      const { text } = await browser.get(path);
      expect(text).toContain('until <time datetime="2026-12-31T23:59:59.999Z">31 Dec 2026, 23:59 UTC</time>');
      for (const [, words] of text.matchAll(/<time [^>]*>([^<]*)</g)) expect(words).toMatch(/, \d\d:\d\d UTC$/);
    }
  });

  it('keeps a last moment that an app has set, when only the permission is changed', async () => {
    const { browser, agreements, ana } = await open();
    agreements.outgoing.push(outgoingView({ state: 'active', expiresAt: Date.UTC(2026, 11, 31, 18) }));
    await submitHere(browser, change, { permission: 'read-only', expires: '2026-12-31' });
    expect(agreements.calls).toEqual([['change', ana.id, 'out-1', { permission: 'read-only' }]]);
  });

  it('changes what a member of this cloud can do, by their owner alone', async () => {
    const pages = await open();
    const { browser, agreements, ana, bo, folder } = pages;
    agreements.members.push(
      member({ accountId: ana.id }),
      member({ accountId: bo.id, name: bo.name, email: bo.email, isOwner: false, permission: 'read-only' }),
    );
    const path = `/files/folder/${folder.id}/members/${bo.id}/change`;
    expect((await browser.get(`/files/folder/${folder.id}/share`)).text).toContain(`href="${path}"`);
    await submitHere(browser, path, { permission: 'read-write', expires: '2026-12-31' });
    const expiresAt = Date.UTC(2027, 0, 1) - 1;
    expect(agreements.calls).toEqual([
      ['changeMember', ana.id, folder.id, bo.id, { permission: 'read-write', expiresAt }],
    ]);
    expect((await browser.get(`/files/folder/${folder.id}/members/${ana.id}/change`)).status).toBe(404);
    expect((await (await signIn(pages, BO)).get(path)).status).toBe(404);
  });
});

/** Posts the form of a page that posts to its own address. */
async function submitHere(browser: Browser, page: string, fields: object) {
  const token = tokenOf((await browser.get(page)).text);
  return browser
    .post(page)
    .type('form')
    .send({ token, ...fields });
}

describe('the list of shares', () => {
  it('never says that somebody left what an administrator ended', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView({ state: 'revoked', endedBy: 'administrator' }));
    agreements.incoming.push(incomingView({ state: 'left', endedBy: 'administrator' }));
    const { text } = await browser.get('/shares');
    expect(text).toContain('An administrator of this cloud ended it');
    expect(text).toContain('An administrator ended what bo@birch.example could open');
    expect(text).not.toContain('You left the folder');
  });

  it('tells an invitation that nobody answered from a last day that came', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView({ state: 'expired' }));
    expect((await browser.get('/shares')).text).toContain('bo@birch.example did not answer in time');
    agreements.outgoing.splice(0, 1, outgoingView({ state: 'expired', expiresAt: START }));
    expect((await browser.get('/shares')).text).toContain('The last day is over');
  });

  it('says in plain words how every state of both halves stands', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(
      ...OUTGOING_STATES.map((state, index) => outgoingView({ id: `o${String(index)}`, state, peerName: 'Oak' })),
    );
    agreements.incoming.push(
      ...INCOMING_STATES.map((state, index) => incomingView({ id: `i${String(index)}`, state })),
    );
    const { text } = await browser.get('/shares');
    for (const words of [
      'Waiting for bo@birch.example to choose a cloud',
      'Waiting for bo@birch.example to answer at Oak',
      'bo@birch.example accepted; the key is on its way to Oak',
      'bo@birch.example can open the folder from Oak',
      'bo@birch.example declined',
      'Bo Bergman waits for your answer',
      'You accepted; waiting for Birch to hand over the key',
      'Among your files',
      'Bo Bergman ended the share',
      'You left the folder',
    ]) {
      expect(text).toContain(words);
    }
  });

  it('has friendly words when there is nothing yet', async () => {
    const { browser } = await open();
    expect((await browser.get('/shares')).text.match(/Nothing here yet\./g)).toHaveLength(2);
  });

  it('asks before leaving, and leaves', async () => {
    const { browser, agreements, ana } = await open();
    agreements.incoming.push(incomingView({ state: 'active', mountId: '7' as never, changedAt: START }));
    const question = await browser.get('/shares/incoming/in-1/leave');
    expect(question.text).toContain('Leave “Recipes”?');
    expect(agreements.calls).toEqual([]);
    await submit(browser, '/shares/incoming/in-1/leave', '/shares/incoming/in-1/leave', {});
    expect(agreements.calls).toEqual([['leaveIncoming', ana.id, 'in-1']]);
    expect((await browser.get('/shares/incoming/other/leave')).status).toBe(404);
  });

  it('shows a refusal on the page instead of an error', async () => {
    const { browser, agreements } = await open();
    agreements.outgoing.push(outgoingView());
    agreements.failNext(new Failure('conflict', 'This invitation has been answered meanwhile.'));
    const answer = await submit(browser, '/shares', '/shares/outgoing/out-1/withdraw', {});
    expect(answer.headers['location']).toBe('/shares');
    expect((await browser.get('/shares')).text).toContain('This invitation has been answered meanwhile.');
  });
});
