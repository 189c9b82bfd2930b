import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE, parseEmail, ROOT_ID } from '../../../src/kernel/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import type { Answer } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import { decide, halfOf, offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const TOKEN = 'T'.repeat(32);
const SECRET = 'S'.repeat(43);

/** How a pending proposal gets into every state that a scripted peer can bring it into. */
const WAYS: Readonly<Record<string, (outpost: Outpost, from: Foreigner, shareId: string) => Promise<unknown>>> = {
  pending: () => Promise.resolve(),
  accepted: async (outpost, from, shareId) => decide(outpost, await halfOf(outpost, from, shareId), true),
  'accepted with credentials': async (outpost, from, shareId) => {
    await decide(outpost, await halfOf(outpost, from, shareId), true);
    await from.voice.post('/interop/credentials', credentialFields(shareId, TOKEN, SECRET));
  },
  active: activate,
  declined: async (outpost, from, shareId) => decide(outpost, await halfOf(outpost, from, shareId), false),
  withdrawn: (_outpost, from, shareId) => end(from, shareId, 'withdrawn'),
  revoked: (_outpost, from, shareId) => end(from, shareId, 'revoked'),
  expired: (_outpost, from, shareId) => end(from, shareId, 'expired'),
  left: async (outpost, from, shareId) => {
    const { id } = await halfOf(outpost, from, shareId);
    await decide(outpost, await halfOf(outpost, from, shareId), true);
    await outpost.birch.services.agreements.leaving.leaveIncoming(outpost.bo.accountId, id);
  },
};

async function activate(outpost: Outpost, from: Foreigner, shareId: string): Promise<void> {
  const { birch } = outpost;
  await decide(outpost, await halfOf(outpost, from, shareId), true);
  await from.voice.post('/interop/credentials', credentialFields(shareId, TOKEN, SECRET));
  const share = await halfOf(outpost, from, shareId);
  const open = {
    kind: 'open',
    rootKey: '1972',
    permission: share.permission,
    expiresAt: undefined,
    keepsDesk: false,
  } as const;
  await birch.services.base.database.write((trx) => birch.services.shares.mounting.found(trx, share.id, open));
}

const end = (from: Foreigner, shareId: string, reason: string): Promise<Answer> =>
  from.voice.post('/interop/unshare', [
    ['share_id', shareId],
    ['reason', reason],
  ]);

