import { MINUTE } from '../../kernel/index.js';
import { answerWords, type AnswerWords } from './answer-words.js';
import { lastBeforeGivingUp, readAnswer, type AnswerKind } from './answers.js';
import type { DeliveryFacts, HalfFacts } from './facts.js';
import { ASK_ADMINISTRATOR, BY_ITSELF, type Finding } from './finding.js';
import { peerName } from './state-findings.js';

/** What the other cloud lacks while a message is not delivered. */
const LACKS: Readonly<Record<string, (peer: string) => string>> = {
  credentials: (peer) => `${peer} has not got the key to the folder.`,
  unshare: (peer) => `${peer} has not heard that the share has ended.`,
  decision: (peer) => `${peer} has not heard the answer.`,
  probe: () => 'The folder could not be looked at.',
  mail: () => 'A letter about this share has not gone out.',
  offer: (peer) => `${peer} has not got the offer.`,
  'ocm-farewell': (peer) => `${peer} has not heard that somebody of this cloud is gone.`,
};

function lackOf(kind: string, peer: string): string {
  return LACKS[kind]?.(peer) ?? `A message (${kind}) has not been delivered.`;
}

/** How long after its due time a message should have been tried, milliseconds. */
const PROMPT = 2 * MINUTE;

/** What keeps the messages of this half. */
export function deliveryFindings(facts: HalfFacts): Finding[] {
  return facts.deliveries.flatMap((delivery) => {
    if (delivery.standing === 'failing' || delivery.standing === 'failed') return [undelivered(facts, delivery)];
    return isForgotten(facts, delivery) ? [untried(facts, delivery)] : [];
  });
}

function undelivered(facts: HalfFacts, delivery: DeliveryFacts): Finding {
  const { kind, standing, lastAnswer = '', createdAt, runAt } = delivery;
  const answer = answerOf(delivery);
  const { peer, share } = facts;
  const mesh = peer?.ocm === undefined ? undefined : kind === 'probe' ? 'files' : 'message';
  const context = { peer: peerName(facts), clockAhead: peer?.clockAhead ?? 0, shareId: share.shareId, mesh } as const;
  const words = answerWords(answer, context);
  const isFailed = standing === 'failed';
  return {
    code: isFailed ? `${answer}-for-good` : answer,
    // A repeated decision can only be answered; the grant is then sent by the other cloud.
    grade: answer === 'waits-for-key' ? 'waiting' : 'trouble',
    sentence: answer === 'waits-for-key' ? words.sentence : `${lackOf(kind, context.peer)} ${words.sentence}`,
    detail: lastAnswer,
    advice: adviceOn(facts, delivery, words),
    forPeople: isFailed || !words.mendsItself ? ASK_ADMINISTRATOR : BY_ITSELF,
    since: createdAt,
    next: isFailed ? undefined : Math.max(runAt, facts.peer?.restingUntil ?? 0),
  };
}

/** A csinterop cloud that takes keys by GET alone answers a POST so (ruling F-25). */
const POST_IS_REFUSED = ['answered 403', 'answered 405'];

function adviceOn({ share, peer }: HalfFacts, delivery: DeliveryFacts, { advice, mendsItself }: AnswerWords): string {
  const { kind, standing, lastAnswer = '' } = delivery;
  if (
    kind === 'credentials' &&
    peer?.mayWantGet === true &&
    POST_IS_REFUSED.some((said) => lastAnswer.includes(said))
  ) {
    return `${peer.name} may take the key by GET only, as the published csinterop does. If so: peer set ${peer.name} --credentials-by-get (insecure: the key stands in an address), then share retry ${share.shareId}.`;
  }
  const retry = `share retry ${share.shareId}`;
  if (standing === 'failed') {
    return advice.includes(retry) ? advice : `${advice} It is not sent again by itself: ${retry}.`;
  }
  if (kind === 'credentials' && lastAnswer.includes('answered 404')) {
    return `${advice} After an hour of this answer the share ends.`;
  }
  return mendsItself ? `${advice} It is tried again by itself.` : advice;
}

/**
 * For a message that was given up after its lifetime, the last error is told and not that it was given up. Answers of
 * mail servers have no fixed form.
 */
function answerOf({ kind: message, standing, lastAnswer = '' }: DeliveryFacts): AnswerKind {
  const isPutOff = standing === 'failing' || readAnswer(lastAnswer) === 'given-up';
  if (message === 'mail') return isPutOff ? 'letter-put-off' : 'letter-refused';
  const kind = readAnswer(lastAnswer);
  return kind === 'given-up' && lastBeforeGivingUp(lastAnswer) !== lastAnswer
    ? readAnswer(lastBeforeGivingUp(lastAnswer))
    : kind;
}

function isForgotten({ now, peer }: HalfFacts, { standing, runAt }: DeliveryFacts): boolean {
  return standing === 'waiting' && now - runAt >= PROMPT && (peer?.restingUntil ?? 0) <= now;
}

function untried(facts: HalfFacts, { kind, createdAt }: DeliveryFacts): Finding {
  return {
    code: 'not-tried',
    grade: 'trouble',
    sentence: `${lackOf(kind, peerName(facts))} It is due and was not tried.`,
    advice: 'Is the service (footbridge serve) running? Its log says whether the queue could be read.',
    forPeople: ASK_ADMINISTRATOR,
    since: createdAt,
  };
}
