import { randomWord, type Random } from '../../kernel/index.js';
import type { ConsumerPair, Peer } from './peer.js';

// OAuth 1.0a clients in the field take 30 to 64 letters and digits (stacksync-api-v2.md 3.3).
const KEY_LENGTH = 32;
const SECRET_LENGTH = 43;

/** A fresh pair, to be issued to another cloud. */
export function issuePair(random: Random): ConsumerPair {
  return { key: randomWord(random, KEY_LENGTH), secret: randomWord(random, SECRET_LENGTH) };
}

/** The secret with which a peer signs under a key that we issued to it; undefined for any other key. */
export function inboundSecretOf({ inbound, previousInbound }: Peer, key: string): string | undefined {
  return [inbound, previousInbound].find((pair) => pair?.key === key)?.secret;
}
