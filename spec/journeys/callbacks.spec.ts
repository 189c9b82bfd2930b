import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INCOMING_WAYS, OUTGOING_WAYS } from './support/states.js';
import {
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  statesOf,
  voiceOf,
  type Halves,
  type Invited,
  type Story,
} from './support/story.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';

describe('the callback', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.found('Cedar');
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  const sent = async (): Promise<Invited & { halves: Halves; callback: string; shareId: string }> => {
    const invited = await invite(story);
    await choose(story, invited);
    const halves = await halvesOf(story, invited.folder);
    return { ...invited, halves, callback: halves.callback ?? '', shareId: halves.outgoing.shareId };
  };

  it('CBK-01 refuses what is forged: another share, no signature, another signer, an altered query', async () => {
    const { callback, shareId } = await sent();
    const other = await sent();
    const { asBirch, alder } = story;
    const quiet = async (url: string): Promise<number> => (await withoutEffect(story, () => send(url))).status;
    expect(await quiet(asBirch.sign(callback, { share_id: other.shareId, accepted: 'true' }))).toBe(404);
    expect(await quiet(asBirch.sign(callback, { accepted: 'true' }))).toBe(400);
    expect(await quiet(`${callback}?share_id=${shareId}&accepted=true`)).toBe(401);
    const signed = asBirch.sign(callback, { share_id: shareId, accepted: 'false' });
    expect(await quiet(signed.replace('accepted=false', 'accepted=true'))).toBe(401);
    expect(await quiet(`${signed}&extra=1`)).toBe(401);
    expect(await quiet(signed.replace(/oauth_signature=[^&]+/, 'oauth_signature='))).toBe(401);
    const asCedar = await voiceOf('Cedar', alder);
    expect(await quiet(asCedar.sign(callback, { share_id: shareId, accepted: 'true' }))).toBe(401);
    expect(await quiet(`${alder.url}/interop/result/${'z'.repeat(43)}`)).toBe(404);
    expect(await quiet(`${alder.url}/interop/result/`)).toBe(404);
  });

  it.each(['', '1', '0', 'yes', 'no', 'True ', 'truee', 'null'])('CBK-02 accepted=%j is no answer', async (value) => {
    const { callback, shareId, folder } = await sent();
    const act = (): Promise<{ status: number }> => story.asBirch.get(callback, { share_id: shareId, accepted: value });
    expect((await withoutEffect(story, act)).status).toBe(400);
    expect((await halvesOf(story, folder)).grant).toBeUndefined();
  });

  it('CBK-02 a missing or twice different answer is none; letter case does not matter', async () => {
    const { callback, shareId, folder } = await sent();
    const { asBirch } = story;
    expect((await withoutEffect(story, () => asBirch.get(callback, { share_id: shareId }))).status).toBe(400);
    const both = new URL(callback);
    both.searchParams.append('accepted', 'true');
    const twice = (): Promise<{ status: number }> => asBirch.get(both.href, { share_id: shareId, accepted: 'false' });
    expect((await withoutEffect(story, twice)).status).toBe(400);
    expect((await asBirch.get(callback, { share_id: shareId, accepted: 'TRUE' })).status).toBe(200);
    expect((await halvesOf(story, folder)).outgoing.state).toBe('accepted');
  });

  it('CBK-03 a reload shows the same page although its nonce is spent; the other answer is refused', async () => {
    for (const accepted of [true, false]) {
      const { callback, shareId, folder } = await sent();
      const url = story.asBirch.sign(callback, { share_id: shareId, accepted: String(accepted) });
      const first = await send(url);
      const again = await withoutEffect(story, () => send(url));
      expect([again.status, again.text]).toEqual([first.status, first.text]);
      const reversed = (): Promise<{ status: number }> => story.asBirch.decide(callback, shareId, !accepted);
      expect((await withoutEffect(story, reversed)).status).toBe(409);
      expect((await halvesOf(story, folder)).outgoing.state).toBe(accepted ? 'accepted' : 'declined');
      await story.forgetLimits();
    }
  });

  it('CBK-03 a fresh repeat queues the same grant again, once a minute, and never a second one', async () => {
    const { callback, shareId, folder } = await sent();
    const { asBirch, alder } = story;
    await asBirch.decide(callback, shareId, true);
    const { grant } = await halvesOf(story, folder);
    const queued = async (): Promise<number> =>
      (await alder.services.base.database.read('deliveries').where({ kind: 'credentials' })).length;
    expect(await queued()).toBe(1);
    await story.alder.services.base.database.write((trx) => trx('deliveries').where({ kind: 'credentials' }).delete());
    expect((await withoutEffect(story, () => asBirch.decide(callback, shareId, true))).status).toBe(200);
    story.advance(61_000);
    expect((await asBirch.decide(callback, shareId, true)).status).toBe(200);
    expect(await queued()).toBe(1);
    expect((await halvesOf(story, folder)).grant?.token).toBe(grant?.token);
    expect(await alder.services.base.database.read('grants').where({ outgoing_id: grant?.outgoingId })).toHaveLength(1);
  });

  it.each(['withdrawn', 'expired', 'revoked'] as const)(
    'CBK-04 an answer to a share that is %s is refused, and the peer is told of the end once more, once',
    async (state) => {
      const invited = await OUTGOING_WAYS[state](story, {});
      const { callback, outgoing } = await halvesOf(story, invited.folder);
      const unshares = async (): Promise<number> =>
        (await story.alder.services.base.database.read('deliveries').where({ kind: 'unshare' })).length;
      const say = (): Promise<{ status: number }> => story.asBirch.decide(callback ?? '', outgoing.shareId, true);
      expect((await withoutEffect(story, say, ['deliveries', 'share_events'])).status).toBe(409);
      expect(await unshares()).toBe(1);
      await story.settle();
      expect((await withoutEffect(story, say)).status).toBe(409);
      expect((await halvesOf(story, invited.folder)).grant).toBeUndefined();
    },
  );

  it('CBK-05 whoever skips the consent gets nothing: the destination refuses, and the grant dies', async () => {
    const { callback, shareId, folder } = await sent();
    expect((await story.asBirch.decide(callback, shareId, true)).status).toBe(200);
    expect(await statesOf(story, folder)).toEqual(['accepted', 'pending']);
    await story.settle();
    const { outgoing, incoming, grant } = await halvesOf(story, folder);
    expect([outgoing.state, grant]).toEqual(['revoked', undefined]);
    expect([incoming?.state, incoming?.grantSealed]).toEqual(['revoked', undefined]);
  });

  it('CBK-06 of fifty answers at once, one counts: one grant, one delivery', async () => {
    const { callback, shareId, folder, halves } = await sent();
    const urls = Array.from({ length: 50 }, () =>
      story.asBirch.sign(callback, { share_id: shareId, accepted: 'true' }),
    );
    const statuses = await Promise.all(urls.map(async (url) => (await send(url)).status));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(0);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    const { database } = story.alder.services.base;
    expect(await database.read('grants').where({ outgoing_id: halves.outgoing.id })).toHaveLength(1);
    expect(await database.read('deliveries').where({ kind: 'credentials' })).toHaveLength(1);
    expect((await halvesOf(story, folder)).outgoing.state).toBe('accepted');
  });

  it('CBK-07 the destination refuses callbacks that bring their own answer, and keeps the query of others', async () => {
    const { alder, bo, asAlder, birch } = story;
    const fields = (callback: string): [string, string][] => [
      ...([
        ['share_id', `c-${callback.length.toString()}`],
        ['resource_url', `${alder.url}/v1/folder/1`],
      ] as [string, string][]),
      ...([
        ['owner_name', 'Ana'],
        ['owner_email', 'ana@alder.example'],
        ['folder_name', 'F'],
      ] as [string, string][]),
      ...([
        ['permission', 'read-only'],
        ['recipient', bo.email],
        ['callback', callback],
      ] as [string, string][]),
    ];
    const base = `${alder.url}/interop/result/x`;
    const bad = [
      `${base}?share_id=1`,
      `${base}?accepted=true`,
      `${base}?a=1&accepted=`,
      `${base}\r\nx`,
      'javascript:alert(1)',
      'ftp://localhost/x',
    ];
    for (const callback of bad) {
      const answer = await withoutEffect(story, () => asAlder.post('/interop/share', fields(callback)));
      expect([callback, answer.status]).toEqual([callback, 400]);
    }
    expect((await asAlder.post('/interop/share', fields(`${base}?state=a%20b`))).status).toBe(303);
    const row = (await birch.services.base.database.read('incoming_shares').where({ state: 'pending' }).first()) as {
      id: string;
      digest: string;
    };
    const { location } = await birch.services.agreements.proposals.decide(bo.accountId, row.id, row.digest, true);
    expect(location.href.startsWith(`${base}?state=a%20b&share_id=`)).toBe(true);
    expect(location.href.match(/\?/g)).toHaveLength(1);
  });

  it('WEB-11 a browser that looks ahead decides nothing, and HEAD is no way to ask', async () => {
    const { callback, shareId } = await sent();
    const url = story.asBirch.sign(callback, { share_id: shareId, accepted: 'true' });
    expect((await withoutEffect(story, () => send(url, { method: 'HEAD' }))).status).toBe(405);
    const ahead = { 'sec-purpose': 'prefetch;prerender' };
    expect((await withoutEffect(story, () => send(url, { headers: ahead }))).status).toBe(503);
    expect((await send(url)).status).toBe(200);
  });

  it('heals a browser that got lost: the destination repeats the answer by itself after a minute', async () => {
    const { folder, ...invited } = await sent();
    await decideUnheard(story, { ...invited, folder }, true);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['sent', 'accepted']);
    story.advance(61_000);
    await story.settle();
    expect(await statesOf(story, folder)).toEqual(['active', 'active']);
  });

  it('heals a lost decline likewise', async () => {
    const invited = await INCOMING_WAYS.declined(story, {});
    story.advance(61_000);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['declined', 'declined']);
  });
});
