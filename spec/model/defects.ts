import { DAY } from '../../src/kernel/index.js';
import {
  CREDENTIALS,
  isEnd,
  isOcm,
  PROBE,
  UNSHARE,
  type DestinationStep,
  type OriginStep,
} from '../../src/shares/index.js';
import { HOUSE_RULES, type Rules } from './rules.js';

/** What a rule of the origin answers, without its effects of one kind. */
function without<S extends OriginStep | DestinationStep>(step: S, drops: (effect: S['effects'][number]) => boolean): S {
  return { ...step, effects: (step.effects as S['effects'][number][]).filter((effect) => !drops(effect)) };
}

type AnyEffect = OriginStep['effects'][number] | DestinationStep['effects'][number];

const queues =
  (kind: string) =>
  (effect: AnyEffect): boolean =>
    effect.kind === 'queue' && effect.delivery.kind === kind;

const { origin, destination } = HOUSE_RULES;

const atOrigin = (changes: Partial<Rules['origin']>): Rules => ({ ...HOUSE_RULES, origin: { ...origin, ...changes } });
const atDestination = (changes: Partial<Rules['destination']>): Rules => ({
  ...HOUSE_RULES,
  destination: { ...destination, ...changes },
});

/** A record in which this key was refused at every trial for a day. */
const longRefused = (half: Incoming, now: number): Incoming => ({ ...half, refusals: 99, refusedSince: now - DAY });

type Incoming = Parameters<(typeof destination)['found']>[0];

/**
 * Mistakes that were made in other programs, or could be made here. Each overrides one rule, and the model must find
 * it.
 */
