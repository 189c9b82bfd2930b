import type { HalfFacts } from './facts.js';
import { ASK_ADMINISTRATOR, type Finding } from './finding.js';
import { peerName } from './state-findings.js';

/** What the other cloud sent about this half and this cloud refused: the newest, in its words (ruling F-25). */
export function refusedFindings(facts: HalfFacts): Finding[] {
  const [newest, ...others] = facts.refused;
  if (newest === undefined) return [];
  const { call, status, reason, at } = newest;
  const peer = peerName(facts);
  const before = others.length === 0 ? '' : `, and ${String(others.length)} more before`;
  const finding = { code: 'message-refused', detail: `${call}, answered ${String(status)}: ${reason}`, since: at };
  const advice = `Tell the administrator of ${peer} what this cloud answered. The page of this peer lists what else was refused.`;
  if (isKeyMissing(facts) && call.endsWith(CREDENTIALS)) {
    const sentence = `${peer} has sent a key that this cloud cannot use${before}.`;
    const forPeople = `You need not do anything, and your answer is kept. ${ASK_ADMINISTRATOR}`;
    return [{ ...finding, grade: 'trouble', sentence, advice, forPeople }];
  }
  const sentence = `A message of ${peer} about this share was refused${before}.`;
  return [{ ...finding, grade: 'note', sentence, advice, forPeople: undefined }];
}

const CREDENTIALS = '/interop/credentials';

function isKeyMissing({ share }: HalfFacts): boolean {
  return share.direction === 'incoming' && share.state === 'accepted' && !share.hasGrant;
}