describe('the name of an agreement', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let rook: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    rook = await outpost.trust('Rook');
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  for (const [state, way] of Object.entries(WAYS)) {
    it(`PRO-04 belongs to its peer: another's of that name stands beside it while it is ${state}`, async () => {
      const { shareId } = await offer(quill);
      await way(outpost, quill, shareId);
      await lives(rook, quill, shareId);
    });

    it(`PRO-04 belongs to its peer: another's of that name, there before, is not touched when it becomes ${state}`, async () => {
      const { shareId, fields } = await offer(rook);
      const before = await halfOf(outpost, rook, shareId);
      await offer(quill, { share_id: shareId });
      await way(outpost, quill, shareId);
      expect(await halfOf(outpost, rook, shareId)).toEqual(before);
      expect((await rook.voice.post('/interop/share', fields)).status).toBe(303);
    });
  }

  /** A newcomer's agreement of a name that an older one has, from beginning to end: the older one does not notice. */
  async function lives(newcomer: Foreigner, older: Foreigner, shareId: string): Promise<void> {
    const before = await halfOf(outpost, older, shareId);
    const foreign = credentialFields(shareId, 'X'.repeat(32), 'Y'.repeat(43));
    expect((await newcomer.voice.post('/interop/credentials', foreign)).status).toBe(404);
    await offer(newcomer, { share_id: shareId, folder_name: 'Theirs' });
    expect((await halfOf(outpost, newcomer, shareId)).id).not.toBe(before.id);
    expect((await newcomer.voice.post('/interop/credentials', foreign)).status).toBe(409);
    await decide(outpost, await halfOf(outpost, newcomer, shareId), true);
    expect((await newcomer.voice.post('/interop/credentials', foreign)).status).toBe(200);
    expect((await end(newcomer, shareId, 'revoked')).status).toBe(200);
    expect((await halfOf(outpost, newcomer, shareId)).state).toBe('revoked');
    expect(await halfOf(outpost, older, shareId)).toEqual(before);
  }

  for (const [state, way] of Object.entries(WAYS)) {
    it(`PRO-05 offered again while ${state}: ${state === 'pending' ? 'the same page' : 'refused'}; changed: refused`, async () => {
      const { shareId, fields, answer } = await offer(quill);
      await way(outpost, quill, shareId);
      await outpost.unmoved(async () => {
        const again = await quill.voice.post('/interop/share', fields);
        expect([again.status, again.headers.location]).toEqual(
          state === 'pending' ? [303, answer.headers.location] : [409, undefined],
        );
        for (const change of [
          { folder_name: 'Other' },
          { permission: 'read-only' },
          { callback: `${quill.url}/other` },
          { recipient: 'eve@birch.example' },
        ]) {
          expect((await quill.voice.post('/interop/share', withFields(fields, change))).status).toBe(409);
        }
      });
    });
  }

  it('PRO-05 the very same bytes a second time are a replay', async () => {
    const fields = proposalFrom(quill.url);
    const terms = { nonce: 'used-only-once' };
    expect((await quill.voice.post('/interop/share', fields, terms)).status).toBe(303);
    expect((await outpost.unmoved(() => quill.voice.post('/interop/share', fields, terms))).status).toBe(401);
  });

  it('defect 12: a peer cannot take a name away from an agreement of ours', async () => {
    const { ana, shareId } = await ownShare();
    await offer(quill, { share_id: shareId });
    expect((await end(quill, shareId, 'withdrawn')).status).toBe(200);
    const { items } = await outpost.birch.services.agreements.sharing.outgoingPage(ana, { limit: 1 });
    const [own] = items;
    expect([own?.shareId, own?.state]).toEqual([shareId, 'created']);
  });

  async function ownShare() {
    const {
      agreements: { sharing },
      files: { tree },
    } = outpost.birch.services;
    const ana = outpost.bo.accountId;
    const principal = { kind: 'person', accountId: ana } as const;
    const folder = await tree.makeFolder(principal, ROOT_ID, 'Mine');
    const request = { addresses: [parseEmail('guest@elsewhere.example')], permission: 'read-only' } as const;
    const { proposals } = await sharing.share(ana, folder.id, request);
    return { ana, shareId: proposals[0]?.shareId ?? '' };
  }

  it('PRO-07 a peer may send sixty proposals a minute; then it waits, and nobody else does', async () => {
    const loud = await outpost.trust('Loud');
    const { shareId } = await offer(loud);
    for (let sent = 1; sent < 60; sent += 1) {
      expect((await loud.voice.post('/interop/share', [])).status).toBe(400);
    }
    const refused = await outpost.unmoved(() => loud.voice.post('/interop/share', proposalFrom(loud.url)));
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(90);
    expect((await offer(quill)).answer.status).toBe(303);
    // The end of a share is heard even during a flood of proposals.
    expect((await loud.voice.post('/interop/unshare', [['share_id', shareId]])).status).toBe(200);
    outpost.advance(MINUTE);
    expect((await offer(loud)).answer.status).toBe(303);
  });

  it('PRO-07 an administrator may allow a peer fewer', async () => {
    await outpost.birch.services.neighbours.peers.set('Quill', { limits: { proposals: 2 } });
    await offer(quill);
    await offer(quill);
    expect((await quill.voice.post('/interop/share', proposalFrom(quill.url))).status).toBe(429);
    await outpost.birch.services.neighbours.peers.set('Quill', { limits: { proposals: undefined } });
    await outpost.forgetLimits();
  });

  it('PRO-07 unsigned, however many, are no rows at all', async () => {
    await outpost.unmoved(async () => {
      for (let sent = 0; sent < 100; sent += 1) {
        const { status } = await quill.voice.post('/interop/share', proposalFrom(quill.url), {
          headers: { authorization: '' },
        });
        expect(status).toBe(401);
      }
    });
  });

  it('PRO-07 only so many proposals of one peer wait for one recipient, and another peer is not locked out', async () => {
    const recipient = 'popular@birch.example';
    for (const index of Array.from({ length: 50 }, (_, index) => index)) {
      await offer(quill, { recipient: index % 3 === 0 ? recipient : recipient.toUpperCase() });
    }
    const refused = await outpost.unmoved(() =>
      quill.voice.post('/interop/share', proposalFrom(quill.url, { recipient })),
    );
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    expect((await offer(rook, { recipient })).answer.status).toBe(303);
    expect((await offer(quill)).answer.status).toBe(303);
    outpost.advance(31 * DAY);
    await outpost.birch.cloud.tick();
    expect((await offer(quill, { recipient })).answer.status).toBe(303);
  });
});
