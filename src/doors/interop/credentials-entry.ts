import { invalid, MINUTE, type Fields } from '../../kernel/index.js';
import { parsePairs } from '../../oauth1/index.js';
import type { Peer } from '../../peers/index.js';
import type { Limiter } from '../../platform/index.js';
import { isForm, type Arrival } from '../door.js';
import { requireOrigin } from '../origin.js';
import { refusePrefetch } from '../prefetch.js';
import type { PeerCaller, PeerEntry } from './entry.js';
import { legacyPeers, sharerOf, type LegacyInputs } from './legacy-peers.js';
import { postOnly } from './proposal-entry.js';

/** Whose credentials these are. */
export interface CredentialsCaller extends PeerCaller {
  /** The peer signed them; otherwise they are believed only once they have opened what was shared. */
  readonly isSigned: boolean;
}

/** The entry checks of credentials (cloudspaces-interop.md 6). */
export interface CredentialsEntry {
  /** By POST: signed, or of a peer that cannot sign. */
  readonly posted: (arrival: Arrival) => Promise<CredentialsCaller>;
  /** By GET, only of peers that can neither sign nor post (REF): for all others the method does not exist. */
  readonly got: (arrival: Arrival) => Promise<CredentialsCaller>;
}

/** What they need. */
export interface CredentialsEntryInputs extends LegacyInputs {
  readonly publicOrigin: string;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly signed: Pick<PeerEntry, 'message'>;
}

/** Each of them costs its peer a probe; counted per sender, so that a stranger's guesses keep nobody else out. */
const UNSIGNED = { acts: 30, per: MINUTE };

/** Checks whose credentials are. */
export function createCredentialsEntry(inputs: CredentialsEntryInputs): CredentialsEntry {
  const { publicOrigin, signed, limiter } = inputs;
  const unsigned = async (
    { http }: Arrival,
    fields: Fields,
    mayUse: (peer: Peer) => void,
  ): Promise<CredentialsCaller> => {
    requireOrigin(http, publicOrigin);
    const peers = await legacyPeers(inputs);
    await limiter.spend(`unsigned-credentials:${http.ip ?? ''}`, UNSIGNED);
    const peer = await sharerOf(inputs, peers, fields);
    mayUse(peer);
    return { peer, fields, isSigned: false };
  };
  return {
    async posted(arrival) {
      const { http, query, text } = arrival;
      if (http.headers.authorization !== undefined || !isForm(http)) {
        const caller = await signed.message(arrival);
        // A secret in the address would end up in somebody's log (G6, CRD-05).
        if (query.length > 0) throw bodyOnly();
        return { ...caller, isSigned: true };
      }
      return unsigned(arrival, [...query, ...parsePairs(text)], (peer) => {
        if (query.length > 0 && !isReference(peer)) throw bodyOnly();
      });
    },
    async got(arrival) {
      const { http, query } = arrival;
      if (http.headers.authorization !== undefined || !(await inputs.lenient()).some(isReference)) throw postOnly();
      refusePrefetch(http);
      return unsigned(arrival, query, (peer) => {
        if (!isReference(peer)) throw postOnly();
      });
    },
  };
}

/** The references send what they have in the address (section 9, REF and INT). */
function isReference({ dialect, allowUnsigned }: Peer): boolean {
  return dialect === 'csinterop' && allowUnsigned;
}

function bodyOnly(): Error {
  return invalid('Send the credentials in the body, not in the address.');
}
