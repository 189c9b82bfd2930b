import { DAY, HOUR, MINUTE, type PeerId } from '../../kernel/index.js';
import type { DecisionMessage, EndReason, OfferAnswer } from '../agreement/agreement.js';
import { CREDENTIALS, isOcm, OFFER, outgoingLane, TERMS, UNSHARE, UNSHARE_LIFE } from '../agreement/messages.js';
import type { ChosenAddresses, OutgoingPatch, OutgoingShare } from '../agreement/outgoing-share.js';
import { isEnd, isRecorded, type OutgoingEvent } from '../agreement/transitions.js';
import { NOTHING, type OriginEffect, type OriginStep } from './step.js';

/**
 * The rules of the origin's half (cloudspaces-interop.md 5, 8): what an event or a message does to it. Pure: the half as
 * it is, what happened, the time and a few facts come in; a step, or the reason why there is none, goes out.
 */

/** What the rules look at. */
export type OutgoingHalf = Pick<
  OutgoingShare,
  | 'id'
  | 'shareId'
  | 'state'
  | 'endReason'
  | 'peerId'
  | 'chosen'
  | 'dialect'
  | 'recipientAddress'
  | 'callbackSealed'
  | 'expiresAt'
  | 'invitationExpiresAt'
  | 'grantedAt'
  | 'problem'
  | 'revision'
>;

/** Where a peer takes messages, and whether it is trusted. */
export interface PeerAddresses extends ChosenAddresses {
  readonly id: PeerId;
  readonly name: string;
  readonly blocked: boolean;
}

/** New names for the share and for its callback, never used before. */
export type FreshNames = Required<Pick<OutgoingPatch, 'shareId' | 'callbackHash' | 'callbackSealed'>>;

/** How a peer is asked by Open Cloud Mesh, where it is not asked in its own dialect. */
export interface OcmWay {
  readonly dialect: 'ocm';
  /** The address of the recipient, as it is sent. */
  readonly recipientAddress: string;
  /** True: nobody waits for the answer. */
  readonly isAlone: boolean;
  /** See {@link ChosenAddresses}. */
  readonly demandsToken: boolean;
}

/** The events that end the origin's half. */
export type OutgoingEnding = Extract<OutgoingEvent, 'end' | 'lapse' | 'expire' | 'refused' | 'left'>;

/** At most one grant delivery a minute for freshly signed repeats (cloudspaces-interop.md 5, healing). */
const REGRANT_INTERVAL = MINUTE;

/**
 * A peer that takes an ended share for open is told its end again, at most once a day, because the message may have
 * been lost.
 */
const REMINDER_INTERVAL = DAY;

/** What the owner is told of an offer by Open Cloud Mesh that went nowhere. */
const MOVED = 'Their server has moved to another address since the folder was shared.';

/** When an offer is sent again for whose answer a person waited, if this program ended meanwhile. */
const SECOND_TRY = 2 * MINUTE;

/** A 404 counts only after so long, because a peer that is starting up may answer it too (DLV-05). */
const PATIENCE_WITH_404 = HOUR;

/**
 * The invitee picks a peer. If it is another one, has moved, or the terms have changed, the proposal at the first one
 * is withdrawn and the share gets new names, so that the first one's callback is no longer valid (threat model PRO-13).
 * In Open Cloud Mesh the callback is the secret of the share: each choice gets a fresh one, and opens the share with it.
 */
export function choose(
  half: OutgoingHalf,
  peer: PeerAddresses,
  { fresh, now, way }: { readonly fresh: FreshNames; readonly now: number; readonly way?: OcmWay | undefined },
): Chosen {
  if (!isChoosable(half, now)) return { kind: 'not-open' };
  const isHeld =
    isHeldBy(half, peer) && half.dialect === way?.dialect && half.recipientAddress === way?.recipientAddress;
  const moved = half.peerId !== undefined && !isHeld;
  const again = half.state === 'sent' && isHeld;
  const isRenewed = moved || (way !== undefined && !again);
  const names = isRenewed ? fresh : half.callbackSealed === undefined ? callbackOf(fresh) : {};
  const patch: OutgoingPatch = {
    peerId: peer.id,
    chosen: {
      shareUrl: peer.shareUrl,
      credentialsUrl: peer.credentialsUrl,
      ...(way?.demandsToken === true && { demandsToken: true }),
    },
    ...(half.dialect !== way?.dialect && { dialect: way?.dialect }),
    ...(half.recipientAddress !== way?.recipientAddress && { recipientAddress: way?.recipientAddress }),
    ...(half.problem !== undefined && { problem: undefined }),
    ...names,
  };
  const opened = way === undefined ? [] : opening({ ...half, ...names }, peer, { isAlone: way.isAlone, now });
  // An offer that seemed to fail may have come through all the same: nothing shall wait there under a name that is given up.
  const isGivenUp = moved || (isRenewed && half.peerId !== undefined);
  const effects = [...(isGivenUp ? withdrawal(half, now) : []), ...opened];
  return { kind: 'sent', step: { change: { event: 'choose', patch, note: peer.name }, effects }, again };
}