export const DEFECTS: Readonly<Record<string, Rules>> = {
  'no compare-and-set': { ...HOUSE_RULES, mayWrite: () => true },

  'an end at the origin that does not absorb': {
    ...HOUSE_RULES,
    nextOutgoing: (state, event) =>
      HOUSE_RULES.nextOutgoing(state, event) ?? (event === 'end' || event === 'expire' ? 'expired' : undefined),
  },

  'an end at the destination that does not absorb': {
    ...HOUSE_RULES,
    nextIncoming: (state, event) =>
      HOUSE_RULES.nextIncoming(state, event) ?? (event === 'told-revoked' ? 'revoked' : undefined),
  },

  'a new grant at every attempt to deliver it': { ...HOUSE_RULES, carried: (_live, make) => make() },

  'a second grant when the acceptance is repeated': { ...HOUSE_RULES, mint: (_live, make) => make() },

  'a repeated acceptance that replaces the grant': atOrigin({
    decide: (half, decision, facts) => {
      const decided = origin.decide(half, decision, facts);
      const isRepeat = half.state === 'accepted' || half.state === 'active';
      if (decided.kind !== 'recorded' || !isRepeat || decided.step.effects.length === 0) return decided;
      return { ...decided, step: { ...decided.step, effects: [{ kind: 'kill-grant' }, ...decided.step.effects] } };
    },
  }),

  'an end that is not told': atOrigin({
    end: (half, event, by) => without(origin.end(half, event, by), queues(UNSHARE)),
  }),

  'any answer taken for a yes': atOrigin({
    decide: (half, decision, facts) => origin.decide(half, { ...decision, accepted: true }, facts),
  }),

  'no memory of ends that overtake their proposal': atDestination({
    receiveOffer: (known, facts) => destination.receiveOffer(known, { ...facts, isBuried: false }),
  }),

  'a grant that outlives its share': atOrigin({
    end: (half, event, by) => without(origin.end(half, event, by), ({ kind }) => kind === 'kill-grant'),
  }),

  'a block that leaves the grant alive': atOrigin({
    peerGone: (half, now) => without(origin.peerGone(half, now), ({ kind }) => kind === 'kill-grant'),
  }),

  'an expiry that leaves the grant alive': atOrigin({
    timeIsUp: (half, now) => without(origin.timeIsUp(half, now), ({ kind }) => kind === 'kill-grant'),
  }),

  'credentials stored before the consent': atDestination({
    takeGrant: (half, grant) =>
      destination.takeGrant(half.state === 'pending' ? { ...half, state: 'accepted' } : half, grant),
  }),

  'other credentials that replace the stored ones': {
    ...HOUSE_RULES,
    carried: (_live, make) => make(),
    destination: {
      ...destination,
      takeGrant: (half, grant) => destination.takeGrant({ ...half, grantDigest: undefined }, grant),
    },
  },

  'a refused key that ends its share at once': atDestination({
    found: (half, finding, facts) => destination.found(longRefused(half, facts.now), finding, facts),
  }),

  'a refused key that is believed when it was confirmed once': atDestination({
    found: (half, finding, facts) =>
      destination.found(half.refusedSince === undefined ? half : longRefused(half, facts.now), finding, facts),
  }),

  'a key that has just come and is given up as early as one that has opened': atDestination({
    found: (half, finding, facts) => {
      const isNew = finding.kind === 'refused' && half.state === 'accepted';
      return destination.found(isNew ? { ...half, state: 'active' } : half, finding, facts);
    },
  }),

  'trouble that counts as a refused key': atDestination({
    found: (half, finding, facts) =>
      destination.found(half, finding.kind === 'trouble' ? { kind: 'refused', detail: finding.note } : finding, facts),
  }),

  'a refused key that is not tried again': atDestination({
    found: (half, finding, facts) => {
      const step = destination.found(half, finding, facts);
      return finding.kind === 'refused' ? without(step, queues(PROBE)) : step;
    },
  }),

  'a share given up for its key, and the origin not told': atDestination({
    found: (half, finding, facts) => without(destination.found(half, finding, facts), queues(UNSHARE)),
  }),

  'a 404 to credentials that is believed at once': atOrigin({
    credentialsAnswered: (half, shareId, answer, facts) =>
      origin.credentialsAnswered(half, shareId, answer, { ...facts, waited: DAY }),
  }),

  'a 404 to the news of an end that is believed at once': {
    ...HOUSE_RULES,
    answers: { ...HOUSE_RULES.answers, endVerdict: (answer) => HOUSE_RULES.answers.endVerdict(answer, DAY) },
  },

  'a decision that is not repeated': atDestination({
    answerOffer: (half, answer, now) => {
      const answered = destination.answerOffer(half, answer, now);
      if (answered.kind !== 'recorded') return answered;
      return { ...answered, step: { ...answered.step, effects: [] } };
    },
  }),

  'a refused decline that stays a secret': atDestination({ decisionAnswered: () => ({ effects: [] }) }),

  'names that are kept for the next cloud': atOrigin({
    choose: (half, peer, facts) => {
      const chosen = origin.choose(half, peer, facts);
      if (chosen.kind !== 'sent' || half.callbackSealed === undefined) return chosen;
      const patch = { peerId: peer.id, chosen: { shareUrl: peer.shareUrl, credentialsUrl: peer.credentialsUrl } };
      return { ...chosen, step: { ...chosen.step, change: { event: 'choose', patch } } };
    },
  }),

  'a first cloud that is not told of the second': atOrigin({
    choose: (half, peer, facts) => {
      const chosen = origin.choose(half, peer, facts);
      return chosen.kind === 'sent' ? { ...chosen, step: without(chosen.step, queues(UNSHARE)) } : chosen;
    },
  }),

  'an old attempt that fails a newer one': atOrigin({
    offerFailed: (half, attempt, facts) => origin.offerFailed(half, { ...attempt, revision: half.revision }, facts),
  }),

  'credentials that an end leaves in the queue': atOrigin({
    end: (half, event, by) => without(origin.end(half, event, by), ({ kind }) => kind === 'drop'),
  }),

  'credentials that follow a peer to its new address': atOrigin({
    credentialsDue: (half, shareId, peer) => {
      const due = origin.credentialsDue(half, shareId, peer);
      return due === 'repointed' ? 'send' : due;
    },
  }),

  'an expiry that nobody looks at when the answer comes': atOrigin({
    decide: (half, decision, facts) => origin.decide({ ...half, expiresAt: undefined }, decision, facts),
  }),

  'a leave that is not told': atDestination({
    end: (half, event, by) => without(destination.end(half, event, by), queues(UNSHARE)),
  }),

  'a secret that outlives its share': atDestination({
    end: (half, event, by) => {
      const step = destination.end(half, event, by);
      return { ...step, change: { event, patch: { endReason: by.reason } } };
    },
  }),

  'a mount that outlives its share': atDestination({
    hearEnd: (half, reason, now) => without(destination.hearEnd(half, reason, now), ({ kind }) => kind === 'unmount'),
  }),

  'a probe that is not repeated': atDestination({
    found: (half, finding, facts) => without(destination.found(half, finding, facts), queues(PROBE)),
  }),

  'an end of which nobody is reminded': atOrigin({
    decide: (half, decision, facts) =>
      origin.decide(half, decision, isEnd(half.state) ? { ...facts, remindedAt: facts.now } : facts),
  }),

  'an acceptance whose grant is never queued': atOrigin({
    decide: (half, decision, facts) => {
      const decided = origin.decide(half, decision, facts);
      return decided.kind === 'recorded' ? { ...decided, step: without(decided.step, queues(CREDENTIALS)) } : decided;
    },
  }),

  'a 404 to an answer by Open Cloud Mesh that is believed at once': {
    ...HOUSE_RULES,
    answers: {
      ...HOUSE_RULES.answers,
      toldVerdict: (answer, accepted) => HOUSE_RULES.answers.toldVerdict(answer, accepted, DAY),
    },
  },

  'an offer by Open Cloud Mesh that seemed to fail, and waits for ever under a name that is given up': atOrigin({
    choose: (half, peer, facts) => {
      const chosen = origin.choose(half, peer, facts);
      const isRepeat = isOcm(half) && half.state === 'created';
      return chosen.kind === 'sent' && isRepeat ? { ...chosen, step: without(chosen.step, queues(UNSHARE)) } : chosen;
    },
  }),

  'a secret of Open Cloud Mesh that opens although nobody took the offer': atOrigin({
    offerAnswered: (half, shareId, answer) =>
      without(origin.offerAnswered(half, shareId, answer), ({ kind }) => kind === 'kill-grant'),
  }),

  'a secret of Open Cloud Mesh that opens although its recipient said no': atOrigin({
    hearAnswer: (half, accepted, facts) => {
      const heard = origin.hearAnswer(half, accepted, facts);
      return { ...heard, steps: heard.steps.map((step) => without(step, ({ kind }) => kind === 'kill-grant')) };
    },
  }),

  'a secret of Open Cloud Mesh that stays after its share': atDestination({
    hearEnd: (half, reason, now) => {
      const step = destination.hearEnd(half, reason, now);
      if (!isOcm(half) || step.change === undefined) return step;
      return { ...step, change: { ...step.change, patch: { ...step.change.patch, grantSealed: half.grantSealed } } };
    },
  }),

  'a leave by Open Cloud Mesh that cannot prove itself': atDestination({
    end: (half, event, by) => destination.end({ ...half, grantSealed: undefined }, event, by),
  }),
};
