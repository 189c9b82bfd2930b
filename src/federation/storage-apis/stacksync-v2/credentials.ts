import { Failure } from '../../../kernel/index.js';
import type { Credentials } from '../../../oauth1/index.js';
import type { Peer } from '../../../peers/index.js';
import type { ShareCredentials } from '../../../shares/index.js';

/**
 * The credentials that sign requests about a share: our consumer at the peer and the share's token. Throws
 * `peer-failed`, without sending a request, when they are missing or of another kind.
 */
export function signingCredentials(peer: Peer, credentials: ShareCredentials): Credentials {
  if (peer.outbound === undefined) {
    throw ours(`The keys that ${peer.name} issued to this cloud are not recorded yet.`);
  }
  if (credentials.kind !== 'oauth1') throw ours(`The storage API of ${peer.name} cannot be opened with such a key.`);
  const { key: consumerKey, secret: consumerSecret } = peer.outbound;
  return { consumerKey, consumerSecret, token: credentials.token, tokenSecret: credentials.secret };
}

function ours(message: string): Failure {
  return new Failure('peer-failed', message);
}