function isHeldBy(half: OutgoingHalf, peer: PeerAddresses): boolean {
  return half.peerId === peer.id && isStillWhere(half, peer) && half.chosen?.isOutdated !== true;
}

/** The secret of an offer by Open Cloud Mesh opens from the sending on: the other cloud may try it before it answers. */
function opening(
  { id, shareId, invitationExpiresAt }: OutgoingHalf,
  peer: PeerAddresses,
  { isAlone, now }: { readonly isAlone: boolean; readonly now: number },
): OriginEffect[] {
  const delivery = {
    kind: OFFER,
    peerId: peer.id,
    lane: outgoingLane(id, shareId),
    payload: { outgoingId: id, shareId },
    runAt: isAlone ? now : now + SECOND_TRY,
    expiresAt: invitationExpiresAt,
    unlessQueued: true,
  };
  return [{ kind: 'mint-grant' }, { kind: 'queue', delivery }];
}

/** The outcome of a choice; `again`: the same proposal is presented once more, and the peer may have it already. */
type Chosen =
  { readonly kind: 'sent'; readonly step: OriginStep; readonly again: boolean } | { readonly kind: 'not-open' };

/** What tells whether a share still waits for its invitee. */
type Waiting = Pick<OutgoingHalf, 'state' | 'invitationExpiresAt' | 'expiresAt'>;

/** True while a cloud can be chosen for the share, for the first time or anew. False also once it has expired but was not ended yet. */
export function isChoosable(half: Waiting, now: number): boolean {
  return isUndecided(half) && !isOver(half, now);
}

/** True while nobody has answered for the recipient. */
export function isUndecided({ state }: Pick<OutgoingHalf, 'state'>): boolean {
  return state === 'created' || state === 'sent';
}

/** True once the share can no longer be chosen or answered: the invitation or the share itself has expired. */
export function isOver(half: Omit<Waiting, 'state'>, now: number): boolean {
  return half.invitationExpiresAt <= now || isExpired(half, now);
}

