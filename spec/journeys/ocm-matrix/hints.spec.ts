import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../../src/kernel/index.js';
import { noticeText, postUnsigned } from '../support/mesh-voice.js';
import type { GivenShare } from '../../support/ocm-servers/index.js';
import { fresh, openOcmStage, received, type OcmStage } from './stage.js';

describe('what an oCIS tells without a signature and without a secret', () => {
  let stage: OcmStage;
  beforeAll(async () => {
    stage = await openOcmStage('ocis', { FOOTBRIDGE_TRUSTED_PROXIES: '127.0.0.1,::1' });
    const { contacts } = stage.alder.services.agreements;
    await stage.there.meet((await contacts.invites.make(stage.ana.accountId, 'Zoe')).text);
  });
  beforeEach(async () => {
    await stage.town.forgetLimits();
    await allow(true);
  });
  afterAll(() => stage.close());

  const allow = (legacyNotifications: boolean) =>
    stage.alder.services.neighbours.peers.set('There', { ocm: { legacyNotifications } });

  async function given(): Promise<GivenShare> {
    const share = await stage.there.give({ to: stage.anaAddress, name: fresh(), mayWrite: true });
    await stage.town.settle();
    return share;
  }

  const half = async (share: GivenShare) => (await received(stage, share)) ?? expect.fail('nothing came');

  async function accepted(): Promise<GivenShare> {
    const share = await given();
    const { id, digest } = await half(share);
    await stage.alder.services.agreements.proposals.decide(stage.ana.accountId, id, digest, true);
    await stage.town.settle();
    return share;
  }

  /** A bare word from somewhere; answers its status. */
  const say = async (type: string, share: GivenShare, from?: string): Promise<number> => {
    const more = { grantee: stage.anaAddress, protocol: { name: 'multi', webdav: { permissions: ['read'] } } };
    const headers = from === undefined ? {} : { 'x-forwarded-for': from };
    return (await postUnsigned(stage.alder, 'notifications', noticeText(type, share.providerId, more), { headers }))
      .status;
  };

  it('is refused while the peer is not allowed it, and from every address but its own (OCM-05)', async () => {
    const share = await given();
    share.state = 'unshared';
    expect(await say('SHARE_UNSHARED', share, '203.0.113.9')).toBe(403);
    expect(await say('SHARE_DECLINED', share)).toBe(403);
    expect(await say('SHARE_UNSHARED', { ...share, providerId: 'unknown' })).toBe(403);
    await allow(false);
    expect(await say('SHARE_UNSHARED', share)).toBe(403);
    expect((await half(share)).state).toBe('pending');
  });

  it('ends no offer that opens still, and one that does not open any more', async () => {
    const share = await given();
    expect(await say('SHARE_UNSHARED', share)).toBe(201);
    expect((await half(share)).state).toBe('pending');
    share.state = 'unshared';
    // Once a minute.
    expect(await say('SHARE_UNSHARED', share)).toBe(429);
    await stage.town.pass(MINUTE);
    stage.there.isAway = true;
    expect(await say('SHARE_UNSHARED', share)).toBe(201);
    expect((await half(share)).state).toBe('pending');
    stage.there.isAway = false;
    await stage.town.pass(MINUTE);
    expect((await stage.there.unshare(share))?.status).toBe(201);
    expect((await half(share)).state).toBe('withdrawn');
    expect(await say('SHARE_UNSHARED', share)).toBe(201);
  });

  it('has an open share looked at soon, and is itself not believed', async () => {
    const share = await accepted();
    share.dav.mayWrite = false;
    expect(await say('SHARE_CHANGE_PERMISSION', share)).toBe(201);
    expect(await half(share)).toMatchObject({ state: 'active', permission: 'read-write' });
    await stage.town.pass(MINUTE);
    expect(await half(share)).toMatchObject({ state: 'active', permission: 'read-only' });
    expect(await say('SHARE_UNSHARED', share)).toBe(201);
    await stage.town.pass(2 * MINUTE);
    expect((await half(share)).state).toBe('active');
  });
});
