import { DAY, HOUR, MINUTE, SECOND, type AccountId, type Permission } from '../../kernel/index.js';
import type { EndReason } from '../agreement/agreement.js';
import type { IncomingPatch, IncomingShare } from '../agreement/incoming-share.js';
import { DECISION, incomingLane, isOcm, PROBE, tellingLane, UNSHARE, UNSHARE_LIFE } from '../agreement/messages.js';
import type { OpenFinding, ProbeFinding } from '../agreement/probe-finding.js';
import { isEnd, isRecorded, type IncomingEvent } from '../agreement/transitions.js';
import { isRefusal } from './origin.js';
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
  | 'dialect'
  | 'kind'
  | 'isKindOpen'
  | 'recipientAddress'
  | 'digest'
  | 'permission'
  | 'expiresAt'
  | 'grantSealed'
  | 'grantDigest'
  | 'grantIsUnsigned'
  | 'problem'
  | 'refusedSince'
  | 'refusals'
  | 'createdAt'
>;

/** The events that end the destination's half. */
export type IncomingEnding = Exclude<IncomingEvent, 'accept' | 'mounted'>;

/** An unanswered proposal ends by itself after this long (cloudspaces-interop.md 8). */
export const PENDING_LIFE = 30 * DAY;

/** Most proposals that wait for one address, from one peer and from all (threat model PRO-07). */
const PENDING_CAPS = { ofPeer: 50, inAll: 200 };

/**
 * Every active share is probed at least once a day; probes are spread over the last hours of it (reliability.md
 * CNV-04).
 */
const PROBE_INTERVAL = DAY;
const PROBE_SPREAD = 4 * HOUR;

/**
 * Its last day may have been changed at the origin, which nobody tells. So it is asked shortly before the day is over, early
 * enough that a folder goes on without a gap.
 */
const ASKED_EARLY = 5 * MINUTE;

/**
 * How long a share of Open Cloud Mesh, once its time is up, waits for an origin that is away and may have given it more.
 * Meanwhile it opens nothing here; bounded, because both sides keep the time (open-cloud-mesh.md 4.1).
 */
export const LAST_WORD = 10 * MINUTE;

/** So far apart such questions are, and extra ones whenever something makes us doubt our record. */
export const DOUBT_INTERVAL = MINUTE;

/**
 * When a refused grant is tried again, in milliseconds after its first refusal; after that every 10 min. The refusal
 * counts only once all of these tries were refused too (ruling F-06). A try that was late, for example while the peer's
 * breaker was open, does not delay the following ones; but two tries keep a minimum distance.
 */
const CONFIRMATIONS = [5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE] as const;
const NEXT_CONFIRMATIONS = 10 * MINUTE;
const APART = 5 * SECOND;

/**
 * How long a grant must be refused before its share ends: one that has worked (`active`), and one that has just come
 * (`accepted`).
 */
const REFUSED_FOR_GOOD = { active: 10 * MINUTE, accepted: HOUR };

/** What the recipient is told meanwhile. */
const REFUSED =
  'The other cloud refuses the key to this folder at the moment. It is asked again by itself; only if that lasts does the share end.';

/** How many proposals wait for one address. */
export interface Waiting {
  readonly ofPeer: number;
  readonly inAll: number;
}

/**
 * What an arriving proposal is: `new`; the `same` as a pending one; under a name that is `used`; or under one that the
 * peer `ended` before it came (threat model UNS-02). By Open Cloud Mesh the same may come again as long as the share lasts
 * (open-cloud-mesh.md 4.3).
 */
export function receiveOffer(
  known: IncomingHalf | undefined,
  facts: { readonly digest: string; readonly isBuried: boolean },
): 'new' | 'same' | 'used' | 'ended' {
  if (known !== undefined) {
    const lasts = known.state === 'pending' || (isOcm(known) && isOpenable(known));
    return lasts && known.digest === facts.digest ? 'same' : 'used';
  }
  return facts.isBuried ? 'ended' : 'new';
}

/** True when one more proposal may wait; the limit per peer keeps one peer from locking out others. */
export function mayWait(waiting: Waiting): boolean {
  return waiting.ofPeer < PENDING_CAPS.ofPeer && waiting.inAll < PENDING_CAPS.inAll;
}

/** The outcome of a recipient's answer. `recorded` without a change: the same answer was recorded before. */
export type AnswerOutcome =
  | { readonly kind: 'recorded'; readonly step: DestinationStep }
  | { readonly kind: 'changed' }
  | { readonly kind: 'expired' };

