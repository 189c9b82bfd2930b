import { deliveryFindings } from './findings/delivery-findings.js';
import type { HalfFacts, HistoryEntry } from './findings/facts.js';
import type { Finding, Grade } from './findings/finding.js';
import { listingFindings } from './findings/listing-findings.js';
import { peerFindings } from './findings/peer-findings.js';
import { planFindings } from './findings/plan-findings.js';
import { refusedFindings } from './findings/refused-findings.js';
import { stateFinding } from './findings/state-findings.js';

const ORDER: readonly Grade[] = ['trouble', 'waiting', 'good', 'over', 'note'];

/**
 * All findings about one half of an agreement: its state first, then everything that is wrong, then the rest
 * (reliability.md OPS-08). A pure function.
 */
export function diagnose(facts: HalfFacts): Finding[] {
  const rest = [
    ...deliveryFindings(facts),
    ...listingFindings(facts),
    ...refusedFindings(facts),
    ...planFindings(facts),
    ...peerFindings(facts),
  ];
  const byGrade = rest.sort((a, b) => ORDER.indexOf(a.grade) - ORDER.indexOf(b.grade));
  return [stateFinding(facts), ...byGrade];
}

/** The findings that concern the owner or recipient: no addresses, no statuses, nothing that only an administrator can use. */
export function forPeople(findings: readonly Finding[]): Finding[] {
  return findings.flatMap(({ detail: _detail, advice: _advice, forPeople: own, ...finding }) =>
    own === undefined ? [] : [{ ...finding, advice: own, forPeople: own }],
  );
}

/** Events whose note is useful to people; notes of others quote another cloud's answers and are for administrators. */
const TOLD: readonly string[] = ['choose', 'change', 'end', 'leave'];

/** The log of a share as its owner or recipient may read it, as {@link forPeople}. */
export function historyForPeople(history: readonly HistoryEntry[]): HistoryEntry[] {
  return history.map((line) => (TOLD.includes(line.event) ? line : { ...line, note: '' }));
}
