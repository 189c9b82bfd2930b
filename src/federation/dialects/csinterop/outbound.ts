import type { Peer } from '../../../peers/index.js';
import type { OwnGrant } from '../../../shares/index.js';
import { grantFields, type GrantNames, type WrittenGrant } from '../../cloudspaces/index.js';

/**
 * `True` for yes, and an empty value for no, because the reference implementations take any other word for yes
 * (cloudspaces-interop.md 5; 12, defect 1).
 */
export function acceptedWord(accepted: boolean): string {
  return accepted ? 'True' : '';
}

/**
 * The names that the reference implementations read. In a signed request a verifier would take them for OAuth
 * parameters.
 */
const LEGACY_NAMES: GrantNames = ['oauth_access_token', 'oauth_access_token_secret'];

/** Uses the reference names only for a peer that checks no signatures (cloudspaces-interop.md 6, "Name collision"). */
export function writeGrant(peer: Peer, grant: OwnGrant): WrittenGrant {
  const unsigned = peer.allowUnsigned || peer.credentialsByGet;
  return unsigned ? { unsigned, fields: grantFields(grant, LEGACY_NAMES) } : { fields: grantFields(grant) };
}
