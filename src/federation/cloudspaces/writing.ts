import type { Fields } from '../../kernel/index.js';
import type { EndMessage, OwnGrant, ProposalTerms } from '../../shares/index.js';
import type { WrittenAddresses } from './addresses.js';
import { PROTOCOL_VERSION } from './fields.js';

/** A proposal of ours with its addresses. */
export type WrittenOffer = ProposalTerms & WrittenAddresses;

/** The nine fields of a proposal (cloudspaces-interop.md 3). None of them is a secret that gives access. */
export function offerFields(offer: WrittenOffer): Fields {
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

/** The field names of token and secret in a peer's dialect. */
export type GrantNames = readonly [token: string, secret: string];

/**
 * Names without the prefix `oauth_`, so that no OAuth verifier takes them for protocol parameters
 * (cloudspaces-interop.md 6, "Name collision").
 */
const OWN_NAMES: GrantNames = ['access_token_key', 'access_token_secret'];

/** The fields of credentials (cloudspaces-interop.md 6). */
export function grantFields(grant: OwnGrant, [token, secret] = OWN_NAMES): Fields {
  return [
    ['share_id', grant.shareId],
    ['auth_protocol', 'oauth'],
    ['auth_protocol_version', '1.0a'],
    [token, grant.token],
    [secret, grant.secret],
  ];
}

/** The fields of an end (cloudspaces-interop.md 7). */
export function endFields(end: EndMessage): Fields {
  return [
    ['share_id', end.shareId],
    ['protocol_version', PROTOCOL_VERSION],
    ...(end.reason === undefined ? [] : [['reason', end.reason] as const]),
  ];
}
