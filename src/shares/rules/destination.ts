import { DAY, HOUR, MINUTE, type AccountId } from '../../kernel/index.js';
import type { EndReason } from '../agreement.js';
import type { IncomingPatch, IncomingShare } from '../incoming-share.js';
import { DECISION, incomingLane, PROBE, UNSHARE, UNSHARE_LIFE } from '../messages.js';
import type { OpenFinding, ProbeFinding } from '../probe-finding.js';
import { isRecorded, type IncomingEvent } from '../transitions.js';
import { NOTHING, type DestinationEffect, type DestinationStep } from './step.js';

/**
 * The rules of the destination's half (cloudspaces-interop.md 3, 4, 6, 8): what an event or a message does to it. Pure,
 * as those of the origin are.
 */

/** What the rules look at. */
export type IncomingHalf = Pick<
  IncomingShare,
  | 'id'
  | 'peerId'
  | 'shareId'
  | 'state'
  | 'digest'
  | 'permission'
  | 'expiresAt'
  | 'grantDigest'
  | 'grantIsUnsigned'
  | 'problem'
  | 'createdAt'
>;

/** The events that end the destination's half. */
export type IncomingEnding = Exclude<IncomingEvent, 'accept' | 'mounted'>;

/** An unanswered proposal ends by itself after this long (cloudspaces-interop.md 8). */
export const PENDING_LIFE = 30 * DAY;

/** At most so many proposals wait for one address, from one peer and from all (threat model PRO-07). */
const PENDING_CAPS = { ofPeer: 50, inAll: 200 };

/** Every active share is probed once a day at the latest, spread over the last hours (reliability.md CNV-04). */
const PROBE_INTERVAL = DAY;
const PROBE_SPREAD = 4 * HOUR;

/** How many proposals wait for one address. */
export interface Waiting {
  readonly ofPeer: number;
  readonly inAll: number;
}

/**
 * A proposal arrives under a name: it is new, or the one that we hold (`same`); else the name is `used`, or it has
 * `ended` before it came (threat model UNS-02).
 */
export function receiveOffer(
  known: IncomingHalf | undefined,
  facts: { readonly digest: string; readonly isBuried: boolean },
): 'new' | 'same' | 'used' | 'ended' {
  if (known !== undefined) return known.state === 'pending' && known.digest === facts.digest ? 'same' : 'used';
  return facts.isBuried ? 'ended' : 'new';
}

/** True when one more proposal may wait: a peer that sends many does not lock out the others. */
export function hasRoom(waiting: Waiting): boolean {
  return waiting.ofPeer < PENDING_CAPS.ofPeer && waiting.inAll < PENDING_CAPS.inAll;
}

/** What a recipient's answer does. `recorded` without a change: it says what has been recorded before. */
export type Answered =
  | { readonly kind: 'recorded'; readonly step: DestinationStep }
  | { readonly kind: 'changed' }
  | { readonly kind: 'expired' };

/** The recipient answers the proposal that they were shown, `shown` being its digest. */
export function answerOffer(
  half: IncomingHalf,
  answer: { readonly accepted: boolean; readonly shown: string; readonly accountId: AccountId },
  now: number,
): Answered {
  if (half.digest !== answer.shown) return { kind: 'changed' };
  if (isRecorded(half.state, answer.accepted)) return { kind: 'recorded', step: NOTHING };
  if (isPendingOver(half, now)) return { kind: 'expired' };
  const change = { event: answer.accepted ? 'accept' : 'decline', patch: { accountId: answer.accountId } } as const;
  return { kind: 'recorded', step: { change, effects: [repeatDecision(half, now, answer.accepted)] } };
}

/** True once nobody may answer a proposal any more. */
export function isPendingOver(
  { state, createdAt, expiresAt }: Pick<IncomingHalf, 'state' | 'createdAt' | 'expiresAt'>,
  now: number,
): boolean {
  return state === 'pending' && (createdAt + PENDING_LIFE <= now || (expiresAt ?? Infinity) <= now);
}

