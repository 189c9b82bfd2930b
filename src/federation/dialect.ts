import type { Fields } from '../kernel/index.js';
import type { Peer } from '../peers/index.js';
import type { DecisionMessage, EndMessage, GrantMessage, MessageAnswer, Offer, OfferAnswer } from '../shares/index.js';

/**
 * How another cloud makes agreements: one peer protocol, or one vendor's reading of it, on the wire. A dialect holds no
 * state and no database: it reads what arrives into the words above (throwing `Failure` in the wire contract's order
 * and wording) and sends them, judging the answer. Signatures are checked by the door before a message is read. All but
 * `sendOffer` throw `unavailable` when the keys that the peer issued to us are not recorded, unless it cannot sign.
 */
export interface Dialect {
  readonly name: string;
  /** Reads a proposal. Throws `invalid` naming the field; origins are checked against `peer`. */
  readOffer(fields: Fields, peer: Peer, now: number): Offer;
  /** Reads the query of a callback. */
  readDecision(fields: Fields): DecisionMessage;
  /** Reads credentials. */
  readGrant(fields: Fields): GrantMessage;
  /** Reads the end of an agreement. */
  readEnd(fields: Fields): EndMessage;
  /**
   * Presents a proposal in the way that the peer takes it: waits for its answer (a person is waiting too), or says how
   * the person's browser carries it. Never throws for what a peer does.
   */
  sendOffer(peer: Peer, offer: Offer): Promise<OfferAnswer>;
  /** The address to which the recipient's browser carries the decision. */
  decisionUrl(peer: Peer, callback: string, decision: DecisionMessage): URL;
  /** Repeats the decision from server to server, for when the browser was lost (cloudspaces-interop.md 5, healing). */
  sendDecision(peer: Peer, callback: string, decision: DecisionMessage): Promise<MessageAnswer>;
  /** Delivers the credentials. */
  sendGrant(peer: Peer, grant: GrantMessage): Promise<MessageAnswer>;
  /** Tells the end of an agreement; a peer without an address for it counts as told. */
  sendEnd(peer: Peer, end: EndMessage): Promise<MessageAnswer>;
}
