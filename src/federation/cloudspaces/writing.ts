import type { Fields } from '../../kernel/index.js';
import type { EndMessage, GrantMessage, Offer } from '../../shares/index.js';
import { PROTOCOL_VERSION } from './fields.js';

/** The nine fields of a proposal (cloudspaces-interop.md 3): nothing in them is a secret that opens anything. */
export function offerFields(offer: Offer): Fields {
  return [
    ['share_id', offer.shareId],
    ['resource_url', offer.resourceUrl],
    ['owner_name', offer.ownerName],
    ['owner_email', offer.ownerEmail],
    ['folder_name', offer.folderName],
    ['permission', offer.permission],
    ['recipient', offer.recipient],
    ['callback', offer.callback],
    ['protocol_version', PROTOCOL_VERSION],
  ];
}

/** What a peer calls the token and its secret. */
export type GrantNames = readonly [token: string, secret: string];

/** No OAuth verifier takes these for parameters of its own (section 6, "Name collision"). */
const OWN_NAMES: GrantNames = ['access_token_key', 'access_token_secret'];

/** The fields of credentials (section 6). */
export function grantFields(grant: GrantMessage, [token, secret] = OWN_NAMES): Fields {
  return [
    ['share_id', grant.shareId],
    ['auth_protocol', 'oauth'],
    ['auth_protocol_version', '1.0a'],
    [token, grant.token],
    [secret, grant.secret],
  ];
}

/** The fields of an end (section 7). */
export function endFields(end: EndMessage): Fields {
  return [
    ['share_id', end.shareId],
    ['protocol_version', PROTOCOL_VERSION],
    ...(end.reason === undefined ? [] : [['reason', end.reason] as const]),
  ];
}
