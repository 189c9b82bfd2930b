import { ocmAddresses } from './ocm-said.js';
import type { DialectName, Peer } from './peer.js';

/** What a peer does that others do not, by the dialect in its record; asked by name, so that nobody asks which dialect it is. */
export interface PeerAbilities {
  /**
   * Consumer keys are exchanged with it: we issue it a pair and sign with the one that it issued to us, its proposals are those
   * of CloudSpaces, and a new address of its own is proven by its keys. Without, its keys are those that it publishes, and it is
   * asked what it says of itself.
   */
  readonly exchangesKeys: boolean;
  /** The addresses in its record are those of its server, and change with it. */
  readonly followsItsServer: boolean;
}

const BY_KEYS: PeerAbilities = { exchangesKeys: true, followsItsServer: false };

/** Of the dialects that are no reading of the CloudSpaces protocol. */
const OTHERS: Readonly<Partial<Record<DialectName, PeerAbilities>>> = {
  ocm: { exchangesKeys: false, followsItsServer: true },
};

/** The abilities of a peer; without a dialect, of a cloud that was found to speak some reading of the CloudSpaces protocol. */
export function abilitiesOfPeer({ dialect }: { readonly dialect: DialectName | undefined }): PeerAbilities {
  return (dialect && OTHERS[dialect]) ?? BY_KEYS;
}

/** What changes in the record of a peer when its server has another end point; undefined: nobody of that name yet. */
export function addressesAt(peer: Pick<Peer, 'dialect'> | undefined, endPoint: string) {
  return peer !== undefined && abilitiesOfPeer(peer).followsItsServer ? ocmAddresses(endPoint) : {};
}
