import { keepItemName, keepLabel, keepName, invalid, isFailure, type PeerId } from '../../kernel/index.js';
import type { Sealer } from '../../platform/index.js';
import type { Offer, OfferedResource } from './agreement.js';

/**
 * A proposal that came by a browser or unsigned. No row is stored for it (cloudspaces-interop.md 3): all of it is
 * sealed into the address of its consent page, so that a flood of them fills no database (threat model PRO-07).
 */
export interface CarriedOffer {
  readonly peerId: PeerId;
  /** The names in it are cleaned for display. What its address names is read again when it is opened. */
  readonly offer: CarriedTerms;
  /** Digest of the content as received. */
  readonly digest: string;
  /** True when the peer has signed it. */
  readonly isSigned: boolean;
  /** When it came, milliseconds. */
  readonly arrivedAt: number;
}

/** A proposal without the fields that can be read from its address, to keep it short. */
export type CarriedTerms = Omit<Offer, keyof OfferedResource>;

/** Longest address that browsers, proxies and our redirect after sign-in handle, characters. */
const LONGEST = 6_000;

const CONTEXT = 'carried proposal';

/** The id under which a consent page finds the proposal again. Throws `invalid` when it would be too long an address. */
export function sealOffer(
  sealer: Sealer,
  { offer, ...rest }: Omit<CarriedOffer, 'offer'> & { readonly offer: Offer },
): string {
  const { kind: _kind, storageApi: _storageApi, ...terms } = offer;
  const names = {
    ownerName: keepLabel(offer.ownerName, 200),
    ownerEmail: keepName(offer.ownerEmail, 254),
    folderName: keepItemName(offer.folderName),
  };
  const id = sealer.seal(JSON.stringify({ ...rest, offer: { ...terms, ...names } }), CONTEXT);
  if (id.length > LONGEST) throw invalid('The proposal is too long to be carried by a browser.');
  return id;
}

/** Opens an id of {@link sealOffer}; undefined for any other id. */
export function openOffer(sealer: Sealer, id: string): CarriedOffer | undefined {
  // Ids of stored proposals are letters and digits.
  if (!id.includes('.') || id.length > LONGEST) return undefined;
  try {
    return readCarried(JSON.parse(sealer.open(id, CONTEXT)) as CarriedOffer);
  } catch (error) {
    if (isFailure(error)) return undefined;
    throw error;
  }
}

/** Sets fields that are absent in JSON to undefined. */
function readCarried({ offer, ...rest }: CarriedOffer): CarriedOffer {
  const { expiresAt, ...terms } = offer;
  return { ...rest, offer: { ...terms, expiresAt } };
}