/**
 * The browser may be lost on its way to the origin: our server repeats the decision (cloudspaces-interop.md 5, healing), an
 * acceptance for as long as it has not brought a grant.
 */
function repeatDecision({ id, peerId }: IncomingHalf, now: number, accepted: boolean): DestinationEffect {
  const timing = { runAt: now + MINUTE, expiresAt: accepted ? undefined : now + PENDING_LIFE };
  const delivery = { kind: DECISION, peerId, lane: incomingLane(id), payload: { incomingId: id }, ...timing };
  return { kind: 'queue', delivery };
}

/**
 * The origin's answer to a repeated decision. A 409 to a refusal says that the origin believes in an acceptance, as when a
 * backup was brought back here since: it is told that the share is over.
 */
export function decisionAnswered(half: IncomingHalf, answer: string, now: number): DestinationStep {
  return half.state === 'declined' && answer === 'unfit' ? { effects: [tellEnd(half, now)] } : NOTHING;
}

/** What arriving credentials do. */
export type GrantTaken =
  { readonly kind: 'stored'; readonly step: DestinationStep } | { readonly kind: 'same' | 'other' | 'unfit' };

/**
 * The grant of an accepted share is stored and tried at once; identical ones again are answered alike, `other` ones
 * never replace it, and without an acceptance there is nothing to store. One that came without a signature proves itself
 * by opening what is shared: before that it makes way for any other (CRD-03).
 */
export function takeGrant(
  half: IncomingHalf,
  grant: Required<Pick<IncomingPatch, 'grantSealed' | 'grantDigest'>> & Pick<IncomingPatch, 'grantIsUnsigned'>,
): GrantTaken {
  if (half.state !== 'accepted' && half.state !== 'active') return { kind: 'unfit' };
  if (half.grantDigest === grant.grantDigest) return { kind: 'same' };
  if (half.grantDigest !== undefined && !isUnproven(half)) return { kind: 'other' };
  const { grantSealed, grantDigest, grantIsUnsigned = false } = grant;
  const silenced = { kind: 'drop', lane: incomingLane(half.id), kinds: [DECISION, PROBE] } as const;
  return {
    kind: 'stored',
    step: { change: { patch: { grantSealed, grantDigest, grantIsUnsigned } }, effects: [silenced, probe(half)] },
  };
}

function isUnproven({ state, grantIsUnsigned }: Pick<IncomingHalf, 'state' | 'grantIsUnsigned'>): boolean {
  return state === 'accepted' && grantIsUnsigned;
}

function probe({ id, peerId }: IncomingHalf, runAt?: number): DestinationEffect {
  const delivery = { kind: PROBE, peerId, lane: incomingLane(id), payload: { incomingId: id }, runAt };
  return { kind: 'queue', delivery };
}

/**
 * An end of the destination's half, and what it always brings with it: token and secret erased, the mount gone, queued
 * messages of the share dropped, and (when it ended here) the origin told.
 */
export function end(
  half: IncomingHalf,
  event: IncomingEnding,
  by: { readonly reason: EndReason | undefined; readonly note?: string; readonly now: number },
): DestinationStep {
  const patch = { endReason: by.reason, grantSealed: undefined, grantDigest: undefined, problem: undefined };
  const dropped = { kind: 'drop', lane: incomingLane(half.id) } as const;
  return {
    change: { event, patch, note: by.note ?? '' },
    effects: [{ kind: 'unmount' }, dropped, ...(event === 'leave' ? [tellEnd(half, by.now)] : [])],
  };
}

function tellEnd({ id, peerId, shareId }: IncomingHalf, now: number): DestinationEffect {
  const payload = { shareId, reason: 'left' };
  const delivery = { kind: UNSHARE, peerId, lane: incomingLane(id), payload, expiresAt: now + UNSHARE_LIFE };
  return { kind: 'queue', delivery };
}