function isExpired({ expiresAt }: Pick<OutgoingHalf, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

function callbackOf({ callbackHash, callbackSealed }: FreshNames): OutgoingPatch {
  return { callbackHash, callbackSealed };
}

/** True while the peer's addresses are those that were chosen (threat model CRD-07). */
export function isStillWhere(half: Pick<OutgoingHalf, 'chosen'>, peer: ChosenAddresses): boolean {
  return half.chosen?.shareUrl === peer.shareUrl && half.chosen.credentialsUrl === peer.credentialsUrl;
}

/**
 * The chosen peer did not take the proposal: the share goes back to `created`, unless it has changed since that
 * attempt, or the peer was asked `again`: then it may have the proposal from the first time, and its answer must still
 * be accepted. After a 409 (`burnt`) the same names cannot be offered again (cloudspaces-interop.md 8), and the peer's
 * proposal is withdrawn.
 */
export function offerFailed(
  half: OutgoingHalf,
  attempt: { readonly revision: number; readonly burnt: boolean; readonly again: boolean; readonly note: string },
  { fresh, now }: { readonly fresh: FreshNames; readonly now: number },
): OriginStep {
  if (half.revision !== attempt.revision || (attempt.again && !attempt.burnt)) return NOTHING;
  if (isOcm(half)) return notTaken(half, attempt.note);
  const patch = attempt.burnt ? fresh : {};
  const effects = attempt.burnt ? withdrawal(half, now) : [];
  return { change: { event: 'offer-failed', patch, note: attempt.note }, effects };
}

/** The peer did not take an offer by Open Cloud Mesh: its secret opens nothing any more, and the owner is told why. */
function notTaken(half: OutgoingHalf, note: string): OriginStep {
  return { change: { event: 'offer-failed', patch: { problem: note }, note }, effects: closing(half) };
}

/** Whether a queued offer of this name still has to be sent to a peer. */
export function offerDue(
  half: OutgoingHalf | undefined,
  shareId: string,
  peer: PeerAddresses | undefined,
): 'send' | 'overtaken' | 'repointed' {
  if (half?.shareId !== shareId || half.state !== 'sent' || !isOcm(half)) return 'overtaken';
  if (peer === undefined || peer.blocked) return 'overtaken';
  return isStillWhere(half, peer) ? 'send' : 'repointed';
}

/**
 * Takes the peer's answer to an offer of this name by Open Cloud Mesh: taken, it waits there for its recipient; a refusal counts
 * unless the recipient has answered meanwhile; other errors change nothing.
 */
export function offerAnswered(half: OutgoingHalf, shareId: string, answer: OfferAnswer): OriginStep {
  if (half.shareId !== shareId || half.state !== 'sent' || half.chosen === undefined) return NOTHING;
  if (answer.kind === 'refused') return notTaken(half, answer.note);
  if (answer.kind !== 'waiting-there') return NOTHING;
  const chosen = { ...half.chosen, ...(answer.acceptsByUse && { acceptsByUse: true }) };
  return {
    change: { patch: { chosen, ...(half.problem !== undefined && { problem: undefined }) } },
    effects: [{ kind: 'drop', lane: outgoingLane(half.id, shareId), kinds: [OFFER] }],
  };
}

/** What a notification about an answer does: its steps, one after the other in one transaction. */
export interface HeardAnswer {
  /** `unfit`: it contradicts what is recorded, or comes too late. */
  readonly kind: 'recorded' | 'unfit';
  readonly steps: readonly OriginStep[];
}

/**
 * The recipient's answer by Open Cloud Mesh (open-cloud-mesh.md 6). The first one counts, a repeat changes nothing; whoever has
 * accepted may decline later, which is leaving. The grant is there already, so an accepted share is active at once.
 */
export function hearAnswer(
  half: OutgoingHalf,
  accepted: boolean,
  { remindedAt, now }: { readonly remindedAt: number | undefined; readonly now: number },
): HeardAnswer {
  if (!accepted) return { kind: 'recorded', steps: [refusalHeard(half, now)] };
  if (half.state === 'sent' && !isOver(half, now)) return { kind: 'recorded', steps: acceptance(half) };
  if (isRecorded(half.state, true)) return { kind: 'recorded', steps: [] };
  return { kind: 'unfit', steps: [reminder(half, true, { remindedAt, now })] };
}

/** A server that finds a share expired says that its person has left: it was over by then, and needs no telling. */
function refusalHeard(half: OutgoingHalf, now: number): OriginStep {
  if (isExpired(half, now) && !isEnd(half.state)) {
    return { change: { event: 'expire', patch: { endReason: 'expired' } }, effects: closing(half) };
  }
  return half.state === 'sent' ? declined(half) : hearEnd(half, now);
}

/** The first use of a share by a peer that never says that its person has accepted (open-cloud-mesh.md 16). */
export function firstUse(half: OutgoingHalf, now: number): readonly OriginStep[] {
  const counts = half.state === 'sent' && half.chosen?.acceptsByUse === true && !isOver(half, now);
  return counts ? acceptance(half) : [];
}

function acceptance({ id, shareId }: OutgoingHalf): OriginStep[] {
  const sent = { kind: 'drop', lane: outgoingLane(id, shareId), kinds: [OFFER] } as const;
  return [
    { change: { event: 'accept' }, effects: [sent] },
    { change: { event: 'delivered' }, effects: [] },
  ];
}

function declined(half: OutgoingHalf): OriginStep {
  return { change: { event: 'decline' }, effects: closing(half) };
}

/**
 * The outcome of a recipient's decision; `unfit` may still queue a message for a peer that takes an ended share for
 * open.
 */
export type DecisionOutcome =
  | { readonly kind: 'recorded'; readonly step: OriginStep }
  | { readonly kind: 'unfit'; readonly step: OriginStep }
  | { readonly kind: 'expired' };

/**
 * Takes the recipient's decision from the chosen peer. The first one counts; a repeat gets the same answer, and the
 * repeat of an acceptance queues the same grant again. `requestDigest` is that of the request.
 */
export function decide(
  half: OutgoingHalf,
  decision: DecisionMessage,
  facts: { readonly requestDigest: string; readonly remindedAt: number | undefined; readonly now: number },
): DecisionOutcome {
  if (half.state === 'sent') return firstDecision(half, decision.accepted, facts);
  if (isRecorded(half.state, decision.accepted)) {
    return { kind: 'recorded', step: decision.accepted ? regrant(half, facts.now) : NOTHING };
  }
  return { kind: 'unfit', step: reminder(half, decision.accepted, facts) };
}

/** A decision after the owner's expiry is too late, even if the share was not ended yet. */
function firstDecision(
  half: OutgoingHalf,
  accepted: boolean,
  { requestDigest, now }: { readonly requestDigest: string; readonly now: number },
): DecisionOutcome {
  if (isExpired(half, now)) return { kind: 'expired' };
  const patch = { decisionDigest: requestDigest, ...(accepted ? { grantedAt: now } : {}) };
  const change = { event: accepted ? 'accept' : 'decline', patch } as const;
  return { kind: 'recorded', step: { change, effects: accepted ? granting(half) : [] } };
}

/** Makes the grant and queues its delivery, in the transaction that records the acceptance (G2). */
function granting(half: OutgoingHalf): OriginEffect[] {
  const delivery = {
    kind: CREDENTIALS,
    peerId: half.peerId,
    lane: outgoingLane(half.id, half.shareId),
    payload: { outgoingId: half.id, shareId: half.shareId },
    unlessQueued: true,
  };
  return [{ kind: 'mint-grant' }, { kind: 'queue', delivery }];
}

function regrant(half: OutgoingHalf, now: number): OriginStep {
  if (half.grantedAt !== undefined && now - half.grantedAt < REGRANT_INTERVAL) return NOTHING;
  return { change: { patch: { grantedAt: now } }, effects: granting(half) };
}

/**
 * The peer takes a share that has ended here for open (threat model CBK-04), perhaps because it was restored from a
 * backup: it is told the end again. A decision that contradicts a recorded refusal has no effect at all (CBK-03).
 */
function reminder(
  half: OutgoingHalf,
  accepted: boolean,
  { remindedAt, now }: { readonly remindedAt: number | undefined; readonly now: number },
): OriginStep {
  const isKnownThere = half.state === 'declined' || (half.state === 'left' && !accepted);
  if (!isEnd(half.state) || isKnownThere) return NOTHING;
  if (remindedAt !== undefined && Math.abs(now - remindedAt) < REMINDER_INTERVAL) return NOTHING;
  return { effects: [{ kind: 'log-reminder' }, ...tellEnd(half, half.endReason ?? 'revoked', now)] };
}

/**
 * An end of the origin's half with all its effects, whoever caused it: the grant ends with the same commit, a queued
 * credentials delivery is dropped, and the other cloud will be told (CNV-02, DLV-03).
 */
export function end(
  half: OutgoingHalf,
  event: OutgoingEnding,
  by: { readonly reason: EndReason; readonly note?: string; readonly now: number },
): OriginStep {
  const endReason = wordedReason(half, event, by.reason);
  const told = event === 'left' ? [] : tellEnd(half, endReason, by.now);
  return {
    change: { event, patch: { endReason }, note: by.note ?? '' },
    effects: [...closing(half), ...told],
  };
}

/**
 * Before the recipient's decision an end by the owner's side is a withdrawal, whatever its cause
 * (cloudspaces-interop.md 7).
 */
function wordedReason(half: OutgoingHalf, event: OutgoingEnding, reason: EndReason): EndReason {
  return event === 'end' && isUndecided(half) ? 'withdrawn' : reason;
}

/** Withdraws the proposal from the peer that has it; the share itself goes on. */
function withdrawal(half: OutgoingHalf, now: number): OriginEffect[] {
  return [...closing(half), ...tellEnd(half, 'withdrawn', now)];
}

function closing({ id, shareId }: OutgoingHalf): OriginEffect[] {
  return [
    { kind: 'kill-grant' },
    { kind: 'drop', lane: outgoingLane(id, shareId), kinds: [CREDENTIALS, OFFER, TERMS] },
  ];
}

/** Queues the message of the end for the peer that was offered the share, unless it is queued already. */
function tellEnd(half: OutgoingHalf, reason: EndReason, now: number): OriginEffect[] {
  const { id, shareId, peerId, callbackSealed: secretSealed, recipientAddress: grantee } = half;
  if (peerId === undefined) return [];
  const ocm = { half: { direction: 'outgoing', id }, secretSealed, grantee } as const;
  const delivery = {
    kind: UNSHARE,
    peerId,
    lane: outgoingLane(id, shareId),
    payload: { shareId, reason, ...(isOcm(half) && { ocm }) },
    expiresAt: now + UNSHARE_LIFE,
    unlessQueued: true,
  };
  return [{ kind: 'queue', delivery }];
}

/**
 * The owner has changed what the recipient may do: by Open Cloud Mesh their server is told, in the order of the share's messages.
 * One message is enough, for it says what holds when it is sent; one that is under way may say what held before.
 */
export function termsChanged({ id, shareId, peerId, ...half }: OutgoingHalf, now: number): OriginStep {
  if (peerId === undefined || !isOcm(half) || isEnd(half.state)) return NOTHING;
  const lane = outgoingLane(id, shareId);
  const payload = { outgoingId: id, shareId };
  const delivery = { kind: TERMS, peerId, lane, payload, expiresAt: now + UNSHARE_LIFE };
  return {
    effects: [
      { kind: 'drop', lane, kinds: [TERMS] },
      { kind: 'queue', delivery },
    ],
  };
}

/** Whether changed terms of an offer of this name still have to be told. */
export function areTermsDue(half: OutgoingHalf | undefined, shareId: string): boolean {
  return half?.shareId === shareId && isOcm(half) && half.peerId !== undefined && !isEnd(half.state);
}

/** The peer has sent the end; an ended share stays as it is. */
export function hearEnd(half: OutgoingHalf, now: number): OriginStep {
  return isEnd(half.state) ? NOTHING : end(half, 'left', { reason: 'left', now });
}

/** Time is up: the owner's expiry has passed, or nobody has answered the invitation. */
export function timeIsUp(half: OutgoingHalf, now: number): OriginStep {
  if (!isOver(half, now)) return NOTHING;
  return end(half, isExpired(half, now) ? 'expire' : 'lapse', { reason: 'expired', now });
}

/** The peer is blocked or removed. An invitation that it did not take can still be accepted with another peer. */
export function peerGone(half: OutgoingHalf, now: number): OriginStep {
  if (half.state === 'created') return NOTHING;
  return end(half, 'end', { reason: 'revoked', note: 'peer blocked', now });
}

/** Whether queued credentials still have to be sent to a peer. */
export function credentialsDue(
  half: OutgoingHalf | undefined,
  shareId: string,
  peer: PeerAddresses | undefined,
): 'send' | 'overtaken' | 'repointed' {
  if (half?.shareId !== shareId || (half.state !== 'accepted' && half.state !== 'active')) return 'overtaken';
  if (peer === undefined || peer.blocked) return 'overtaken';
  return isStillWhere(half, peer) ? 'send' : 'repointed';
}

/**
 * The peer has moved since it was chosen: no credentials are sent, and the invitee has to choose again (threat model
 * CRD-07).
 */
export function repoint(half: OutgoingHalf, shareId: string, now: number): OriginStep {
  if (half.shareId !== shareId) return NOTHING;
  // A withdrawn proposal is never offered again, not even if the peer moves back.
  const patch = { chosen: undefined, ...(isOcm(half) && { problem: MOVED }) };
  const change = { event: 'repoint', patch, note: 'the peer has moved' } as const;
  return { change, effects: withdrawal(half, now) };
}

/** Takes the peer's answer to credentials of this name; `waited`: milliseconds since they were queued. */
export function credentialsAnswered(
  half: OutgoingHalf,
  shareId: string,
  answer: { readonly kind: string; readonly note: string },
  { waited, now }: { readonly waited: number; readonly now: number },
): OriginStep {
  if (half.shareId !== shareId) return NOTHING;
  if (answer.kind === 'taken') return { change: { event: 'delivered' }, effects: [] };
  return isRefusal(answer.kind, waited) ? end(half, 'refused', { reason: 'revoked', note: answer.note, now }) : NOTHING;
}

/** True when an answer means that the other cloud will never take these credentials. */
export function isRefusal(answer: string, waited: number): boolean {
  return answer === 'unfit' || (answer === 'unknown' && waited >= PATIENCE_WITH_404);
}
