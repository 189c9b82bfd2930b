import type { OutboundAnswer } from '../../platform/index.js';
import type { DecisionMessage, MessageAnswer } from '../../shares/index.js';
import { attempted, judge } from '../peer-call/answers.js';
import type { Dialect } from '../ports/dialect.js';
import { withQuery, type SignedWire } from '../peer-call/signed-wire.js';
import type { Manner } from './manner.js';

/** Sends decisions: by the browser, and repeated from server to server (cloudspaces-interop.md 5). */
export function deciding(
  wire: SignedWire,
  { acceptedWord, heardBy }: Manner,
): Pick<Dialect, 'decisionUrl' | 'sendDecision'> {
  /** The callback's own query is kept (CBK-07). */
  const decided = (callback: string, { shareId, accepted }: DecisionMessage): URL =>
    withQuery(new URL(callback), [
      ['share_id', shareId],
      ['accepted', acceptedWord(accepted)],
    ]);
  const judgeDecision = (answer: OutboundAnswer): MessageAnswer =>
    heardBy.includes(answer.status) ? { kind: 'taken', note: `answered ${String(answer.status)}` } : judge(answer);
  return {
    decisionUrl: (peer, callback, decision) => wire.signUrl(peer, decided(callback, decision)),
    sendDecision: (peer, callback, decision) =>
      attempted(() => wire.getSigned(peer, decided(callback, decision)), judgeDecision),
  };
}
