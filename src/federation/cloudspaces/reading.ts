import { invalid, parseEmail, parsePermission, parseStorageTime, type Fields } from '../../kernel/index.js';
import { checkPeerUrl, type Peer } from '../../peers/index.js';
import type {
  DecisionMessage,
  EndMessage,
  EndReason,
  GrantMessage,
  Offer,
  OfferedResource,
} from '../../shares/index.js';
import { checkCallback, readResource, type AddressBook } from './addresses.js';
import { checkVersion, named, OFFER_FIELDS, optional, required, shareId } from './fields.js';

/** What {@link readOffer} needs: the sender, the time, and how to read addresses. */
interface OfferReading {
  readonly peer: Peer;
  readonly now: number;
  readonly book: AddressBook;
}

/**
 * Reads a proposal (cloudspaces-interop.md 3). First the presence of fields is checked, in the order of the contract's
 * table, then their values.
 */
export function readOffer(fields: Fields, { peer, now, book }: OfferReading): Offer {
  const folderName = folderNameOf(fields);
  for (const name of OFFER_FIELDS) if (name !== 'folder_name') required(fields, name);
  checkVersion(fields);
  return {
    shareId: shareId(fields),
    ...named('resource_url', () => readAddress(required(fields, 'resource_url'), peer, book)),
    ownerName: required(fields, 'owner_name'),
    ownerEmail: named('owner_email', () => parseEmail(required(fields, 'owner_email'))),
    folderName,
    permission: parsePermission(required(fields, 'permission')),
    recipient: named('recipient', () => parseEmail(required(fields, 'recipient'))),
    callback: named('callback', () => checkCallback(required(fields, 'callback'), peer)),
    expiresAt: expiry(fields, now),
  };
}

/** `folder_name`, or NEC's name for it; both only if they are equal. */
function folderNameOf(fields: Fields): string {
  const own = optional(fields, 'folder_name');
  const alias = optional(fields, 'resource_name');
  if (own !== undefined && alias !== undefined && own !== alias) throw invalid('folder_name and resource_name differ');
  const name = own ?? alias;
  if (name === undefined) return requiredInOrder(fields);
  return name;
}

/** Without a name of the folder, reports the first missing field in table order. */
function requiredInOrder(fields: Fields): never {
  for (const name of OFFER_FIELDS) required(fields, name);
  throw invalid('folder_name is missing');
}

function readAddress(text: string, peer: Peer, book: AddressBook): OfferedResource & Pick<Offer, 'resourceUrl'> {
  checkPeerUrl(text, peer.origins);
  return { resourceUrl: text, ...readResource(book, peer, text) };
}

function expiry(fields: Fields, now: number): number | undefined {
  const text = optional(fields, 'expires_at');
  if (text === undefined) return undefined;
  const at = parseStorageTime(text, 'expires_at');
  if (at <= now) throw invalid('expires_at has passed');
  return at;
}

/**
 * Reads the query of a callback (cloudspaces-interop.md 5): only `true` and `false`, in any letter case, and once (threat
 * model CBK-02).
 */
export function readDecision(fields: Fields): DecisionMessage {
  const id = shareId(fields);
  const [accepted, ...more] = fields.filter(([name]) => name === 'accepted').map(([, value]) => value.toLowerCase());
  if (more.length > 0 || (accepted !== 'true' && accepted !== 'false')) throw invalid('accepted must be true or false');
  return { shareId: id, accepted: accepted === 'true' };
}

const TOKEN_NAMES = ['access_token_key', 'oauth_access_token', 'oauth_token'];
const SECRET_NAMES = ['access_token_secret', 'oauth_access_token_secret', 'oauth_token_secret'];

/** Reads credentials under any of their known names (cloudspaces-interop.md 6). */
export function readGrant(fields: Fields): GrantMessage {
  const id = shareId(fields);
  const protocol = required(fields, 'auth_protocol');
  const version = required(fields, 'auth_protocol_version');
  if (protocol.toLowerCase() !== 'oauth' || (version !== '1.0a' && version !== '1.0')) {
    throw invalid('Authentication method not supported');
  }
  const [token, secret] = [firstOf(fields, TOKEN_NAMES), firstOf(fields, SECRET_NAMES)];
  return { shareId: id, credentials: { kind: 'oauth1', token, secret } };
}

/** A blank value counts as empty, because it could prove nothing (threat model OAU-01). */
function firstOf(fields: Fields, names: readonly string[]): string {
  const values = names.map((name) => optional(fields, name));
  const value = values.find((text) => text !== undefined && text.trim() !== '');
  if (value === undefined) throw invalid(`${String(names[0])} is missing`);
  return value;
}

const REASONS: readonly EndReason[] = ['revoked', 'left', 'withdrawn', 'expired', 'deleted'];

/** Reads the end of an agreement (cloudspaces-interop.md 7); an unknown reason counts as absent. */
export function readEnd(fields: Fields): EndMessage {
  const id = shareId(fields);
  checkVersion(fields);
  const text = optional(fields, 'reason')?.toLowerCase();
  return { shareId: id, reason: REASONS.find((reason) => reason === text) };
}