/** The origin tells the end: which one it is, its reason says (cloudspaces-interop.md 8, side B). */
export function hearEnd(half: IncomingHalf, reason: EndReason | undefined, now: number): DestinationStep {
  return end(half, endEvent(half, reason), { reason, now });
}

function endEvent({ state }: IncomingHalf, reason: EndReason | undefined): Extract<IncomingEnding, `told-${string}`> {
  if (reason === 'withdrawn') return 'told-withdrawn';
  if (reason === 'expired') return 'told-expired';
  return reason === undefined && state === 'pending' ? 'told-withdrawn' : 'told-revoked';
}

/** The clock: nobody answered in time. */
export function timeIsUp(half: IncomingHalf, now: number): DestinationStep {
  return isPendingOver(half, now) ? end(half, 'lapse', { reason: 'expired', now }) : NOTHING;
}

/**
 * What a probe found: the folder is mounted, what changed at the origin is taken over, or all is over. Trouble is noted
 * and nothing more (CNV-03). `chance`, from 0 to 1, spreads the next probe.
 */
export function found(
  half: IncomingHalf,
  finding: ProbeFinding,
  { now, chance }: { readonly now: number; readonly chance: number },
): DestinationStep {
  if (!isOpenable(half)) return NOTHING;
  if (finding.kind === 'dead') return isUnproven(half) ? forget(half, now) : dead(half, now);
  if (finding.kind === 'trouble') {
    return half.problem === finding.note ? NOTHING : { change: { patch: { problem: finding.note } }, effects: [] };
  }
  const next = probe(half, now + PROBE_INTERVAL - Math.round(chance * PROBE_SPREAD));
  return half.state === 'accepted' ? mount(finding, next) : refresh(half, finding, next);
}

/** True while a probe of this share means anything. */
export function isOpenable({ state }: Pick<IncomingHalf, 'state'>): boolean {
  return state === 'accepted' || state === 'active';
}

function mount(finding: OpenFinding, next: DestinationEffect): DestinationStep {
  return { change: { event: 'mounted', patch: termsOf(finding) }, effects: [{ kind: 'mount', finding }, next] };
}

function refresh(half: IncomingHalf, finding: OpenFinding, next: DestinationEffect): DestinationStep {
  const { permission, expiresAt } = finding;
  const same = half.permission === permission && half.expiresAt === expiresAt && half.problem === undefined;
  const effects = [{ kind: 'change-mount', finding }, next] as const;
  return same ? { effects } : { change: { patch: termsOf(finding) }, effects };
}

function termsOf({ permission, expiresAt }: OpenFinding): IncomingPatch {
  return { problem: undefined, permission, expiresAt };
}

/** Whoever sent these credentials did not sign them: they were wrong, which says nothing about the share. */
function forget(half: IncomingHalf, now: number): DestinationStep {
  const problem = 'Credentials came, but they did not open what is shared. They are asked for again.';
  const patch = { grantSealed: undefined, grantDigest: undefined, grantIsUnsigned: false, problem };
  return { change: { patch }, effects: [repeatDecision(half, now, true)] };
}

/** The origin refuses the grant for good. */
function dead(half: IncomingHalf, now: number): DestinationStep {
  const isExpired = half.expiresAt !== undefined && half.expiresAt <= now;
  const note = 'the other cloud refused the grant twice';
  return isExpired
    ? end(half, 'dead-expired', { reason: 'expired', note, now })
    : end(half, 'dead-revoked', { reason: 'revoked', note, now });
}

/** True while a recorded decision is still to be repeated: until the share has its grant, or has ended. */
export function isDecisionDue({ state, grantDigest }: Pick<IncomingHalf, 'state' | 'grantDigest'>): boolean {
  return state === 'declined' || (state === 'accepted' && grantDigest === undefined);
}
