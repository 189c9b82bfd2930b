import type { Outbox } from '../../deliveries/index.js';
import type { PeerHooks } from '../../peers/index.js';
import { UNSHARE } from '../agreement/messages.js';
import type { Endings } from './endings.js';

/**
 * What has to happen when a peer is blocked or removed: its shares end, and its queued messages are dropped. When it has moved its
 * shares follow: `onMoved`.
 */
export function peerHooks(
  endings: Pick<Endings, 'peerGone'>,
  outbox: Pick<Outbox, 'dropPeer'>,
  onMoved: PeerHooks['onMoved'],
): PeerHooks {
  return {
    onMoved,
    async onBlocked(trx, peerId, by) {
      const ended = await endings.peerGone(trx, peerId, by);
      // Messages about ends are still sent, all others are dropped.
      await outbox.dropPeer(trx, peerId, [UNSHARE]);
      return ended;
    },
    async onRemoved(trx, peerId, by) {
      const ended = await endings.peerGone(trx, peerId, by);
      await outbox.dropPeer(trx, peerId);
      return ended;
    },
  };
}
