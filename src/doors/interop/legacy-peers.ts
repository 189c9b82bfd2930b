import { readAddresses, type DialectAbilities, type Message } from '../../federation/index.js';
import { Failure, notFound } from '../../kernel/index.js';
import { isAllowed, type Peer } from '../../peers/index.js';
import { unproven } from './entry.js';

/** What is needed to find the sender of an unsigned message. */
export interface LegacyInputs {
  /** The unblocked peers that cannot sign, or whose proposals browsers bring by GET. */
  readonly lenient: () => Promise<readonly Peer[]>;
  /** Whether a peer shares something with us under the name in this message, read in its own manner. */
  readonly isSharer: (peer: Peer, message: Message) => Promise<boolean>;
  /** The abilities of the peer's dialect. */
  readonly abilitiesOf: (peer: Peer) => DialectAbilities;
}

/** The peers that are flagged as unable to sign; without any, unsigned messages prove nothing: `unauthenticated`. */
export async function legacyPeers({ lenient }: LegacyInputs): Promise<readonly Peer[]> {
  const peers = (await lenient()).filter(({ allowUnsigned }) => allowUnsigned);
  if (peers.length === 0) throw unproven('no signature');
  return peers;
}

/**
 * The legacy peer to which an unsigned proposal belongs: the only one on whose origins its addresses lie
 * (cloudspaces-interop.md 3). `forbidden` when they lie elsewhere (PRO-01, PRO-03).
 */
export function proposerOf(peers: readonly Peer[], message: Message): Peer {
  const { resourceUrl, callback } = readAddresses(message);
  const [peer, ...others] = peers.filter(({ origins }) => isAllowed(resourceUrl, origins));
  if (peer === undefined || others.length > 0 || (callback !== '' && !isAllowed(callback, peer.origins))) {
    throw new Failure('forbidden', 'These addresses belong to no cloud that may send without a signature.');
  }
  return peer;
}

/** The legacy peer whose share is meant: `not-found` when it is none's, or several's. */
export async function sharerOf({ isSharer }: LegacyInputs, peers: readonly Peer[], message: Message): Promise<Peer> {
  const sharers = await Promise.all(peers.map(async (peer) => ((await isSharer(peer, message)) ? [peer] : [])));
  const [peer, ...others] = sharers.flat();
  if (peer === undefined || others.length > 0) throw notFound('This share is not known here.');
  return peer;
}
