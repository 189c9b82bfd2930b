import { DAY, HOUR, MINUTE, type PeerId } from '../../kernel/index.js';
import type { DecisionMessage, EndReason } from '../agreement.js';
import { CREDENTIALS, outgoingLane, UNSHARE, UNSHARE_LIFE } from '../messages.js';
import type { ChosenAddresses, OutgoingPatch, OutgoingShare } from '../outgoing-share.js';
import { isEnd, isRecorded, type OutgoingEvent } from '../transitions.js';
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
  | 'callbackSealed'
  | 'expiresAt'
  | 'invitationExpiresAt'
  | 'grantedAt'
  | 'revision'
>;

/** Where a peer takes messages, and whether it is trusted. */
export interface PeerPlace extends ChosenAddresses {
  readonly id: PeerId;
  readonly name: string;
  readonly blocked: boolean;
}

/** Names that were never used before: for the wire, and for the callback. */
export type FreshNames = Required<Pick<OutgoingPatch, 'shareId' | 'callbackHash' | 'callbackSealed'>>;

/** The events that end the origin's half. */
export type OutgoingEnding = Extract<OutgoingEvent, 'end' | 'lapse' | 'expire' | 'refused' | 'left'>;

/** At most one grant delivery a minute for freshly signed repeats (cloudspaces-interop.md 5, healing). */
const REGRANT_INTERVAL = MINUTE;

/** An ended share is told again to a peer that still believes in it, once a day: the news may have been lost anew. */
const REMINDER_INTERVAL = DAY;

/** A 404 is believed only after so long: a peer that is starting up says it too (DLV-05). */
const PATIENCE_WITH_404 = HOUR;

/**
 * The invitee picks a peer. For another one, one that has moved, or other terms, what the first holds is withdrawn, and
 * the names are new: the callback that the first one knows is nobody's any more (threat model PRO-13).
 */
export function choose(
  half: OutgoingHalf,
  peer: PeerPlace,
  { fresh, now }: { readonly fresh: FreshNames; readonly now: number },
): Chosen {
  if ((half.state !== 'created' && half.state !== 'sent') || isOver(half, now)) return { kind: 'not-open' };
  const isHeld = half.peerId === peer.id && isStillWhere(half, peer) && half.chosen?.isOutdated !== true;
  const moved = half.peerId !== undefined && !isHeld;
  const patch: OutgoingPatch = {
    peerId: peer.id,
    chosen: { shareUrl: peer.shareUrl, credentialsUrl: peer.credentialsUrl },
    ...(moved ? fresh : half.callbackSealed === undefined ? callbackOf(fresh) : {}),
  };
  const effects = moved ? withdrawal(half, now) : [];
  const step = { change: { event: 'choose', patch, note: peer.name }, effects } as const;
  return { kind: 'sent', step, again: half.state === 'sent' && isHeld };
}

/** What a choice does; `again`: the same proposal is presented once more, which the peer may hold already. */
type Chosen =
  { readonly kind: 'sent'; readonly step: OriginStep; readonly again: boolean } | { readonly kind: 'not-open' };

/** True once nobody may choose or answer any more, by either of the two clocks of a share. */
function isOver(half: OutgoingHalf, now: number): boolean {
  return half.invitationExpiresAt <= now || isExpired(half, now);
}

