import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { openPlainBrowser, type PlainBrowser } from '../../support/plain-browser.js';
import {
  openManor,
  answer,
  choose,
  grantOf,
  halfOf,
  invite,
  present,
  sentTo,
  taking,
  type Invitation,
  type Manor,
} from './support/manor.js';
import { forgedForm, hiddenField } from './support/forged-form.js';
import type { Foreigner } from './support/outpost.js';

const PAGE = /^\/invitations\/[^/]+$/;

describe('an invitation link', () => {
  let manor: Manor;
  let quill: Foreigner;
  let rook: Foreigner;

  beforeAll(async () => {
    manor = await openManor();
    ({ quill } = manor);
    rook = await manor.trust('Rook');
  });
  beforeEach(async () => {
    await manor.settle();
    await manor.forgetLimits();
    for (const peer of [quill, rook]) {
      peer.reply = taking(peer.url);
      peer.forget();
    }
  });
  afterAll(() => manor.close());

  const linkOf = ({ token }: Invitation): string => `${manor.alder.url}/invitations/${token}`;
  const open = async (invitation: Invitation): Promise<PlainBrowser> => {
    const browser = openPlainBrowser();
    await browser.visit(linkOf(invitation));
    return browser;
  };
  /** Picks a cloud on the open page; stays at Alder's answer. */
  const pick = (browser: PlainBrowser, cloud: string) => browser.submit(PAGE, { cloud }, { follow: () => false });

  it('PRO-09 that does not exist is answered like every other that does not, and not for long', async () => {
    const { token } = await invite(manor);
    const guesses = [
      'x'.repeat(43),
      token.slice(1),
      `${token}x`,
      token.toUpperCase(),
      token.split('').reverse().join(''),
    ];
    const guess = (word: string): Promise<Answer> =>
      send(`${manor.alder.url}/invitations/${word}`, { headers: { accept: 'text/html' } });
    const bytes = new Set<string>();
    await manor.unmoved(async () => {
      for (let miss = 0; miss < 20; miss += 1) {
        const { status, text } = await guess(guesses[miss % guesses.length] ?? '');
        expect(status).toBe(404);
        bytes.add(text);
      }
      const late = await guess('y'.repeat(43));
      expect([late.status, Number(late.headers['retry-after']) > 0]).toEqual([429, true]);
      expect((await guess(token)).status).toBe(429);
    });
    expect(bytes.size).toBe(1);
    manor.advance(MINUTE);
    expect((await guess(token)).status).toBe(200);
  });

  it('PRO-09 a callback that was withdrawn is answered byte for byte like one that never was', async () => {
    const old = await present(manor);
    await choose(manor, old, rook);
    const ask = async (path: string, accept: string): Promise<unknown> => {
      const { status, text, headers } = await send(`${manor.alder.url}${path}?share_id=${old.shareId}&accepted=true`, {
        headers: { accept },
      });
      return [status, text, headers['content-type'], headers['cache-control'], headers['referrer-policy']];
    };
    for (const accept of ['text/plain', 'application/json']) {
      expect(await ask(old.callback, accept)).toEqual(await ask(`/interop/result/${'n'.repeat(43)}`, accept));
    }
  });

  it('PRO-09 keeps working when a further one is sent; nothing of either can be read from the database', async () => {
    const first = await invite(manor);
    await manor.settle();
    await manor.alder.services.agreements.inviting.resend(manor.ana.accountId, first.id);
    await manor.settle();
    const letters = manor.mailbox.letters.filter(({ to }) => to.includes(first.recipient));
    expect(letters).toHaveLength(2);
    const links = letters.map(({ text }) => /https?:\S+\/invitations\/\S+/.exec(text)?.[0] ?? '');
    expect(new Set([...links, linkOf(first)]).size).toBe(3);
    for (const link of [...links, linkOf(first)]) expect((await send(link)).status).toBe(200);
    const rows = JSON.stringify(await manor.alder.services.base.database.read('invitations').select('*'));
    for (const link of links) expect(rows).not.toContain(link.split('/').at(-1));
  });

  it('PRO-10 opened by scanners, again and again, changes nothing; then the person’s first click works', async () => {
    const invitation = await invite(manor);
    await manor.settle();
    await manor.unmoved(async () => {
      for (let visit = 0; visit < 5; visit += 1) {
        const { page } = await open(invitation);
        const forms = page.forms.map(({ method, action }) => [method, action.href]);
        const link = linkOf(invitation);
        expect([page.status, forms]).toEqual([
          200,
          [
            ['POST', link],
            ['POST', `${link}/other-cloud`],
          ],
        ]);
        expect((await send(linkOf(invitation), { method: 'HEAD' })).status).toBe(200);
      }
    });
    const page = await pick(await open(invitation), quill.id);
    expect([page.status, page.headers.location]).toEqual([303, `${quill.url}/interop/proposals/page`]);
  });

  it('PRO-11 shows owner, folder, permission and clouds to whoever it is forwarded to, and nothing of the contents', async () => {
    const invitation = await invite(manor, { permission: 'read-only' });
    const { tree } = manor.alder.services.files;
    const principal = { kind: 'person', accountId: manor.ana.accountId } as const;
    await tree.makeFolder(principal, invitation.folderId, 'Secret plans inside');
    const { page } = await open(invitation);
    for (const word of ['Ana Alvarez', 'ana@alder.example', 'Folder ', 'Quill', 'Rook'])
      expect(page.text).toContain(word);
    const { shareId } = await halfOf(manor, invitation);
    for (const secret of ['Secret plans inside', shareId, invitation.id])
      expect(page.body.toString()).not.toContain(secret);
  });

  it('PRO-12 leads to no cloud that is unknown, blocked, or not able to take it', async () => {
    const { peers } = manor.alder.services.neighbours;
    const blocked = await manor.trust('Blocked');
    await peers.block('Blocked');
    const mute = await peers.add({
      name: 'Mute',
      shareUrl: 'http://mute.example/s',
      credentialsUrl: 'http://mute.example/c',
    });
    const browser = await open(await invite(manor));
    await manor.settle();
    const forged = (cloud: string): Promise<Answer> =>
      forgedForm(browser, browser.page.url, { token: hiddenField(browser, 'token'), cloud });
    await manor.unmoved(async () => {
      for (const cloud of [blocked.id, mute.peer.id, 'unknown', '', quill.name, quill.url])
        expect([cloud, (await forged(cloud)).status]).toEqual([cloud, 400]);
    });
    expect((await forged(quill.id)).status).toBe(303);
    await peers.remove('Mute');
  });

  it('PRO-13 choosing B, then C: only the newest callback lives, and B is told of the withdrawal', async () => {
    const atQuill = await present(manor);
    const atRook = await choose(manor, atQuill, rook);
    expect(atRook.shareId).not.toBe(atQuill.shareId);
    expect(atRook.callback).not.toBe(atQuill.callback);
    await manor.settle();
    expect(sentTo(quill, 'unshare')).toEqual([
      { share_id: atQuill.shareId, protocol_version: '1.0', reason: 'withdrawn' },
    ]);
    expect((await manor.unmoved(() => answer(manor, atQuill, true))).status).toBe(404);
    const crossed = { ...atRook, shareId: atQuill.shareId };
    expect((await manor.unmoved(() => answer(manor, crossed, true, { from: rook }))).status).toBe(404);
    expect((await manor.unmoved(() => answer(manor, atRook, true))).status).toBe(401);
    expect((await answer(manor, atRook, true, { from: rook })).status).toBe(200);
    await manor.settle();
    expect([sentTo(quill, 'credentials'), sentTo(rook, 'credentials').length]).toEqual([[], 1]);
  });

  it('PRO-13 choosing B, then C, then B again makes three names; B’s first callback stays dead', async () => {
    const first = await present(manor);
    await choose(manor, first, rook);
    const again = await choose(manor, first, quill);
    await manor.settle();
    expect(sentTo(quill, 'unshare')).toHaveLength(1);
    expect(sentTo(rook, 'unshare')).toHaveLength(1);
    expect((await answer(manor, first, true)).status).toBe(404);
    expect((await answer(manor, again, true)).status).toBe(200);
  });

  it('PRO-13 sent twice, the same choice is one proposal under one name', async () => {
    const invitation = await invite(manor);
    const browser = await open(invitation);
    await Promise.all([pick(browser, quill.id), choose(manor, invitation), choose(manor, invitation)]);
    const sent = sentTo(quill, 'share');
    expect(sent).toHaveLength(3);
    expect(new Set(sent.map((fields) => JSON.stringify(fields))).size).toBe(1);
    await manor.settle();
    expect([(await halfOf(manor, invitation)).state, sentTo(quill, 'unshare')]).toEqual(['sent', []]);
  });

  it('PRO-13 two choices at once end at one cloud, and the other is told', async () => {
    const invitation = await invite(manor);
    await Promise.allSettled([choose(manor, invitation), choose(manor, invitation, rook)]);
    await manor.settle();
    const { peerId, state } = await halfOf(manor, invitation);
    const [winner, loser] = peerId === quill.id ? [quill, rook] : [rook, quill];
    expect(state).toBe('sent');
    expect(sentTo(loser, 'unshare').map(({ share_id: id }) => id)).toEqual(
      sentTo(loser, 'share').map(({ share_id: id }) => id),
    );
    expect(sentTo(winner, 'unshare')).toEqual([]);
  });

  it('PRO-14 the browser goes to no page that is not the chosen cloud’s own; the share can be chosen again', async () => {
    const foreign = [
      'https://evil.example/x',
      '//evil.example/x',
      `${rook.url}/x`,
      'javascript:alert(1)',
      'data:text/html,x',
      `http://user@${new URL(quill.url).host}/`,
      `${quill.url}.evil.example/`,
      'http:\\\\evil.example',
    ];
    const invitation = await invite(manor);
    const browser = await open(invitation);
    for (const location of foreign) {
      quill.reply = () => ({ status: 303, headers: { location } });
      const page = await pick(browser, quill.id);
      expect([location, page.status, page.headers.location]).toEqual([location, 502, undefined]);
      expect((await halfOf(manor, invitation)).state).toBe('created');
    }
    quill.reply = taking(quill.url);
    expect((await pick(browser, quill.id)).headers.location).toBe(`${quill.url}/interop/proposals/page`);
    expect(rook.received).toEqual([]);
  });

  it('PRO-14 a page named by a path alone is the chosen cloud’s own (REF, INT)', async () => {
    quill.reply = () => ({ status: 302, headers: { location: '/interop/proposal/key/' } });
    const page = await pick(await open(await invite(manor)), quill.id);
    expect([page.status, page.headers.location]).toEqual([303, `${quill.url}/interop/proposal/key/`]);
  });

  it('the same name is offered again after a failure, a new one after the cloud says that the old is taken', async () => {
    const invitation = await invite(manor);
    for (const status of [503, 409, 500]) {
      quill.reply = () => ({ status });
      await expect(choose(manor, invitation)).rejects.toMatchObject({ code: 'peer-failed' });
    }
    quill.reply = taking(quill.url);
    await choose(manor, invitation);
    const [first, second, third, fourth] = sentTo(quill, 'share').map(
      ({ share_id: id, callback }) => `${String(id)} ${String(callback)}`,
    );
    expect(second).toBe(first);
    expect(third).not.toBe(second);
    expect(fourth).toBe(third);
  });

  it('defect 3: what the owner permits is what the chosen cloud is told', async () => {
    for (const permission of ['read-only', 'read-write'] as const) {
      const { proposal } = await present(manor, { permission });
      expect(proposal['permission']).toBe(permission);
    }
  });

  it('defect 8: nothing is made before the decision: no account, no grant, no address', async () => {
    const before = await manor.alder.services.people.accounts.list();
    const share = await present(manor);
    expect([await manor.alder.services.people.accounts.list(), await grantOf(manor, share)]).toEqual([
      before,
      undefined,
    ]);
    await answer(manor, share, false);
    await manor.settle();
    expect([await manor.alder.services.people.accounts.list(), await grantOf(manor, share)]).toEqual([
      before,
      undefined,
    ]);
    expect(sentTo(quill, 'credentials')).toEqual([]);
  });
});
