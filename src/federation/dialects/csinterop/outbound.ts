import type { Peer } from '../../../peers/index.js';
import type { GrantMessage } from '../../../shares/index.js';
import { grantFields, type GrantNames, type WrittenGrant } from '../../cloudspaces/index.js';

/**
 * Python's word for yes; and nothing for no, because any other word means yes to the references
 * (cloudspaces-interop.md 5; 12, defect 1).
 */
export function acceptedWord(accepted: boolean): string {
  return accepted ? 'True' : '';
}

/** The names that the references read. In a signed request a verifier would take them for its own. */
const LEGACY_NAMES: GrantNames = ['oauth_access_token', 'oauth_access_token_secret'];

/** A peer that checks no signature gets the names that it knows, unsigned (section 6, "Name collision"). */
export function writeGrant(peer: Peer, grant: GrantMessage): WrittenGrant {
  const unsigned = peer.allowUnsigned || peer.credentialsByGet;
  return unsigned ? { unsigned, fields: grantFields(grant, LEGACY_NAMES) } : { fields: grantFields(grant) };
}
