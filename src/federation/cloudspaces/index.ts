import type { DialectName, Peer } from '../../peers/index.js';
import type { EndMessage, MessageAnswer, OwnGrant, ShareName } from '../../shares/index.js';
import { attempted } from '../peer-call/answers.js';
import type { InteropDialect } from '../ports/dialect.js';
import type { SignedWire } from '../peer-call/signed-wire.js';
import { readResource, writeAddresses, type AddressBook } from './addresses.js';
import { readFields } from './bodies.js';
import { deciding } from './deciding.js';
import { shareId } from './fields.js';
import { PLAIN, type Manner } from './manner.js';
import { propose } from './proposing.js';
import { readDecision, readEnd, readGrant, readOffer } from './reading.js';
import { endFields } from './writing.js';

export type { WrittenGrant } from './manner.js';
export { RESULT_PATH, type AddressBook } from './addresses.js';
export { readAddresses, readFields } from './bodies.js';
export { grantFields, offerFields, type GrantNames, type WrittenOffer } from './writing.js';

/** What every dialect of this protocol needs. */
export interface CloudSpacesInputs {
  readonly wire: SignedWire;
  readonly book: AddressBook;
}

/**
 * A dialect of the CloudSpaces interoperability protocol 1.0. All dialects read everything that any of them writes
 * (cloudspaces-interop.md 3 to 7); `otherwise` says what this one writes differently from {@link PLAIN}.
 */
export function createCloudSpacesDialect(
  { wire, book }: CloudSpacesInputs,
  name: DialectName,
  otherwise: Partial<Manner> = {},
): InteropDialect {
  const manner: Manner = { ...PLAIN, ...otherwise };
  return {
    name,
    abilities: manner.abilities,
    readResource: (peer, resourceUrl) => readResource(book, peer, resourceUrl),
    ...reading(manner, book),
    sendOffer: (peer, offer) => propose(wire, peer, manner.writeOffer({ ...offer, ...writeAddresses(book, offer) })),
    ...deciding(wire, manner),
    sendGrant: (peer, grant) => sendGrant(wire, manner, peer, grant),
    sendEnd: (peer, end) => sendEnd(wire, peer, end),
  };
}

/**
 * The reading half, the same for all dialects; only names of shares are compared as the peer spells them, in every
 * message.
 */
function reading(
  { keyOf }: Manner,
  book: AddressBook,
): Pick<InteropDialect, 'readName' | 'readOffer' | 'readGrant' | 'readEnd' | 'readDecision'> {
  const keyed = <Message extends ShareName>(message: Message): Message => {
    const shareKey = keyOf(message.shareId);
    return shareKey === message.shareId ? message : { ...message, shareKey };
  };
  return {
    readName: (message) => keyed({ shareId: shareId(readFields(message)) }),
    readOffer: (message, peer, now) => keyed(readOffer(readFields(message), { peer, now, book })),
    readGrant: (message) => keyed(readGrant(readFields(message))),
    readEnd: (message) => keyed(readEnd(readFields(message))),
    // A callback names an outgoing share; our own names have one spelling only.
    readDecision(message) {
      const decision = readDecision(readFields(message));
      return { ...decision, shareId: keyOf(decision.shareId) };
    },
  };
}

/**
 * Sends credentials, always from server to server. For a peer with `credentialsByGet` the address contains secrets, so
 * it is never logged.
 */
function sendGrant(wire: SignedWire, manner: Manner, peer: Peer, grant: OwnGrant): Promise<MessageAnswer> {
  const { fields, unsigned } = manner.writeGrant(peer, grant);
  const { credentialsUrl, credentialsByGet } = peer;
  return attempted(() =>
    credentialsByGet
      ? wire.getForm(peer, credentialsUrl, fields, { unsigned })
      : wire.postForm(peer, credentialsUrl, fields, { unsigned }),
  );
}

/**
 * Sends the end of a share. A peer without an unshare URL counts as told: it notices when the token stops working
 * (cloudspaces-interop.md 7).
 */
async function sendEnd(wire: SignedWire, peer: Peer, end: EndMessage): Promise<MessageAnswer> {
  const { unshareUrl } = peer;
  if (unshareUrl === undefined) return { kind: 'taken', note: 'the peer has no address for this' };
  return attempted(() => wire.postForm(peer, unshareUrl, endFields(end)));
}
