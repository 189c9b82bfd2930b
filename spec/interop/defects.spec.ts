import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { openPlainBrowser } from '../support/plain-browser.js';
import { CLEO } from '../support/seeds.js';
import { ScriptedServer, redirect } from '../support/scripted-peers/server.js';
import { send } from '../journeys/support/wire.js';
import { withoutEffect } from '../journeys/support/world.js';
import {
  answerHere,
  choose,
  follow,
  lend,
  lentHalf,
  offer,
  offeredHalf,
  type Lent,
  type Offered,
} from './support/flows.js';
import { openHouse, type House } from './support/house.js';
import { watched } from './support/stage.js';

const STRANGER = { key: 'another-token', secret: 'another-secret' };

/** cloudspaces-interop.md, section 12: we do not have them, and live beside clouds that do. */
describe('what the references did wrong, in who may do what', () => {
  let house: House;
  beforeAll(async () => (house = await openHouse()));
  beforeEach(() => house.forgetLimits());
  afterAll(() => house.close());

  const grantsOf = async ({ folder }: Lent): Promise<number> => {
    const rows = await house.birch.services.base.database
      .read('grants')
      .where({ folder_id: folder })
      .select<unknown[]>('id');
    return rows.length;
  };
  /** The address that a browser brought the answer to. */
  const callbackOf = ({ hops }: { readonly hops: readonly { readonly url: URL }[] }): URL => {
    const hop = hops.findLast(({ url }) => url.pathname.startsWith('/interop/result/'));
    if (hop === undefined) throw new Error('the browser never came back');
    return hop.url;
  };
  const count = async (table: string): Promise<number> =>
    (await house.birch.services.base.database.read(table).select<unknown[]>('*')).length;

  describe('defect 1: every text but the empty one means yes', () => {
    it('“False” is a no, and nothing is granted', async () => {
      const taken = await house.lendTo(house.rowan, { accepted: false });
      expect(callbackOf(taken.guest).searchParams.get('accepted')).toBe('False');
      expect((await lentHalf(house, taken)).state).toBe('declined');
      expect(await grantsOf(taken)).toBe(0);
    });

    it('CBK-02 a word that is neither yes nor no is refused', async () => {
      const [lent, zoe] = [await lend(house), house.guest()];
      await choose(zoe, lent, house.larch, 'Larch');
      const { callback } = house.larch.mustHaveReceived(lent.shareId);
      for (const word of ['', '0', '1', 'no', 'yes', 'None', 'False True']) {
        const query = new URLSearchParams({ share_id: lent.shareId, accepted: word }).toString();
        expect([word, (await send(`${callback}?${query}`)).status]).toEqual([word, 400]);
      }
      expect((await lentHalf(house, lent)).state).toBe('sent');
    });

    it('our own no is one for a cloud that has the defect', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.rowan, house.bo.email)];
      await answerHere(house, bo, offered, false);
      expect(house.rowan.mustHaveSent(offered.shareId).status).toBe('DECLINED');
    });
  });

  it('defect 2: permissions are compared by what they say, and enforced', async () => {
    const writing = await house.lendTo(house.larch, { permission: 'read-write' });
    const reading = await house.lendTo(house.larch, { permission: 'read-only' });
    const statuses = [writing, reading].map((lent) => house.borrowed(house.larch, lent).write('a.txt', 'x'));
    expect((await Promise.all(statuses)).map(({ status }) => status)).toEqual([201, 403]);
    const offered = offer(house.spruce, house.bo.email);
    await house.spruce.propose(offered.shareId, { permission: 'Read-Write' });
    expect((await offeredHalf(house, offered))?.permission).toBe('read-write');
  });

  it('defect 3: what is offered is what the owner chose, not always write access', async () => {
    const { shareId } = await house.lendTo(house.larch, { permission: 'read-only' });
    expect(house.larch.mustHaveReceived(shareId).permission).toBe('read-only');
    const offered = offer(house.larch, house.bo.email, { permission: 'read-only' });
    await answerHere(house, await house.boHere(), offered, true);
    expect(await offeredHalf(house, offered)).toMatchObject({ state: 'active', permission: 'read-write' });
  });

  describe('defect 4: whoever knows a key may consent', () => {
    it('WEB-05 the consent page asks who one is, and is for one person', async () => {
      const offered = offer(house.spruce, house.bo.email);
      const stranger = watched(await house.settleIn(CLEO, house.birch));
      const asked = await follow(stranger, offered);
      expect(asked.url.pathname).toBe('/login');
      const page = await stranger.signIn();
      expect([page.status, page.text.includes(offered.title)]).toEqual([403, false]);
      expect((await offeredHalf(house, offered))?.state).toBe('pending');
    });

    it('the name of a share opens no page', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      await house.spruce.propose(offered.shareId);
      expect((await bo.visit(`${house.birch.url}/interop/proposals/${offered.shareId}`)).status).toBe(404);
    });
  });

  describe('defect 5: no peer has to prove anything', () => {
    it('PRO-01 a proposal of nobody that we know is refused', async () => {
      const offered = offer(house.rowan, house.bo.email);
      const resource = { resource_url: 'http://localhost:9/v1/folder/1', callback: 'http://localhost:9/result' };
      const url = house.rowan.offerUrl(offered.shareId, resource);
      expect((await withoutEffect(house, () => openPlainBrowser().visit(url))).status).toBe(403);
    });

    it('CRD-01 credentials for a share of a cloud that signs must be signed', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      await answerHere(house, bo, offered, true);
      const fields = { share_id: offered.shareId, auth_protocol: 'oauth', auth_protocol_version: '1.0a' };
      const body = new URLSearchParams({ ...fields, access_token_key: 'x', access_token_secret: 'y' }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const url = `${house.birch.url}/interop/credentials`;
      const answer = await withoutEffect(house, () => send(url, { method: 'POST', headers, body }));
      expect(answer.status).toBe(404);
    });

    it('CBK-01 an answer from a cloud that signs must be signed', async () => {
      const [lent, zoe] = [await lend(house), house.guest()];
      await choose(zoe, lent, house.spruce, 'Spruce');
      const { callback } = house.spruce.mustHaveReceived(lent.shareId);
      expect((await send(`${callback}?share_id=${lent.shareId}&accepted=true`)).status).toBe(401);
      expect((await lentHalf(house, lent)).state).toBe('sent');
    });
  });

  describe('defect 6: browsers are sent wherever a message says', () => {
    it('PRO-03 a callback elsewhere is refused before anybody could follow it', async () => {
      const signed = offer(house.spruce, house.bo.email);
      const elsewhere = { callback: 'http://evil.example/result' };
      expect((await house.spruce.propose(signed.shareId, elsewhere)).status).toBe(400);
      const unsigned = offer(house.rowan, house.bo.email);
      const url = house.rowan.offerUrl(unsigned.shareId, elsewhere);
      expect((await openPlainBrowser().visit(url)).status).toBe(403);
    });

    it('PRO-14 a page elsewhere that a cloud answers with is not visited', async () => {
      const server = await ScriptedServer.open();
      server.on('POST', '/share', () => redirect(303, 'http://evil.example/consent'));
      const urls = { shareUrl: `${server.url}/share`, credentialsUrl: `${server.url}/credentials` };
      await house.birch.services.neighbours.peers.add({ name: 'Yew', ...urls, outbound: STRANGER });
      const [lent, zoe] = [await lend(house), house.guest()];
      await zoe.openInvitation(lent.link);
      const page = await zoe.chooseCloud('Yew');
      expect([page.status, page.url.origin]).toEqual([502, house.birch.url]);
      expect((await lentHalf(house, lent)).state).toBe('created');
      await server.close();
    });
  });

  it('defect 7: no token passes through a browser', async () => {
    const { guest, shareId } = await house.lendTo(house.larch);
    const { grant } = house.larch.mustHaveReceived(shareId);
    const carried = house.larch.server.heard.filter(({ byBrowser }) => byBrowser);
    const seen = [...guest.hops.map(({ url }) => url.href), ...carried.map(({ body }) => body.toString())].join('\n');
    expect(grant?.secret).toMatch(/^\w{30,}$/);
    expect(seen).toContain(shareId);
    for (const secret of [grant?.key, grant?.secret]) expect(seen).not.toContain(secret);
  });

  it('defect 8: nothing is made for somebody who says no', async () => {
    const before = [await count('accounts'), await count('grants'), await count('mounts')];
    await house.lendTo(house.larch, { accepted: false });
    await answerHere(house, await house.boHere(), offer(house.larch, house.bo.email), false);
    expect([await count('accounts'), await count('grants'), await count('mounts')]).toEqual(before);
    expect(house.larch.shadows).toContain(house.bo.email);
  });

  it('PRO-07 defect 8: a proposal that nobody answers for leaves nothing behind', async () => {
    const bo = await house.boHere();
    const offered = [house.rowan, house.larch, house.nettle].map((peer) => offer(peer, house.bo.email));
    await withoutEffect(house, async () => {
      for (const each of offered) expect((await follow(bo, each)).text).toContain(each.title);
    });
  });

  describe('defect 9: messages are taken in any state', () => {
    it('CBK-03 CBK-04 an answer counts once', async () => {
      const taken = await house.lendTo(house.larch);
      const callback = callbackOf(taken.guest);
      const reversed = new URL(callback);
      reversed.searchParams.set('accepted', 'False');
      for (let time = 0; time < 3; time += 1) expect((await taken.guest.visit(callback)).status).toBe(200);
      expect((await taken.guest.visit(reversed)).status).toBe(409);
      await house.ana.app.json(`folder/${String(taken.folder)}/unshare`, 'POST', [taken.recipient]);
      await house.settle();
      expect((await taken.guest.visit(callback)).status).toBe(409);
      expect([await grantsOf(taken), (await house.borrowed(house.larch, taken).list()).status]).toEqual([1, 401]);
    });

    it('CRD-03 credentials are stored once', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      await answerHere(house, bo, offered, true);
      const statuses = [
        await house.spruce.deliver(offered.shareId),
        await house.spruce.deliver(offered.shareId, STRANGER),
      ];
      expect(statuses.map(({ status }) => status)).toEqual([200, 409]);
      const mount = (await house.bo.app.children()).get(offered.title);
      expect([...(await house.bo.app.children(mount?.id)).keys()]).toEqual(['budget.txt']);
    });
  });

  describe('defect 10: credentials are stored for what nobody accepted, and from strangers', () => {
    it('CRD-04 before the answer, and after a no', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      await follow(bo, offered);
      expect((await house.spruce.deliver(offered.shareId, STRANGER)).status).toBe(409);
      await bo.decline();
      expect((await house.spruce.deliver(offered.shareId, STRANGER)).status).toBe(409);
      expect((await offeredHalf(house, offered))?.grantSealed).toBeUndefined();
    });

    it('CRD-02 of a cloud that did not offer the share', async () => {
      const [bo, offered] = [await house.boHere(), offer(house.spruce, house.bo.email)];
      await follow(bo, offered);
      const before = await offeredHalf(house, offered);
      house.rowan.sent.set(offered.shareId, { ...house.spruce.mustHaveSent(offered.shareId) });
      const url = house.rowan.grantUrl(offered.shareId, STRANGER);
      const answer = await send(`${url}&oauth_access_token_secret=${STRANGER.secret}`);
      expect([answer.status, await offeredHalf(house, offered)]).toEqual([404, before]);
    });

    describe('of a share of a cloud that cannot sign, by who knows its name', () => {
      /** Bo accepts, and his browser is stopped before it hands us the token. */
      const acceptUntold = async (): Promise<{ offered: Offered; tell: () => Promise<string | undefined> }> => {
        const [bo, offered] = [await house.boHere(), offer(house.larch, house.bo.email)];
        await follow(bo, offered);
        const stopped = await bo.accept({ follow: ({ pathname }) => !pathname.startsWith('/interop/credentials') });
        const tell = async (): Promise<string | undefined> => {
          await bo.visit(String(stopped.headers.location));
          await house.settle();
          return (await offeredHalf(house, offered))?.state;
        };
        return { offered, tell };
      };

      it('CRD-03 they do not lock the right ones out', async () => {
        const { offered, tell } = await acceptUntold();
        expect((await house.larch.deliver(offered.shareId, STRANGER)).status).toBe(200);
        expect(await tell()).toBe('active');
      });

      it('CRD-03 they do not end the share when they turn out to open nothing', async () => {
        const { offered, tell } = await acceptUntold();
        await house.larch.deliver(offered.shareId, STRANGER);
        await house.settle();
        expect(await offeredHalf(house, offered)).toMatchObject({ state: 'accepted', grantSealed: undefined });
        expect(await tell()).toBe('active');
      });

      it('CRD-03 they come too late once the right ones have opened it', async () => {
        const { offered, tell } = await acceptUntold();
        await tell();
        expect((await house.larch.deliver(offered.shareId, STRANGER)).status).toBe(409);
      });
    });
  });

  describe('defect 11: one token opens all shares of a recipient', () => {
    it('each share has its own, which dies alone', async () => {
      const [one, other] = [await house.lendTo(house.larch), await house.lendTo(house.larch)];
      const tokens = [one, other].map(({ shareId }) => house.larch.mustHaveReceived(shareId).grant?.key);
      expect(new Set(tokens).size).toBe(2);
      await house.ana.app.json(`folder/${String(one.folder)}/unshare`, 'POST', [one.recipient]);
      const after = [one, other].map(async (lent) => (await house.borrowed(house.larch, lent).list()).status);
      expect(await Promise.all(after)).toEqual([401, 200]);
    });

    it('where it does, the end of one share is the end of all that it opened, ten minutes later, and of nothing else (F-06)', async () => {
      const bo = await house.boHere();
      const [one, other, elsewhere] = [house.larch, house.larch, house.spruce].map((peer) =>
        offer(peer, house.bo.email),
      );
      if (one === undefined || other === undefined || elsewhere === undefined) throw new Error('nothing was offered');
      for (const each of [one, other, elsewhere]) await answerHere(house, bo, each, true);
      await house.larch.end(one.shareId);
      const mounts = await house.bo.app.children();
      for (const { title } of [one, other, elsewhere])
        await house.bo.app.call(`folder/${String(mounts.get(title)?.id)}/contents`);
      const states = () =>
        Promise.all([one, other, elsewhere].map(async (each) => (await offeredHalf(house, each))?.state));
      expect(await states()).toEqual(['active', 'active', 'active']);
      await house.pass(10 * MINUTE);
      expect(await states()).toEqual(['revoked', 'revoked', 'active']);
    });
  });
});
