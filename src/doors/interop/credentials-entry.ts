import { readFields, type Message } from '../../federation/index.js';
import { invalid, MINUTE } from '../../kernel/index.js';
import type { Peer } from '../../peers/index.js';
import { networkOf, type Limiter } from '../../platform/index.js';
import { isForm, type Arrival } from '../door/door.js';
import { requireOwnWebOrigin } from '../callers/web-origin.js';
import { refusePrefetch } from '../door/prefetch.js';
import type { PeerCaller, PeerEntry } from './entry.js';
import { legacyPeers, sharerOf, type LegacyInputs } from './legacy-peers.js';
import { postOnly } from './proposal-entry.js';
import { inAddress, inBody, knowSender } from './senders.js';

/** The sender of credentials. */
export interface CredentialsCaller extends PeerCaller {
  /** True when the peer has signed them; otherwise they count only once they have worked. */
  readonly isSigned: boolean;
}

/** The entry checks of credentials (cloudspaces-interop.md 6). */
export interface CredentialsEntry {
  /** By POST: signed, or of a peer that cannot sign. */
  readonly posted: (arrival: Arrival) => Promise<CredentialsCaller>;
  /**
   * By GET, only of peers that can neither sign nor post, as the Python reference: for all others the method does not
   * exist.
   */
  readonly got: (arrival: Arrival) => Promise<CredentialsCaller>;
}

/** What they need. */
export interface CredentialsEntryInputs extends LegacyInputs {
  readonly webOrigin: string;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly signed: Pick<PeerEntry, 'message'>;
}

/**
 * The limit of unsigned credentials, each of which causes a probe; counted per sender, so that a stranger's guesses do
 * not lock out others.
 */
const UNSIGNED = { acts: 30, per: MINUTE, ofStrangers: true };

/** Finds and checks the sender of credentials. */
export function createCredentialsEntry(inputs: CredentialsEntryInputs): CredentialsEntry {
  const unsigned = unsignedEntry(inputs);
  const mayUseAddress = (peer: Peer): boolean => peer.allowUnsigned && inputs.abilitiesOf(peer).credentialsInAddress;
  return {
    async posted(arrival) {
      const { http, query } = arrival;
      if (http.headers.authorization !== undefined || !isForm(http)) {
        const caller = await inputs.signed.message(arrival);
        // A secret in the address would end up in somebody's log (G6, CRD-05).
        if (query.length > 0) throw bodyOnly();
        return { ...caller, isSigned: true };
      }
      const message = inBody(arrival, query);
      // An unreadable message is refused before its sender is looked up.
      readFields(message);
      return unsigned(arrival, message, (peer) => {
        if (query.length > 0 && !mayUseAddress(peer)) throw bodyOnly();
      });
    },
    async got(arrival) {
      const { http, query } = arrival;
      if (http.headers.authorization !== undefined || !(await inputs.lenient()).some(mayUseAddress)) throw postOnly();
      refusePrefetch(http);
      return unsigned(arrival, inAddress(query), (peer) => {
        if (!mayUseAddress(peer)) throw postOnly();
      });
    },
  };
}

/** Finds the sender of unsigned credentials; `mayUse` refuses a peer that must not send them this way. */
function unsignedEntry(inputs: CredentialsEntryInputs) {
  return async ({ http }: Arrival, message: Message, mayUse: (peer: Peer) => void): Promise<CredentialsCaller> => {
    requireOwnWebOrigin(http, inputs.webOrigin);
    const peers = await legacyPeers(inputs);
    await inputs.limiter.spend(`unsigned-credentials:${networkOf(http.ip)}`, UNSIGNED);
    const peer = await sharerOf(inputs, peers, message);
    knowSender(http, { peer, message, isProven: false });
    mayUse(peer);
    return { peer, message, isSigned: false };
  };
}

function bodyOnly(): Error {
  return invalid('Send the credentials in the body, not in the address.');
}
