import { displayText, invalid, isFailure, type Email, type PeerId, type Permission } from '../kernel/index.js';
import type { Sealer } from '../platform/index.js';
import type { Offer } from './agreement.js';

/**
 * A proposal that a browser brought, or that nobody signed. It leaves no row (cloudspaces-interop.md 3): all of it stands,
 * sealed, in the address of its consent page, so that a flood of them costs nothing (threat model PRO-07).
 */
export interface CarriedOffer {
  readonly peerId: PeerId;
  /** The names in it tamed for display. */
  readonly offer: Offer;
  /** Digest of the content as it came. */
  readonly digest: string;
  /** The peer signed it. */
  readonly isSigned: boolean;
  /** When it came, milliseconds. */
  readonly arrivedAt: number;
}

/** Browsers, proxies and the memory of where somebody wanted to go take addresses of this length, characters. */
const LONGEST = 6_000;

const CONTEXT = 'carried proposal';

/** The id under which a consent page finds the proposal again. Throws `invalid` when it would be too long an address. */
export function sealOffer(sealer: Sealer, { offer, ...rest }: CarriedOffer): string {
  const names = {
    ownerName: displayText(offer.ownerName),
    ownerEmail: displayText(offer.ownerEmail, 254),
    folderName: displayText(offer.folderName),
  };
  const id = sealer.seal(JSON.stringify({ ...rest, offer: { ...offer, ...names } }), CONTEXT);
  if (id.length > LONGEST) throw invalid('The proposal is too long to be carried by a browser.');
  return id;
}

/** The proposal in an id of {@link sealOffer}; undefined for every other id. */
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

/** What is absent in JSON is undefined here. */
function readCarried({ offer, ...rest }: CarriedOffer): CarriedOffer {
  const { expiresAt, ...terms } = offer as Offer & { readonly permission: Permission; readonly recipient: Email };
  return { ...rest, offer: { ...terms, expiresAt } };
}
