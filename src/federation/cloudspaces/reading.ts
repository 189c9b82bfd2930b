import { invalid, parseEmail, parsePermission, parseStorageTime, type Fields } from '../../kernel/index.js';
import { checkPeerUrl, type Peer } from '../../peers/index.js';
import type { DecisionMessage, EndMessage, EndReason, GrantMessage, Offer } from '../../shares/index.js';
import { checkVersion, named, OFFER_FIELDS, optional, required, shareId } from './fields.js';

/** Reads a proposal (cloudspaces-interop.md 3). Presence is checked in table order first, then every value. */
export function readOffer(fields: Fields, peer: Peer, now: number): Offer {
  const folderName = folderNameOf(fields);
  for (const name of OFFER_FIELDS) if (name !== 'folder_name') required(fields, name);
  checkVersion(fields);
  return {
    shareId: shareId(fields),
    resourceUrl: named('resource_url', () => resourceUrl(required(fields, 'resource_url'), peer)),
    ownerName: required(fields, 'owner_name'),
    ownerEmail: named('owner_email', () => parseEmail(required(fields, 'owner_email'))),
    folderName,
    permission: parsePermission(required(fields, 'permission')),
    recipient: named('recipient', () => parseEmail(required(fields, 'recipient'))),
    callback: named('callback', () => callback(required(fields, 'callback'), peer)),
    expiresAt: expiry(fields, now),
  };
}

/** `folder_name`, or what NEC calls it; both only when they agree. */
function folderNameOf(fields: Fields): string {
  const own = optional(fields, 'folder_name');
  const alias = optional(fields, 'resource_name');
  if (own !== undefined && alias !== undefined && own !== alias) throw invalid('folder_name and resource_name differ');
  const name = own ?? alias;
  if (name === undefined) return requiredInOrder(fields);
  return name;
}

/** Nothing names the folder: report the first missing field in table order. */
function requiredInOrder(fields: Fields): never {
  for (const name of OFFER_FIELDS) required(fields, name);
  throw invalid('folder_name is missing');
}

function resourceUrl(text: string, peer: Peer): string {
  checkPeerUrl(text, peer.origins);
  return text;
}

/** Its own query is allowed, unless it names what the answer adds (threat model CBK-07). */
function callback(text: string, peer: Peer): string {
  const url = checkPeerUrl(text, peer.origins);
  if (url.searchParams.has('share_id') || url.searchParams.has('accepted')) {
    throw invalid('it must not name share_id or accepted itself.');
  }
  return text;
}

function expiry(fields: Fields, now: number): number | undefined {
  const text = optional(fields, 'expires_at');
  if (text === undefined) return undefined;
  const at = parseStorageTime(text, 'expires_at');
  if (at <= now) throw invalid('expires_at has passed');
  return at;
}

/** Reads the query of a callback (section 5): only `true` and `false`, in any letter case, and once (CBK-02). */
export function readDecision(fields: Fields): DecisionMessage {
  const id = shareId(fields);
  const [accepted, ...more] = fields.filter(([name]) => name === 'accepted').map(([, value]) => value.toLowerCase());
  if (more.length > 0 || (accepted !== 'true' && accepted !== 'false')) throw invalid('accepted must be true or false');
  return { shareId: id, accepted: accepted === 'true' };
}

const TOKEN_NAMES = ['access_token_key', 'oauth_access_token', 'oauth_token'];
const SECRET_NAMES = ['access_token_secret', 'oauth_access_token_secret', 'oauth_token_secret'];

/** Reads credentials under any of their known names (section 6). */
export function readGrant(fields: Fields): GrantMessage {
  const id = shareId(fields);
  const protocol = required(fields, 'auth_protocol');
  const version = required(fields, 'auth_protocol_version');
  if (protocol.toLowerCase() !== 'oauth' || (version !== '1.0a' && version !== '1.0')) {
    throw invalid('Authentication method not supported');
  }
  return { shareId: id, token: firstOf(fields, TOKEN_NAMES), secret: firstOf(fields, SECRET_NAMES) };
}

function firstOf(fields: Fields, names: readonly string[]): string {
  const present = names.find((name) => optional(fields, name) !== undefined) ?? String(names[0]);
  return required(fields, present);
}

const REASONS: readonly EndReason[] = ['revoked', 'left', 'withdrawn', 'expired', 'deleted'];

/** Reads the end of an agreement (section 7); a reason that we do not know counts as none. */
export function readEnd(fields: Fields): EndMessage {
  const id = shareId(fields);
  checkVersion(fields);
  const text = optional(fields, 'reason')?.toLowerCase();
  return { shareId: id, reason: REASONS.find((reason) => reason === text) };
}
