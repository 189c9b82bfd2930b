import { deliveryFindings } from './delivery-findings.js';
import type { Facts, HistoryLine } from './facts.js';
import type { Finding, Grade } from './finding.js';
import { peerFindings } from './peer-findings.js';
import { planFindings } from './plan-findings.js';
import { stateFinding } from './state-findings.js';

const ORDER: readonly Grade[] = ['trouble', 'waiting', 'good', 'over', 'note'];

/**
 * What is to be said of one half of an agreement: how it stands first, then everything that is wrong, then the rest
 * (reliability.md OPS-08). Pure: the same facts, the same findings.
 */
export function diagnose(facts: Facts): Finding[] {
  const rest = [...deliveryFindings(facts), ...planFindings(facts), ...peerFindings(facts)];
  const byGrade = rest.sort((a, b) => ORDER.indexOf(a.grade) - ORDER.indexOf(b.grade));
  return [stateFinding(facts), ...byGrade];
}

/** The findings that concern the owner or recipient: no addresses, no statuses, nothing that only an administrator can use. */
export function forPeople(findings: readonly Finding[]): Finding[] {
  return findings.flatMap(({ detail: _detail, advice: _advice, forPeople: own, ...finding }) =>
    own === undefined ? [] : [{ ...finding, advice: own, forPeople: own }],
  );
}

/** Events whose note is of use to people; others quote what another cloud's machine said, which is for administrators. */
const TOLD: readonly string[] = ['choose', 'change', 'end', 'leave'];

/** The log of a share as its owner or recipient may read it, as {@link forPeople}. */
export function historyForPeople(history: readonly HistoryLine[]): HistoryLine[] {
  return history.map((line) => (TOLD.includes(line.event) ? line : { ...line, note: '' }));
}
