import type { Fields } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import type { OwnGrant } from '../../shares/index.js';
import { NO_ABILITIES, type DialectAbilities } from '../ports/dialect.js';
import type { Signing } from '../peer-call/signed-wire.js';
import { grantFields, offerFields, type WrittenOffer } from './writing.js';

/** In what dialects of the protocol differ. A dialect gives only what it does differently from {@link PLAIN}. */
export interface Manner {
  /** The fields of a proposal, under the names of this dialect. */
  readonly writeOffer: (offer: WrittenOffer) => Fields;
  /** The value of the field `accepted`. */
  readonly acceptedWord: (accepted: boolean) => string;
  /** The credentials, under the names of this dialect. */
  readonly writeGrant: (peer: Peer, grant: OwnGrant) => WrittenGrant;
  /**
   * The text by which the name of a share is compared in every message: the same for all its spellings (ruling F-15).
   */
  readonly keyOf: (shareId: string) => string;
  /** Statuses, besides 2xx, with which an origin confirms a decision. */
  readonly heardBy: readonly number[];
  readonly abilities: DialectAbilities;
}

/** Credentials as they are sent. */
export interface WrittenGrant extends Signing {
  readonly fields: Fields;
}

/** The protocol as its text says, with our rulings where it says nothing. */
export const PLAIN: Manner = {
  writeOffer: offerFields,
  acceptedWord: String,
  writeGrant: (_peer, grant) => ({ fields: grantFields(grant) }),
  keyOf: (shareId) => shareId,
  // A cloud that has recorded the decision may redirect the browser to its return page (cloudspaces-interop.md 5).
  heardBy: [303],
  abilities: NO_ABILITIES,
};
