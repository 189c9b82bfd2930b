import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { send } from '../journeys/support/wire.js';
import { snapshotOfAll, withoutEffect } from '../journeys/support/world.js';
import { PASSWORD } from '../support/open-pair.js';
import { openPlainBrowser } from '../support/plain-browser.js';
import { CONSTANT_TOKEN } from '../support/scripted-peers/csinterop-peer.js';
import { answerHere, choose, follow, lend, lentHalf, offer, offeredHalf } from './support/flows.js';
import { openHouse, type House } from './support/house.js';

/** The rest of cloudspaces-interop.md, section 12: what is kept, what is shown, and what is never ended. */
describe('what the references did wrong, in what they keep', () => {
  const log: string[] = [];
  let house: House;
  beforeAll(async () => (house = await openHouse(createLog('trace', { write: (line) => log.push(line) }))));
  beforeEach(() => house.forgetLimits());
  afterAll(() => house.close());

  const at = (path: string): string => `${house.birch.url}${path}`;
  const count = async (table: string): Promise<number> =>
    (await house.birch.services.base.database.read(table).select<unknown[]>('*')).length;

  it('PRO-04 defect 12: the name of a share is its cloud’s own affair, but between the two who share it (F-16)', async () => {
    const [bo, lent] = [await house.boHere(), await lend(house)];
    await choose(house.guest(), lent, house.nettle, 'Nettle');
    const [signed, carried] = [offer(house.spruce, house.bo.email), offer(house.larch, house.bo.email)];
    const chosen = offer(house.nettle, house.bo.email);
    const ours = { share_id: lent.shareId };
    expect((await house.spruce.propose(signed.shareId, ours)).status).toBe(303);
    const form = new URLSearchParams(house.nettle.offer(chosen.shareId, ours).map(([name, value]) => [name, value]));
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect((await send(at('/interop/share'), { method: 'POST', headers, body: form.toString() })).status).toBe(409);
    expect((await bo.visit(house.larch.offerUrl(carried.shareId, ours))).text).toContain(carried.title);
    await bo.decline({ follow: ({ origin }) => origin === house.birch.url });
    const {
      shares: { incoming },
      base: { database },
    } = house.birch.services;
    const halves = await incoming.named(database.read, lent.shareId);
    expect(halves.map(({ state }) => state).sort()).toEqual(['declined', 'pending']);
    expect((await lentHalf(house, lent)).state).toBe('sent');
  });

  describe('defect 13: what nobody thought of crashes', () => {
    it('an answer before a cloud was chosen finds nothing', async () => {
      const { shareId } = await lend(house);
      const statuses = ['', '/', `/${shareId}`, `?share_id=${shareId}&accepted=True`].map(async (end) => {
        return (await send(at(`/interop/result${end}`))).status;
      });
      expect(await Promise.all(statuses)).toEqual([404, 404, 404, 404]);
    });

    it('other methods are told which there are', async () => {
      const result = `/interop/result/${'r'.repeat(43)}`;
      for (const path of ['/interop/share', '/interop/credentials', '/interop/unshare', result]) {
        for (const method of ['PUT', 'DELETE'] as const) {
          const { status, headers } = await withoutEffect(house, () => send(at(path), { method }));
          expect([path, method, status, headers.allow]).toEqual([path, method, 405, expect.stringMatching(/GET|POST/)]);
        }
        expect((await withoutEffect(house, () => send(at(path), { method: 'HEAD' }))).status).toBeLessThan(500);
      }
    });

    it('a cloud that crashes over a repeat leaves the first proposal as good as it was', async () => {
      const [lent, zoe] = [await lend(house), house.guest()];
      const first = await choose(zoe, lent, house.larch, 'Larch');
      expect((await choose(zoe, lent, house.larch, 'Larch')).status).toBe(500);
      await zoe.visit(first.url);
      expect((await zoe.submit(() => true, {}, { button: 'yes' })).status).toBe(200);
      await house.settle();
      expect((await lentHalf(house, lent)).state).toBe('active');
    });

    it('a cloud that crashes over its credentials again has them already, and can use them', async () => {
      house.larch.server.loseAnswerTo('/interop/credentials/');
      const lent = await house.lendTo(house.larch);
      house.advance(MINUTE);
      await house.settle();
      const heard = house.larch.server.heard.filter(({ url }) => url.search.includes(lent.shareId));
      expect(heard.filter(({ url }) => url.pathname === '/interop/credentials/')).toHaveLength(2);
      expect((await lentHalf(house, lent)).state).toBe('accepted');
      expect((await house.borrowed(house.larch, lent).list()).status).toBe(200);
    });
  });

  describe('defect 14: a second question mark is put into an address that has one', () => {
    it('CBK-07 a callback keeps the query that it came with', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      const page = await answerHere(house, bo, offered, true);
      expect([...page.url.searchParams.keys()].slice(0, 4)).toEqual(['box', 'back', 'share_id', 'accepted']);
      expect(page.url.searchParams.get('back')).toBe('/mine');
      expect(house.spruce.mustHaveSent(offered.shareId).status).toBe('ACCEPTED');
    });

    it('our callbacks have none that could be spoilt', async () => {
      const { shareId } = await house.lendTo(house.larch);
      expect(house.larch.mustHaveReceived(shareId).callback).toMatch(/^[^?#]+\/interop\/result\/[\w-]{43}$/);
    });
  });

  it('defect 15: a proposal need not name the version, and ours does', async () => {
    const offered = offer(house.spruce, house.bo.email);
    const said = await house.spruce.propose(offered.shareId);
    expect([said.fields.some(([name]) => name === 'protocol_version'), said.status]).toEqual([false, 303]);
    const lent = await lend(house);
    const zoe = house.guest();
    await choose(zoe, lent, house.rowan, 'Rowan');
    const sent = zoe.hops.find(({ url }) => url.pathname === '/interop/share/');
    expect(sent?.url.searchParams.get('protocol_version')).toBe('1.0');
  });

  it('WEB-02 defect 16: clouds need no form token, people do', async () => {
    const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
    const page = await follow(bo, offered);
    const cookie = bo.browser.cookies.header(page.url, { method: 'POST', sameSite: true }) ?? '';
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const post = { method: 'POST', headers: { ...headers, origin: house.birch.url }, body: 'answer=accept' } as const;
    expect((await send(page.url.href, post)).status).toBe(403);
    expect((await offeredHalf(house, offered))?.state).toBe('pending');
  });

  it('defect 17: there is no collection of proposals, and no page that lists them to strangers', async () => {
    const paths = [
      '/cloudspaces/share/',
      '/cloudspaces/share',
      '/interop/proposals',
      '/interop/proposals/',
      '/invitations/',
    ];
    for (const path of paths) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
        const { status } = await withoutEffect(house, () => send(at(path), { method }));
        expect([path, method, [404, 405].includes(status)]).toEqual([path, method, true]);
      }
    }
    expect((await openPlainBrowser().visit(at('/shares'))).url.pathname).toBe('/login');
  });

  it('defect 19: only what was accepted here, and works, appears among one’s folders', async () => {
    const bo = await house.boHere();
    const [pending, declined, dead, mounted] = [house.spruce, house.larch, house.rowan, house.larch].map((peer) => {
      return offer(peer, house.bo.email);
    });
    if (pending === undefined || declined === undefined || dead === undefined || mounted === undefined)
      throw new Error();
    await follow(bo, pending);
    await answerHere(house, bo, declined, false);
    await answerHere(house, bo, dead, true);
    await answerHere(house, bo, mounted, true);
    const own = await house.lendTo(house.larch);
    const titles = [pending, declined, dead, mounted].map(({ title }) => title);
    const root = await house.bo.app.children();
    expect(titles.filter((title) => root.has(title))).toEqual([mounted.title]);
    const hers = [...(await house.ana.app.children()).values()];
    expect(hers.filter(({ id }) => id === own.folder)).toHaveLength(1);
    expect(hers.some(({ filename }) => titles.includes(filename))).toBe(false);
  });

  it('defect 20: shares end, from either side and by the clock, and say when they changed', async () => {
    const [left, ended] = [await house.lendTo(house.spruce), await house.lendTo(house.spruce)];
    const before = (await lentHalf(house, left)).changedAt;
    house.advance(DAY);
    expect(await house.spruce.leave(left.shareId)).toBe(true);
    const half = await lentHalf(house, left);
    expect([half.state, half.changedAt - before]).toEqual(['left', DAY]);
    await house.ana.app.json(`folder/${String(ended.folder)}/unshare`, 'POST', [ended.recipient]);
    await house.settle();
    expect(house.spruce.mustHaveReceived(ended.shareId).status).toBe('ENDED');
    const unanswered = await lend(house);
    house.advance(31 * DAY);
    await house.birch.services.shares.endings.timeIsUp();
    expect((await lentHalf(house, unanswered)).state).toBe('expired');
  });

  it('defect 21: nobody gets a second account by being invited', async () => {
    const before = await count('accounts');
    const { id } = await house.ana.app.makeFolder('Within the house');
    const answer = await house.ana.app.json(`folder/${String(id)}/share`, 'POST', [house.bo.email]);
    expect(answer.json()).toMatchObject({ shared_to: [{ email: house.bo.email }] });
    await answerHere(house, await house.boHere(), offer(house.larch, house.bo.email), true);
    await house.lendTo(house.larch);
    expect(await count('accounts')).toBe(before);
  });

  describe('defects 18 and 22: secrets in clear text', () => {
    let secrets: readonly string[];
    beforeAll(async () => {
      const [bo, offered] = [await house.boHere(), offer(house.larch, house.bo.email)];
      await answerHere(house, bo, offered, true);
      await answerHere(house, bo, offer(house.rowan, house.bo.email), true);
      const lent = await house.lendTo(house.larch);
      const { grant, callback } = house.larch.mustHaveReceived(lent.shareId);
      const { token } = house.larch.mustHaveSent(offered.shareId);
      const pairs = [house.larch, house.spruce].map((peer) => house.known(peer).inbound.secret);
      secrets = [
        ...[grant?.key, grant?.secret, token?.key, token?.secret].map(String),
        ...pairs,
        ...['LarchSecret', 'SpruceSecret', PASSWORD],
        callback.split('/').at(-1) ?? '',
        lent.link.split('/').at(-1) ?? '',
      ];
      expect(new Set(secrets).size).toBe(11);
    });

    it('SEC-02 defect 18: are in no line of the log, at any level', () => {
      const text = log.join('');
      expect(text).toContain('/interop/credentials');
      expect([...secrets, CONSTANT_TOKEN].filter((secret) => text.includes(secret))).toEqual([]);
    });

    it('SEC-01 defect 22: are in no row of the database', async () => {
      const rows = JSON.stringify(await snapshotOfAll(house));
      expect(rows).toContain('Plans');
      // A token is a name, by which its row is found; what proves it is the secret.
      const [ourToken, ...rest] = secrets;
      expect(rest.filter((secret) => rows.includes(secret))).toEqual([]);
      expect(rows).toContain(ourToken);
    });
  });
});