/** Takes the recipient's answer to the proposal that they were shown; `shown` is its digest. */
export function answerOffer(
  half: IncomingHalf,
  answer: { readonly accepted: boolean; readonly shown: string; readonly accountId: AccountId },
  now: number,
): AnswerOutcome {
  if (half.digest !== answer.shown) return { kind: 'changed' };
  if (isRecorded(half.state, answer.accepted)) return { kind: 'recorded', step: NOTHING };
  if (isPendingOver(half, now)) return { kind: 'expired' };
  const change = { event: answer.accepted ? 'accept' : 'decline', patch: { accountId: answer.accountId } } as const;
  // By Open Cloud Mesh the key has come already.
  const opened = isOcm(half) && answer.accepted ? [probe(half)] : [];
  return { kind: 'recorded', step: { change, effects: [repeatDecision(half, now, answer.accepted), ...opened] } };
}

/** True once a proposal can no longer be answered. */
export function isPendingOver(
  { state, createdAt, expiresAt }: Pick<IncomingHalf, 'state' | 'createdAt' | 'expiresAt'>,
  now: number,
): boolean {
  return state === 'pending' && (createdAt + PENDING_LIFE <= now || (expiresAt ?? Infinity) <= now);
}

/**
 * Our server repeats the decision, because the browser may not reach the origin (cloudspaces-interop.md 5, healing); an
 * acceptance until a grant has come.
 */
function repeatDecision(half: IncomingHalf, now: number, accepted: boolean): DestinationEffect {
  const { id, peerId } = half;
  // By Open Cloud Mesh no browser carries it: it is sent at once, and no answer to it is waited for.
  const timing = isOcm(half)
    ? { expiresAt: now + PENDING_LIFE }
    : { runAt: now + MINUTE, expiresAt: accepted ? undefined : now + PENDING_LIFE };
  const delivery = { kind: DECISION, peerId, lane: tellingLane(half), payload: { incomingId: id }, ...timing };
  return { kind: 'queue', delivery };
}

/**
 * Takes the origin's answer to a repeated decision. A 409 to a refusal means that the origin has recorded an
 * acceptance, for example because this cloud was restored from a backup since; then it is sent the end of the share.
 * `waited`: milliseconds since the decision was queued.
 */
export function decisionAnswered(
  half: IncomingHalf,
  answer: string,
  { waited, now }: { readonly waited: number; readonly now: number },
): DestinationStep {
  if (isOcm(half)) {
    const isOpen = answer === 'trouble' || (answer === 'unknown' && !isRefusal(answer, waited));
    return half.state === 'declined' && !isOpen ? FORGOTTEN : NOTHING;
  }
  return half.state === 'declined' && answer === 'unfit' ? { effects: [tellEnd(half, now)] } : NOTHING;
}

/** The key of a share that was declined is erased once the other cloud knows. */
const FORGOTTEN: DestinationStep = { change: { patch: { grantSealed: undefined } }, effects: [] };

/** The outcome of arriving credentials. */
export type GrantTaken =
  { readonly kind: 'stored'; readonly step: DestinationStep } | { readonly kind: 'same' | 'other' | 'unfit' };

/**
 * Takes the grant of an accepted share: stores it and tries it at once. The same grant again gets the same answer,
 * another one never replaces it, and without an acceptance nothing is stored. An unsigned grant may be replaced until
 * it has worked (CRD-03).
 */
