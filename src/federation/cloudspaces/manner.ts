import type { Fields } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import type { DecisionMessage, GrantMessage, Offer } from '../../shares/index.js';
import type { Signing } from '../signed-wire.js';
import { readDecision } from './reading.js';
import { grantFields, offerFields } from './writing.js';

/** What the readings of the protocol differ in; a dialect says only what it does otherwise than {@link PLAIN}. */
export interface Manner {
  /** The fields of a proposal as this reading names them. */
  readonly writeOffer: (offer: Offer) => Fields;
  /** What `accepted` says. */
  readonly acceptedWord: (accepted: boolean) => string;
  /** The credentials, under the names that this reading knows. */
  readonly writeGrant: (peer: Peer, grant: GrantMessage) => WrittenGrant;
  /** The query of a callback; it names a share of ours. */
  readonly readDecision: (fields: Fields) => DecisionMessage;
  /** Statuses beside 2xx by which an origin shows that it has heard a decision. */
  readonly heardBy: readonly number[];
}

/** Credentials as they are sent. */
export interface WrittenGrant extends Signing {
  readonly fields: Fields;
}

/** The protocol as it is written, with our rulings where it is silent. */
export const PLAIN: Manner = {
  writeOffer: offerFields,
  acceptedWord: String,
  writeGrant: (_peer, grant) => ({ fields: grantFields(grant) }),
  readDecision,
  // A cloud that has taken the decision may lead the browser that it expects to its return page (section 5).
  heardBy: [303],
};
