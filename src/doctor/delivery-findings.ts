import { MINUTE } from '../kernel/index.js';
import { answerWords, type AnswerWords } from './answer-words.js';
import { lastBeforeGivingUp, readAnswer, type AnswerKind } from './answers.js';
import type { DeliveryFacts, Facts } from './facts.js';
import { ASK_ADMINISTRATOR, BY_ITSELF, type Finding } from './finding.js';
import { peerName } from './state-findings.js';

/** What the other cloud lacks while a message is not delivered. */
const LACKS: Readonly<Record<string, (peer: string) => string>> = {
  credentials: (peer) => `${peer} has not got the key to the folder.`,
  unshare: (peer) => `${peer} has not heard that the share has ended.`,
  decision: (peer) => `${peer} has not heard the answer.`,
  probe: () => 'The folder could not be looked at.',
  mail: () => 'A letter about this share has not gone out.',
};

function lackOf(kind: string, peer: string): string {
  return LACKS[kind]?.(peer) ?? `A message (${kind}) has not been delivered.`;
}

/** A message is expected to be tried within so long of being due, milliseconds. */
const PROMPT = 2 * MINUTE;

/** What keeps the messages of this half. */
export function deliveryFindings(facts: Facts): Finding[] {
  return facts.deliveries.flatMap((delivery) => {
    if (delivery.standing === 'failing' || delivery.standing === 'failed') return [undelivered(facts, delivery)];
    return isForgotten(facts, delivery) ? [untried(facts, delivery)] : [];
  });
}

function undelivered(facts: Facts, delivery: DeliveryFacts): Finding {
  const { kind, standing, lastAnswer = '', createdAt, runAt } = delivery;
  const answer = answerOf(delivery);
  const context = { peer: peerName(facts), clockAhead: facts.peer?.clockAhead ?? 0, shareId: facts.share.shareId };
  const words = answerWords(answer, context);
  const isFailed = standing === 'failed';
  return {
    code: isFailed ? `${answer}-for-good` : answer,
    // Being told is all that a repeated decision can achieve; the key is the other cloud's to send.
    grade: answer === 'waits-for-key' ? 'waiting' : 'trouble',
    sentence: answer === 'waits-for-key' ? words.sentence : `${lackOf(kind, context.peer)} ${words.sentence}`,
    detail: lastAnswer,
    advice: adviceOn(facts, delivery, words),
    forPeople: isFailed || !words.mendsItself ? ASK_ADMINISTRATOR : BY_ITSELF,
    since: createdAt,
    next: isFailed ? undefined : Math.max(runAt, facts.peer?.restingUntil ?? 0),
  };
}

function adviceOn({ share }: Facts, delivery: DeliveryFacts, { advice, mendsItself }: AnswerWords): string {
  const { kind, standing, lastAnswer = '' } = delivery;
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
 * Why a message that was given up after its time had not arrived matters more than that it was given up. What mail
 * servers say has no fixed form.
 */
function answerOf({ kind: message, standing, lastAnswer = '' }: DeliveryFacts): AnswerKind {
  const isPutOff = standing === 'failing' || readAnswer(lastAnswer) === 'given-up';
  if (message === 'mail') return isPutOff ? 'letter-put-off' : 'letter-refused';
  const kind = readAnswer(lastAnswer);
  return kind === 'given-up' && lastBeforeGivingUp(lastAnswer) !== lastAnswer
    ? readAnswer(lastBeforeGivingUp(lastAnswer))
    : kind;
}

function isForgotten({ now, peer }: Facts, { standing, runAt }: DeliveryFacts): boolean {
  return standing === 'waiting' && now - runAt >= PROMPT && (peer?.restingUntil ?? 0) <= now;
}

function untried(facts: Facts, { kind, createdAt }: DeliveryFacts): Finding {
  return {
    code: 'not-tried',
    grade: 'trouble',
    sentence: `${lackOf(kind, peerName(facts))} It is due and was not tried.`,
    advice: 'Is the service (footbridge serve) running? Its log says whether the queue could be read.',
    forPeople: ASK_ADMINISTRATOR,
    since: createdAt,
  };
}
