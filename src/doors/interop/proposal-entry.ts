import { Failure, firstField } from '../../kernel/index.js';
import { parsePairs } from '../../oauth1/index.js';
import type { Peer, ProposalTransport } from '../../peers/index.js';
import { isForm, type Arrival } from '../door.js';
import { requireOrigin } from '../origin.js';
import { unproven, type PeerCaller, type PeerEntry } from './entry.js';
import { legacyPeers, proposerOf, type LegacyInputs } from './legacy-peers.js';

/** How a proposal came: from the peer itself, signed; signed by it and brought by a browser; or unsigned. */
export type Carrier = 'peer' | 'browser' | 'anybody';

/** Whose a proposal is, and who brought it. */
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
  readonly publicOrigin: string;
  readonly signed: Pick<PeerEntry, 'proposal' | 'carried'>;
}

/** Checks whose a proposal is. */
export function createProposalEntry(inputs: ProposalEntryInputs): ProposalEntry {
  const { signed, publicOrigin } = inputs;
  return {
    async posted(arrival) {
      const { http, text } = arrival;
      if (http.headers.authorization !== undefined || !isForm(http)) {
        return { ...(await signed.proposal(arrival)), carrier: 'peer' };
      }
      requireOrigin(http, publicOrigin);
      const fields = parsePairs(text);
      if (firstField(fields, 'oauth_signature') === undefined) {
        return { peer: proposerOf(await legacyPeers(inputs), fields), fields, carrier: 'anybody' };
      }
      const peer = await signed.carried(arrival);
      if (peer.transport !== 'browser-post') throw unproven('the peer does not send browsers with forms');
      return { peer, fields, carrier: 'browser' };
    },
    async got(arrival) {
      const { http, query: fields } = arrival;
      // Where nobody proposes by GET there is no such call, whatever the request holds.
      if (!(await inputs.lenient()).some(isGetter)) throw postOnly();
      requireOrigin(http, publicOrigin);
      const isSigned = http.headers.authorization !== undefined || firstField(fields, 'oauth_signature') !== undefined;
      const peer = isSigned ? await signed.carried(arrival) : proposerOf(await legacyPeers(inputs), fields);
      if (!isGetter(peer)) throw postOnly();
      return { peer, fields, carrier: isSigned ? 'browser' : 'anybody' };
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
