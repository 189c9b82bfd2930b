import { readFields } from '../../federation/index.js';
import { Failure, firstField } from '../../kernel/index.js';
import type { Peer, ProposalTransport } from '../../peers/index.js';
import { isForm, type Arrival } from '../door/door.js';
import { requireOwnWebOrigin } from '../callers/web-origin.js';
import { unproven, type PeerCaller, type PeerEntry } from './entry.js';
import { legacyPeers, proposerOf, type LegacyInputs } from './legacy-peers.js';
import { inAddress, inBody, knowSender } from './senders.js';

/** How a proposal came: from the peer itself, signed; signed by it and brought by a browser; or unsigned. */
export type Carrier = 'peer' | 'browser' | 'anybody';

/** The sender of a proposal, and how it came. */
export interface ProposalCaller extends PeerCaller {
  readonly carrier: Carrier;
}

/** The entry checks of proposals (cloudspaces-interop.md 3, receiver rules). */
export interface ProposalEntry {
  /** By POST: signed by the peer in the header; a browser's form, if the peer uses such; or unsigned, if it cannot sign. */
  readonly posted: (arrival: Arrival) => Promise<ProposalCaller>;
  /** By GET, only of peers whose transport is `browser-get`: for all others the method does not exist. */
  readonly got: (arrival: Arrival) => Promise<ProposalCaller>;
}

/** What they need. */
export interface ProposalEntryInputs extends LegacyInputs {
  readonly webOrigin: string;
  readonly signed: Pick<PeerEntry, 'proposal' | 'carried'>;
}

/** Finds and checks the sender of a proposal. */
export function createProposalEntry(inputs: ProposalEntryInputs): ProposalEntry {
  const { signed, webOrigin } = inputs;
  return {
    async posted(arrival) {
      const { http } = arrival;
      if (http.headers.authorization !== undefined || !isForm(http)) {
        return { ...(await signed.proposal(arrival)), carrier: 'peer' };
      }
      requireOwnWebOrigin(http, webOrigin);
      const message = inBody(arrival);
      if (firstField(readFields(message), 'oauth_signature') === undefined) {
        const peer = proposerOf(await legacyPeers(inputs), message);
        knowSender(http, { peer, message, isProven: false });
        return { peer, message, carrier: 'anybody' };
      }
      const peer = await signed.carried(arrival);
      if (peer.transport !== 'browser-post') throw unproven('the peer does not send browsers with forms');
      return { peer, message, carrier: 'browser' };
    },
    async got(arrival) {
      const { http, query } = arrival;
      const message = inAddress(query);
      // If no peer proposes by GET, the call does not exist, whatever the request contains.
      if (!(await inputs.lenient()).some(isGetter)) throw postOnly();
      requireOwnWebOrigin(http, webOrigin);
      const isSigned = http.headers.authorization !== undefined || firstField(query, 'oauth_signature') !== undefined;
      const peer = isSigned ? await signed.carried(arrival) : proposerOf(await legacyPeers(inputs), message);
      knowSender(http, { peer, message, isProven: false });
      if (!isGetter(peer)) throw postOnly();
      return { peer, message, carrier: isSigned ? 'browser' : 'anybody' };
    },
  };
}

const BY_GET: ProposalTransport = 'browser-get';

function isGetter({ transport }: Peer): boolean {
  return transport === BY_GET;
}

/** The refusal of a GET from those who have none. */
export function postOnly(): Failure {
  return new Failure('method-not-allowed', 'Use POST here.', { facts: { allow: 'POST' } });
}
