import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, SECOND } from '../../../src/kernel/index.js';
import { parseAuthorization } from '../../../src/oauth1/index.js';
import {
  answer,
  choose,
  grantOf,
  grantsMade,
  halfOf,
  openManor,
  present,
  sentTo,
  taking,
  type Manor,
  type Presented,
} from './support/manor.js';
import type { Foreigner } from './support/outpost.js';
import { openScriptedPeer, type Reply, type ScriptedPeer } from './support/scripted-peer.js';

describe('the delivery of credentials', () => {
  let manor: Manor;
  let quill: Foreigner;
  let elsewhere: ScriptedPeer;

  beforeAll(async () => {
    manor = await openManor();
    ({ quill } = manor);
    elsewhere = await openScriptedPeer();
  });
  beforeEach(async () => {
    quill.reply = taking(quill.url);
    await manor.settle();
    await manor.forgetLimits();
    quill.forget();
  });
  afterAll(async () => {
    await manor.close();
    await elsewhere.close();
  });

  const atCredentials = (reply: Reply | undefined): void => {
    quill.reply = (request) => (request.target === '/interop/credentials' ? reply : taking(quill.url)(request));
  };
  const accepted = async (): Promise<Presented> => {
    const share = await present(manor);
    expect((await answer(manor, share, true)).status).toBe(200);
    return share;
  };
  const later = async (millis: number): Promise<void> => {
    manor.advance(millis);
    await manor.settle();
  };
  const waiting = async ({ id, shareId }: Presented) =>
    manor.alder.services.deliveries.outbox.pending(`outgoing:${id}:${shareId}`);

  it('carries the share’s name, token and secret under names that no verifier takes for its own, signed two-legged', async () => {
    const share = await accepted();
    await manor.settle();
    const grant = await grantOf(manor, share);
    expect(sentTo(quill, 'credentials')).toEqual([
      {
        share_id: share.shareId,
        auth_protocol: 'oauth',
        auth_protocol_version: '1.0a',
        access_token_key: grant?.token,
        access_token_secret: grant?.secret,
      },
    ]);
    const [{ method, target, headers } = { method: '', target: '', headers: {} }] = quill.received.slice(-1);
    expect([method, target, headers['content-type']]).toEqual([
      'POST',
      '/interop/credentials',
      'application/x-www-form-urlencoded',
    ]);
    expect(headers.authorization).not.toContain('oauth_token');
    expect((await halfOf(manor, share)).state).toBe('active');
  });

  for (const status of [301, 302, 303, 307, 308]) {
    it(`CRD-06 a ${String(status)} is not followed: the other address sees nothing, and it is tried again`, async () => {
      const share = await accepted();
      elsewhere.forget();
      atCredentials({ status, headers: { location: `${elsewhere.url}/take` } });
      await manor.settle();
      expect(elsewhere.received).toEqual([]);
      const [queued] = await waiting(share);
      expect([queued?.kind, queued?.attempts, queued?.lastAnswer]).toEqual([
        'credentials',
        1,
        expect.stringContaining(String(status)),
      ]);
      expect([(await halfOf(manor, share)).state, await grantOf(manor, share)]).toEqual([
        'accepted',
        expect.anything(),
      ]);
      atCredentials({ status: 200 });
      await later(HOUR);
      expect((await halfOf(manor, share)).state).toBe('active');
    });
  }

  it('CRD-07 goes to no address but the chosen one: a peer that has moved gets nothing, and the invitee chooses anew', async () => {
    const share = await accepted();
    const grant = await grantOf(manor, share);
    elsewhere.forget();
    await manor.alder.services.neighbours.peers.set('Quill', {
      credentialsUrl: `${elsewhere.url}/interop/credentials`,
    });
    await manor.settle();
    expect([elsewhere.received, sentTo(quill, 'credentials')]).toEqual([[], []]);
    expect([(await halfOf(manor, share)).state, await grantOf(manor, share)]).toEqual(['created', undefined]);
    const {
      shares: { grants },
      base: { database },
      neighbours: { peers },
    } = manor.alder.services;
    expect(await grants.find(database.read, quill.id, grant?.token ?? '')).toBeUndefined();
    await peers.set('Quill', { credentialsUrl: `${quill.url}/interop/credentials` });
    const again = await choose(manor, share);
    expect([again.shareId === share.shareId, again.callback === share.callback]).toEqual([false, false]);
    expect((await answer(manor, again, true)).status).toBe(200);
    await manor.settle();
    expect([(await halfOf(manor, share)).state, sentTo(quill, 'credentials').length]).toEqual(['active', 1]);
  });

  it('CRD-08 is the same grant at every attempt, each signed afresh', async () => {
    const share = await accepted();
    atCredentials(undefined);
    await manor.settle();
    for (const wait of [2 * SECOND, 10 * SECOND, MINUTE, 3 * MINUTE]) await later(wait);
    atCredentials({ status: 200 });
    await later(15 * MINUTE);
    const attempts = quill.received.filter(({ target }) => target === '/interop/credentials');
    expect(attempts.length).toBeGreaterThanOrEqual(5);
    expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
    const stamps = attempts.map(({ headers }) => new Map(parseAuthorization(headers.authorization ?? '')));
    expect(new Set(stamps.map((stamp) => stamp.get('oauth_nonce'))).size).toBe(attempts.length);
    expect(new Set(stamps.map((stamp) => stamp.get('oauth_timestamp'))).size).toBe(attempts.length);
    expect([await grantsMade(manor, share), (await halfOf(manor, share)).state]).toEqual([1, 'active']);
  });

  it('CRD-08 DLV-05 a refusal for good ends the share: 409 at once, 404 when it is still said after an hour', async () => {
    for (const [status, patience] of [
      [409, 0],
      // The attempts thin out: an hour more or less after a few.
      [404, 4 * HOUR],
    ] as const) {
      const share = await accepted();
      atCredentials({ status });
      await manor.settle();
      if (patience > 0) {
        expect((await halfOf(manor, share)).state).toBe('accepted');
        for (let waited = 0; waited < patience; waited += 11 * MINUTE) await later(11 * MINUTE);
      }
      expect([status, (await halfOf(manor, share)).state, await grantOf(manor, share)]).toEqual([
        status,
        'revoked',
        undefined,
      ]);
      atCredentials({ status: 200 });
      await later(HOUR);
    }
  });

  for (const status of [500, 502, 503, 429, 408, 401, 403, 405]) {
    it(`CNV-03 a ${String(status)} is trouble: the share waits, and becomes active when it is over`, async () => {
      const share = await accepted();
      atCredentials({ status });
      await manor.settle();
      expect([(await halfOf(manor, share)).state, (await waiting(share)).length]).toEqual(['accepted', 1]);
      atCredentials({ status: 200 });
      await later(HOUR);
      expect((await halfOf(manor, share)).state).toBe('active');
    });
  }

  it('DLV-03 is overtaken by the end of the share', async () => {
    const share = await accepted();
    atCredentials({ status: 503 });
    await manor.settle();
    await manor.alder.services.agreements.sharing.withdraw(manor.ana.accountId, share.id);
    quill.forget();
    await later(HOUR);
    expect([sentTo(quill, 'credentials'), sentTo(quill, 'unshare').map(({ reason }) => reason)]).toEqual([
      [],
      ['revoked'],
    ]);
  });

  it('defect 7: no token and no secret is in anything that a browser carries', async () => {
    const share = await present(manor);
    const page = await answer(manor, share, true, { terms: { headers: { accept: 'text/html' } } });
    const grant = await grantOf(manor, share);
    const carried = JSON.stringify([page.text, page.headers, share.proposal]);
    for (const secret of [grant?.token ?? '?', grant?.secret ?? '?']) expect(carried).not.toContain(secret);
  });

  it('defect 11: every share has a token of its own, and the end of one is not the end of another', async () => {
    const [one, two] = [await accepted(), await accepted()];
    await manor.settle();
    const [first, second] = [await grantOf(manor, one), await grantOf(manor, two)];
    expect(first?.token).not.toBe(second?.token);
    expect((await quill.voice.post('/interop/unshare', [['share_id', one.shareId]])).status).toBe(200);
    expect([await grantOf(manor, one), (await grantOf(manor, two))?.token]).toEqual([undefined, second?.token]);
  });

  it('defect 9: nothing is granted twice, however often the decision comes', async () => {
    const share = await accepted();
    await manor.settle();
    for (let repeat = 0; repeat < 5; repeat += 1) await answer(manor, share, true);
    await answer(manor, share, false);
    await later(MINUTE);
    expect([await grantsMade(manor, share), (await halfOf(manor, share)).state]).toEqual([1, 'active']);
  });
});
