import { Failure, firstField, invalid, notFound, type Fields, type PeerId } from '../../kernel/index.js';
import { isAllowed, type Peer } from '../../peers/index.js';
import { unproven } from './entry.js';

/** What tells whose a message is that nobody signed. */
export interface LegacyInputs {
  /** The unblocked peers that cannot sign, or whose proposals browsers bring by GET. */
  readonly lenient: () => Promise<readonly Peer[]>;
  /** Whose incoming shares bear a name. */
  readonly peersWith: (shareId: string) => Promise<readonly PeerId[]>;
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
export function proposerOf(peers: readonly Peer[], fields: Fields): Peer {
  for (const name of ['share_id', 'resource_url']) if (isMissing(fields, name)) throw invalid(`${name} is missing`);
  const resource = firstField(fields, 'resource_url') ?? '';
  const [peer, ...others] = peers.filter(({ origins }) => isAllowed(resource, origins));
  const callback = firstField(fields, 'callback') ?? '';
  if (peer === undefined || others.length > 0 || (callback !== '' && !isAllowed(callback, peer.origins))) {
    throw new Failure('forbidden', 'These addresses belong to no cloud that may send without a signature.');
  }
  return peer;
}

/** The legacy peer whose share is meant: `not-found` when it is none's, or several's. */
export async function sharerOf({ peersWith }: LegacyInputs, peers: readonly Peer[], fields: Fields): Promise<Peer> {
  if (isMissing(fields, 'share_id')) throw invalid('share_id is missing');
  const ids = await peersWith(firstField(fields, 'share_id') ?? '');
  const [peer, ...others] = peers.filter(({ id }) => ids.includes(id));
  if (peer === undefined || others.length > 0) throw notFound('This share is not known here.');
  return peer;
}

function isMissing(fields: Fields, name: string): boolean {
  return (firstField(fields, name) ?? '') === '';
}