function isExpired({ expiresAt }: OutgoingHalf, now: number): boolean {
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
 * The chosen peer did not take the proposal: back to `created`, unless the share has moved on since that attempt, or the
 * peer was only asked `again`: it may hold the proposal since the first time, and its answer must still be heard. After a
 * 409 (`burnt`) the same names cannot be offered again (cloudspaces-interop.md 8): what the peer holds is withdrawn.
 */
export function offerFailed(
  half: OutgoingHalf,
  attempt: { readonly revision: number; readonly burnt: boolean; readonly again: boolean; readonly note: string },
  { fresh, now }: { readonly fresh: FreshNames; readonly now: number },
): OriginStep {
  if (half.revision !== attempt.revision || (attempt.again && !attempt.burnt)) return NOTHING;
  const patch = attempt.burnt ? fresh : {};
  const effects = attempt.burnt ? withdrawal(half, now) : [];
  return { change: { event: 'offer-failed', patch, note: attempt.note }, effects };
}

/** What a recipient's decision does; `unfit` may still queue news for a peer that believes in an ended share. */
export type Decided =
  | { readonly kind: 'recorded'; readonly step: OriginStep }
  | { readonly kind: 'unfit'; readonly step: OriginStep }
  | { readonly kind: 'expired' };

/**
 * The recipient's decision, from the chosen peer. The first counts; a repeat is answered alike, and one of an acceptance
 * queues the same grant again. `requestDigest` is of the request that carried it.
 */
export function decide(
  half: OutgoingHalf,
  decision: DecisionMessage,
  facts: { readonly requestDigest: string; readonly remindedAt: number | undefined; readonly now: number },
): Decided {
  if (half.state === 'sent') return firstDecision(half, decision.accepted, facts);
  if (isRecorded(half.state, decision.accepted)) {
    return { kind: 'recorded', step: decision.accepted ? regrant(half, facts.now) : NOTHING };
  }
  return { kind: 'unfit', step: reminder(half, decision.accepted, facts) };
}

/** A decision that comes after the owner's expiry came too late, also when no clock has ended the share yet. */
function firstDecision(
  half: OutgoingHalf,
  accepted: boolean,
  { requestDigest, now }: { readonly requestDigest: string; readonly now: number },
): Decided {
  if (isExpired(half, now)) return { kind: 'expired' };
  const patch = { decisionDigest: requestDigest, ...(accepted ? { grantedAt: now } : {}) };
  const change = { event: accepted ? 'accept' : 'decline', patch } as const;
  return { kind: 'recorded', step: { change, effects: accepted ? granting(half) : [] } };
}

/** The one grant, and its delivery, in the transaction that records the acceptance (G2). */
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
 * The peer still believes in a share that has ended here (threat model CBK-04), perhaps because a backup was brought back
 * there: tell it again. A reversed refusal has no effect at all (CBK-03).
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
 * An end of the origin's half, and what it always brings with it, whoever caused it: the grant is dead with the same
 * commit, a credentials delivery on its way is overtaken, and the other cloud will be told (CNV-02, DLV-03).
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

/** Before the recipient's decision an end by the owner's side is a withdrawal, whatever its cause (section 7). */
function wordedReason(half: OutgoingHalf, event: OutgoingEnding, reason: EndReason): EndReason {
  const undecided = half.state === 'created' || half.state === 'sent';
  return event === 'end' && undecided ? 'withdrawn' : reason;
}

/** Takes a proposal back from the peer that has it, because the share goes on without it. */
function withdrawal(half: OutgoingHalf, now: number): OriginEffect[] {
  return [...closing(half), ...tellEnd(half, 'withdrawn', now)];
}

function closing({ id, shareId }: OutgoingHalf): OriginEffect[] {
  return [{ kind: 'kill-grant' }, { kind: 'drop', lane: outgoingLane(id, shareId), kinds: [CREDENTIALS] }];
}

/** The news of the end for the peer that was offered the share; once at a time. */
function tellEnd({ id, shareId, peerId }: OutgoingHalf, reason: EndReason, now: number): OriginEffect[] {
  if (peerId === undefined) return [];
  const delivery = {
    kind: UNSHARE,
    peerId,
    lane: outgoingLane(id, shareId),
    payload: { shareId, reason },
    expiresAt: now + UNSHARE_LIFE,
    unlessQueued: true,
  };
  return [{ kind: 'queue', delivery }];
}

/** The peer tells the end; an ended share stays as it is. */
export function hearEnd(half: OutgoingHalf, now: number): OriginStep {
  return isEnd(half.state) ? NOTHING : end(half, 'left', { reason: 'left', now });
}

/** The clock: the owner's expiry, or nobody answered in time. */
export function timeIsUp(half: OutgoingHalf, now: number): OriginStep {
  if (!isOver(half, now)) return NOTHING;
  return end(half, isExpired(half, now) ? 'expire' : 'lapse', { reason: 'expired', now });
}

/** The peer is blocked or removed. An invitation that it failed to take may still be accepted elsewhere. */
export function peerGone(half: OutgoingHalf, now: number): OriginStep {
  if (half.state === 'created') return NOTHING;
  return end(half, 'end', { reason: 'revoked', note: 'peer blocked', now });
}

/** Whether credentials on their way to a peer are still to be sent there. */
export function credentialsDue(
  half: OutgoingHalf | undefined,
  shareId: string,
  peer: PeerPlace | undefined,
): 'send' | 'overtaken' | 'repointed' {
  if (half?.shareId !== shareId || (half.state !== 'accepted' && half.state !== 'active')) return 'overtaken';
  if (peer === undefined || peer.blocked) return 'overtaken';
  return isStillWhere(half, peer) ? 'send' : 'repointed';
}

/** The peer moved after it was chosen: no credentials go there, the invitee chooses anew (threat model CRD-07). */
export function repoint(half: OutgoingHalf, shareId: string, now: number): OriginStep {
  if (half.shareId !== shareId) return NOTHING;
  // What was withdrawn there is never offered again, not even when the peer moves back.
  const change = { event: 'repoint', patch: { chosen: undefined }, note: 'the peer has moved' } as const;
  return { change, effects: withdrawal(half, now) };
}

/** What the peer's answer to credentials of this name does; `waited`: milliseconds since they were queued. */
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

/** True when an answer to credentials says that the other side will never take them. */
export function isRefusal(answer: string, waited: number): boolean {
  return answer === 'unfit' || (answer === 'unknown' && waited >= PATIENCE_WITH_404);
}
