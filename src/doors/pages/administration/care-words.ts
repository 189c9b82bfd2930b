import type { DeliveryFacts, Finding, HistoryEntry } from '../../../doctor/index.js';
import type { DeliveryRecord, DeliveryStanding } from '../../../deliveries/index.js';
import { timeWords } from '../frame/words.js';

const TONES: Readonly<Record<Finding['grade'], string>> = {
  trouble: 'alarm',
  waiting: 'waiting',
  good: 'good',
  over: 'over',
  note: 'over',
};

/** What a page shows of a finding; texts of a peer are cleaned. */
export function findingModel({ code, grade, sentence, detail, advice, since, next }: Finding) {
  return {
    code,
    tone: TONES[grade],
    sentence,
    detail,
    advice,
    since: since === undefined ? undefined : timeWords(since),
    next: next === undefined ? undefined : timeWords(next),
  };
}

const MESSAGES: Readonly<Record<string, string>> = {
  credentials: 'The key to the folder',
  unshare: 'That the share has ended',
  decision: 'The recipient’s answer',
  probe: 'A look at the folder',
  mail: 'A letter',
  terms: 'What the recipient may do',
  offer: 'The offer',
  announcement: 'Our new address',
  'ocm-farewell': 'That somebody of this cloud is gone',
};

const STANDINGS: Readonly<Record<DeliveryStanding, string>> = {
  waiting: 'Waiting to be sent',
  failing: 'Failing',
  failed: 'Given up',
  scheduled: 'Planned',
};

/** What a page shows of a message on its way. */
export function deliveryModel(delivery: DeliveryRecord, standing: DeliveryStanding) {
  const { id, kind, attempts, createdAt, lastAttemptAt, lastAnswer, runAt } = delivery;
  return {
    id,
    what: MESSAGES[kind] ?? kind,
    standing: STANDINGS[standing],
    attempts,
    since: timeWords(createdAt),
    last: lastAttemptAt === undefined ? undefined : timeWords(lastAttemptAt),
    answer: lastAnswer,
    next: standing === 'failed' ? undefined : timeWords(runAt),
    canRetry: standing !== 'waiting',
  };
}

/** The messages of one share. */
export function deliveryModels(deliveries: readonly DeliveryFacts[]): ReturnType<typeof deliveryModel>[] {
  return deliveries.map((delivery) => deliveryModel(delivery, delivery.standing));
}

const SHARE_ACTS: Readonly<Record<string, string>> = {
  share: 'Shared',
  choose: 'A cloud was picked',
  'offer-failed': 'The offer was not taken',
  accept: 'Accepted',
  decline: 'Declined',
  delivered: 'The key was handed over',
  refused: 'The key was refused for good',
  end: 'Ended',
  lapse: 'Nobody answered in time',
  expire: 'The time was up',
  left: 'The recipient left',
  repoint: 'The cloud moved, so nothing was handed over',
  mounted: 'The folder was opened',
  'told-withdrawn': 'Told that the offer was taken back',
  'told-expired': 'Told that the time was up',
  'told-revoked': 'Told that the owner ended it',
  'dead-expired': 'The key is dead; the time was up',
  'dead-revoked': 'The key is dead',
  leave: 'Left',
  change: 'The terms were changed',
  resend: 'The invitation was sent again',
  retry: 'Another try was asked for',
  remind: 'Told again that it has ended',
};

const PEER_ACTS: Readonly<Record<string, string>> = {
  added: 'Cloud added',
  joined: 'Clouds joined',
  changed: 'Cloud changed',
  blocked: 'Cloud blocked',
  unblocked: 'Cloud unblocked',
  removed: 'Cloud removed',
  rotated: 'Keys renewed',
  moved: 'New address taken over',
  exported: 'Cloud exported, keys included',
  imported: 'Cloud imported',
  retried: 'Everything to the cloud sent again',
};

/** What was done to a share, in words. */
export function shareActWords(event: string): string {
  return SHARE_ACTS[event] ?? event;
}

/** What was done to a peer, in words. */
export function peerActWords(event: string): string {
  return PEER_ACTS[event] ?? event;
}

/** What pages show of a transition log, newest first. */
export function historyModels(history: readonly HistoryEntry[]) {
  return [...history].reverse().map(({ at, event, to, actor, note }) => ({
    at: timeWords(at),
    what: shareActWords(event),
    state: to,
    actor,
    note,
  }));
}
