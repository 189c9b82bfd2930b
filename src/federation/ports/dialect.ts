import type { Peer } from '../../peers/index.js';
import type {
  DecisionMessage,
  EndMessage,
  GrantMessage,
  MessageAnswer,
  Offer,
  OfferAnswer,
  OfferedResource,
  OwnDecision,
  OwnEnd,
  OwnGrant,
  OwnOffer,
  ShareName,
} from '../../shares/index.js';
import type { Message } from './message.js';

/** What clouds of one dialect do that others do not. */
export interface DialectAbilities {
  /**
   * They send credentials in the query of an address and, as published, accept them in no other way
   * (cloudspaces-interop.md 9).
   */
  readonly credentialsInAddress: boolean;
}

/** Abilities of a dialect that this program does not speak. */
export const NO_ABILITIES: DialectAbilities = { credentialsInAddress: false };

/**
 * How another cloud is told of agreements: one peer protocol, or one vendor's reading of it, on the wire. A dialect has no
 * state and no database: it sends messages, and judges the answers. All but `sendOffer` throw `unavailable` when the keys that
 * the peer issued to us are not recorded, unless it cannot sign.
 */
export interface Dialect {
  readonly name: string;
  readonly abilities: DialectAbilities;
  /**
   * Presents a proposal in the way that the peer takes it: waits for its answer, while a person waits, or says how the
   * person's browser carries it. Never throws because of what a peer does.
   */
  sendOffer(peer: Peer, offer: OwnOffer): Promise<OfferAnswer>;
  /** The address to which the recipient's browser carries the decision. */
  decisionUrl(peer: Peer, callback: string, decision: DecisionMessage): URL;
  /** Repeats the decision from server to server, for when the browser was lost (cloudspaces-interop.md 5, healing). */
  sendDecision(peer: Peer, callback: string, decision: OwnDecision): Promise<MessageAnswer>;
  /** Tells what the recipient may do from now on. Absent in a protocol that has no message for it. */
  readonly sendTerms?: (peer: Peer, offer: OwnOffer) => Promise<MessageAnswer>;
  /** Sends the end of an agreement; a peer without an address for it counts as told. */
  sendEnd(peer: Peer, end: OwnEnd): Promise<MessageAnswer>;
}

/**
 * A dialect of the CloudSpaces interoperability protocol. It reads messages into the types of `shares` (throwing `Failure` in
 * the wire contract's order and wording). Only dialects make and read the addresses in messages. Signatures are checked by the
 * door before a message is read.
 */
export interface InteropDialect extends Dialect {
  /** Reads which share a message of any kind is about. */
  readName(message: Message): ShareName;
  /** Reads a proposal. Throws `invalid` naming the field; origins are checked against `peer`. */
  readOffer(message: Message, peer: Peer, now: number): Offer;
  /** Reads what the address in a proposal of the peer names. Throws `invalid` when it can name nothing that is shared. */
  readResource(peer: Peer, resourceUrl: string): OfferedResource;
  /** Reads the recipient's decision. */
  readDecision(message: Message): DecisionMessage;
  /** Reads credentials. */
  readGrant(message: Message): GrantMessage;
  /** Reads the end of an agreement. */
  readEnd(message: Message): EndMessage;
  /** Delivers the credentials. */
  sendGrant(peer: Peer, grant: OwnGrant): Promise<MessageAnswer>;
}