export function takeGrant(
  half: IncomingHalf,
  grant: Required<Pick<IncomingPatch, 'grantSealed' | 'grantDigest'>> & Pick<IncomingPatch, 'grantIsUnsigned'>,
): GrantTaken {
  if (!isOpenable(half) || isOcm(half)) return { kind: 'unfit' };
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
 * An end of the destination's half with all its effects: token and secret are erased, the mount is removed, queued
 * messages of the share are dropped and, if it ended here, the origin is told.
 */
export function end(
  half: IncomingHalf,
  event: IncomingEnding,
  by: { readonly reason: EndReason | undefined; readonly note?: string; readonly now: number },
): DestinationStep {
  // By the digest a notification of Open Cloud Mesh that comes again is known (open-cloud-mesh.md 6).
  const erased = { grantSealed: undefined, ...(!isOcm(half) && { grantDigest: undefined }) };
  const patch = { endReason: by.reason, ...erased, ...UNTROUBLED };
  const lanes = new Set([incomingLane(half.id), tellingLane(half)]);
  const dropped = [...lanes].map((lane) => ({ kind: 'drop', lane }) as const);
  const isOwn = BY_ITSELF.includes(event) || (isOcm(half) && event === 'lapse');
  return {
    change: { event, patch, note: by.note ?? '' },
    effects: [{ kind: 'unmount' }, ...dropped, ...(isOwn ? [tellEnd(half, by.now)] : [])],
  };
}

/**
 * Ends that the origin does not know of: the recipient's own, and that after refusals which the origin may not have
 * intended. By Open Cloud Mesh it does not know either when a proposal stops waiting.
 */
const BY_ITSELF: readonly IncomingEnding[] = ['leave', 'dead-revoked', 'dead-expired'];

const UNTROUBLED = { problem: undefined, refusedSince: undefined, refusals: 0 } as const;

function tellEnd(half: IncomingHalf, now: number): DestinationEffect {
  const { id, peerId, shareId, grantSealed: secretSealed, recipientAddress: grantee } = half;
  const ocm = { half: { direction: 'incoming', id }, secretSealed, grantee } as const;
  const payload = { shareId, reason: 'left', ...(isOcm(half) && { ocm }) };
  const delivery = { kind: UNSHARE, peerId, lane: tellingLane(half), payload, expiresAt: now + UNSHARE_LIFE };
  return { kind: 'queue', delivery };
}

/**
 * The server of the share has said what its recipient may do from now on (open-cloud-mesh.md 6). The next probe has the last word
 * where the files tell it too.
 */
export function hearPermission(half: IncomingHalf, permission: Permission): DestinationStep {
  if (isEnd(half.state) || half.permission === permission) return NOTHING;
  return { change: { patch: { permission } }, effects: [{ kind: 'permit-mount', permission }] };
}

/** The origin has sent the end; the reason says which event it is (cloudspaces-interop.md 8, side B). */
export function hearEnd(half: IncomingHalf, reason: EndReason | undefined, now: number): DestinationStep {
  return end(half, endEvent(half, reason, now), { reason, now });
}

function endEvent(
  half: IncomingHalf,
  reason: EndReason | undefined,
  now: number,
): Extract<IncomingEnding, `told-${string}`> {
  if (reason === 'withdrawn') return 'told-withdrawn';
  if (reason === 'expired') return 'told-expired';
  if (reason === undefined && half.state === 'pending') return 'told-withdrawn';
  return reason === undefined && isDayOver(half, now) ? 'told-expired' : 'told-revoked';
}

/** True once the last day is over that we know of. */
function isDayOver({ expiresAt }: Pick<IncomingHalf, 'expiresAt'>, now: number): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** Time is up: nobody has answered the proposal. */
export function timeIsUp(half: IncomingHalf, now: number): DestinationStep {
  if (isPendingOver(half, now)) return end(half, 'lapse', { reason: 'expired', now });
  // By Open Cloud Mesh the time stands in the offer and is kept on both sides (open-cloud-mesh.md 4.1): servers differ in what
  // they say of a share that is over. By CloudSpaces the origin alone keeps it, and says so.
  if (!isOcm(half) || !isOpenable(half) || !isDayOver(half, now)) return NOTHING;
  const isForgone = half.refusedSince !== undefined || isDayOver(half, now - LAST_WORD);
  return isForgone ? end(half, 'dead-expired', { reason: 'expired', now }) : { effects: [askNow(half)] };
}

/** What was to be asked later is asked now. */
function askNow({ id }: IncomingHalf): DestinationEffect {
  return { kind: 'hasten', lane: incomingLane(id), message: PROBE, interval: DOUBT_INTERVAL };
}

/**
 * Takes the finding of a probe: the folder is mounted, changes at the origin are taken over, or the grant is refused.
 * Other errors are only noted (CNV-03). `chance`, from 0 to 1, spreads the next probe.
 */
export function found(
  half: IncomingHalf,
  finding: ProbeFinding,
  { now, chance }: { readonly now: number; readonly chance: number },
): DestinationStep {
  if (!isOpenable(half)) return NOTHING;
  if (finding.kind === 'trouble') return troubled(half, finding);
  const terms = finding.kind === 'open' ? finding : half;
  if (isOcm(half) && isDayOver(terms, now)) return over(half, terms, now);
  if (finding.kind === 'refused') return isUnproven(half) ? forget(half, now) : refused(half, now);
  const next = probe(half, nextProbe(finding, { now, chance }));
  return half.state === 'accepted' ? mount(half, finding, next) : refresh(half, finding, next);
}

/** Once a day, and shortly before the last one is over. */
function nextProbe({ expiresAt = Infinity }: OpenFinding, { now, chance }: { now: number; chance: number }): number {
  const daily = now + PROBE_INTERVAL - Math.round(chance * PROBE_SPREAD);
  const early = expiresAt - ASKED_EARLY;
  return early > now ? Math.min(daily, early) : daily;
}

/** The last day is over, also by the word of the origin, or the key opens nothing any more. */
function over(
  half: IncomingHalf,
  { permission, expiresAt }: Pick<OpenFinding, 'permission' | 'expiresAt'>,
  now: number,
): DestinationStep {
  const { change, effects } = end(half, 'dead-expired', { reason: 'expired', now });
  return { change: { ...change, patch: { ...change?.patch, permission, expiresAt } }, effects };
}

/** A request was refused the grant: the first such refusal is recorded; from then on only probes ask. */
export function refusedInUse(half: IncomingHalf, now: number): DestinationStep {
  return half.refusedSince === undefined ? found(half, { kind: 'refused', detail: '' }, { now, chance: 0 }) : NOTHING;
}

/**
 * Any answer but a refusal, and no answer at all, ends the series of refusals, because it says nothing about the grant.
 */
function troubled(half: IncomingHalf, { note, answered }: Trouble): DestinationStep {
  if (half.refusedSince === undefined) {
    return half.problem === note ? NOTHING : { change: { patch: { problem: note } }, effects: [] };
  }
  // The origin was not asked, so nothing is known of the grant.
  if (answered === undefined) return NOTHING;
  return { change: { patch: { ...UNTROUBLED, problem: note } }, effects: [{ kind: 'mark-mount', refused: false }] };
}

type Trouble = Extract<ProbeFinding, { kind: 'trouble' }>;

/** The origin refuses the grant: it is tried again, and the refusal counts once it has lasted. */
function refused(half: IncomingHalf, now: number): DestinationStep {
  const { refusedSince = now } = half;
  const refusals = half.refusals + 1;
  if (isForGood(half, refusals, now - refusedSince)) return dead(half, now);
  const due = CONFIRMATIONS[refusals - 1];
  const again = due === undefined ? now + NEXT_CONFIRMATIONS : Math.max(refusedSince + due, now + APART);
  const dropped = { kind: 'drop', lane: incomingLane(half.id), kinds: [PROBE] } as const;
  return {
    change: { patch: { refusedSince, refusals, problem: REFUSED } },
    effects: [{ kind: 'mark-mount', refused: true }, dropped, probe(half, again)],
  };
}

function isForGood({ state }: IncomingHalf, refusals: number, lasted: number): boolean {
  const patience = state === 'accepted' ? REFUSED_FOR_GOOD.accepted : REFUSED_FOR_GOOD.active;
  return refusals > CONFIRMATIONS.length && lasted >= patience;
}

/** True while the share is in a state in which it can be probed. */
export function isOpenable({ state }: Pick<IncomingHalf, 'state'>): boolean {
  return state === 'accepted' || state === 'active';
}

function mount(half: IncomingHalf, finding: OpenFinding, next: DestinationEffect): DestinationStep {
  return { change: { event: 'mounted', patch: termsOf(half, finding) }, effects: [{ kind: 'mount', finding }, next] };
}

function refresh(half: IncomingHalf, finding: OpenFinding, next: DestinationEffect): DestinationStep {
  const { permission, expiresAt } = finding;
  const isUntroubled = half.problem === undefined && half.refusedSince === undefined;
  const patch = termsOf(half, finding);
  const isSameKind = patch.kind === half.kind && patch.isKindOpen === half.isKindOpen;
  const same = half.permission === permission && half.expiresAt === expiresAt && isSameKind && isUntroubled;
  const opened = isUntroubled ? [] : [{ kind: 'mark-mount', refused: false } as const];
  const effects = [{ kind: 'change-mount', finding }, ...opened, next] as const;
  return same ? { effects } : { change: { patch }, effects };
}

function termsOf({ kind, isKindOpen }: IncomingHalf, { permission, expiresAt, top }: OpenFinding): IncomingPatch {
  return { ...UNTROUBLED, permission, expiresAt, kind: isKindOpen ? (top?.kind ?? kind) : kind, isKindOpen: false };
}

/** The unsigned credentials were wrong: they are deleted, and the share stays accepted. */
function forget(half: IncomingHalf, now: number): DestinationStep {
  const problem = 'Credentials came, but they did not open what is shared. They are asked for again.';
  const patch = { grantSealed: undefined, grantDigest: undefined, grantIsUnsigned: false, problem };
  return { change: { patch }, effects: [repeatDecision(half, now, true)] };
}

/** The origin refuses the grant permanently: the share ends. */
function dead(half: IncomingHalf, now: number): DestinationStep {
  const isExpired = isDayOver(half, now);
  const note = 'the other cloud refused the key, and each time when it was asked again';
  return isExpired
    ? end(half, 'dead-expired', { reason: 'expired', note, now })
    : end(half, 'dead-revoked', { reason: 'revoked', note, now });
}

/**
 * True while a recorded decision has to be repeated: until the share has its grant, or has ended. By Open Cloud Mesh it is
 * repeated until it was answered.
 */
export function isDecisionDue({
  state,
  grantDigest,
  dialect,
}: Pick<IncomingHalf, 'state' | 'grantDigest' | 'dialect'>): boolean {
  if (isOcm({ dialect })) return state === 'declined' || isOpenable({ state });
  return state === 'declined' || (state === 'accepted' && grantDigest === undefined);
}
