import { describe, expect, it } from 'vitest';
import { createAnnouncer } from '../../src/federation/announcing.js';
import type { PeerId } from '../../src/kernel/index.js';
import type { Peer } from '../../src/peers/index.js';
import { createOutbound } from '../../src/platform/index.js';

const DELIVERY = {
  id: 1,
  kind: 'announcement',
  lane: 'peer:peer-1',
  payload: {},
  attempts: 0,
  createdAt: 0,
  expiresAt: undefined,
};

describe('an announcement of a new address', () => {
  it('that our own guard keeps from being sent says nothing about the peer (F-14)', async () => {
    const outbound = createOutbound({ allowInsecure: false, exceptions: [] });
    const peer = { id: 'peer-1' as PeerId, blocked: false } as Peer;
    const announce = createAnnouncer({
      peerById: async () => peer,
      ownAddress: {
        tell: () => outbound.call({ method: 'POST', url: new URL('https://169.254.169.254/interop/peer') }),
      },
    });
    const verdict = await announce({ ...DELIVERY, peerId: peer.id });
    expect(verdict).toMatchObject({ kind: 'retry', unasked: true });
  });
});
