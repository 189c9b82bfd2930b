import { isEnd, type IncomingState, type OutgoingState } from '../../src/shares/index.js';
import { ORIGIN, type Destination } from './commands.js';
import { UNTOLD } from './origin.js';
import { Violation } from './witness.js';
import { HEALING, type World } from './world.js';

/** Both halves of one name on the wire, as they are when all has come to rest. */
export interface Pair {
  readonly name: string;
  readonly outgoingId: string;
  readonly at: Destination;
  /** By Open Cloud Mesh. */
  readonly isOcm: boolean;
  /** False once the share has gone on under another name. */
  readonly isNamed: boolean;
  /** `withdrawn`, for a name that is given up. */
  readonly here: OutgoingState;
  readonly there: IncomingState | 'absent';
  /** The event that ended the destination's half. */
  readonly ending: string | undefined;
}

/** Every pair of halves that ever existed. */
export function pairsOf(world: World): Pair[] {
  return [...world.witness.offered].map(([name, { outgoingId, at, isOcm }]) => {
    const half = world.alder.books.halves.get(outgoingId);
    const there = world.destination(at).halves.find(({ shareId }) => shareId === name)?.state ?? 'absent';
    const isNamed = half?.shareId === name;
    return {
      name,
      outgoingId,
      at,
      isOcm,
      isNamed,
      here: isNamed ? half.state : 'withdrawn',
      there,
      ending: world.witness.endOf(at, name),
    };
  });
}

/**
 * Liveness as reliability.md 4 has it: `isOpen` while the invitation can still be answered. What a restored backup has
 * brought back is judged mildly, see {@link isExcused}.
 */
export function requireAgreement(world: World, isInTime: boolean): void {
  for (const pair of pairsOf(world)) {
    if (agree(pair, isInTime) || isUntold(pair) || isFresh(world, pair) || isExcused(world, pair)) continue;
    throw new Violation(`the clouds agree about ${pair.name}: ${pair.here} here, ${pair.there} at ${pair.at}`);
  }
}

function agree(pair: Pair, isInTime: boolean): boolean {
  const { here, there, ending } = pair;
  if (here === there) return here === 'active' || isEnd(here);
  if (isEnd(here))
    return there === 'absent' || (isEnd(there) && (endsAgree(here, there, ending) || meshEndsAgree(pair)));
  return isInTime && isUnheard(here, there);
}

/**
 * Different ends: each half ended by itself, before the other's message came; a key was refused for so long that its holder
 * gave it up, and said so; a decline came when it was no longer waited
 * for, and was told as an end instead; or the offer had been withdrawn before the share itself ended.
 */
function endsAgree(here: OutgoingState, there: string, ending: string | undefined): boolean {
  if (here === 'left') return there === 'declined' || ending?.startsWith('dead-') === true;
  if (there === 'withdrawn') return here === 'expired';
  const byItself = ending !== undefined && !ending.startsWith('told-');
  return byItself && (here === 'withdrawn' || here === 'revoked' || here === 'expired');
}

/**
 * A notification of Open Cloud Mesh says that a share is over, not why (open-cloud-mesh.md 6): whoever leaves before the
 * acceptance was heard has declined, and what was withdrawn or has expired is revoked for whoever had accepted it, or expired
 * if they hear it after the last day.
 */
function meshEndsAgree({ isOcm, here, there, ending }: Pair): boolean {
  if (!isOcm) return false;
  const isToldThere = ending?.startsWith('told-') === true;
  if (here === 'declined' || here === 'left') return !isToldThere;
  return isToldThere && (there === 'revoked' || there === 'withdrawn' || ending === 'told-expired');
}

/**
 * Until the invitation expires: offered and not answered, or answered when the origin could not hear it. An acceptance is
 * repeated until it is heard, but for a proposal whose answer was lost: that leaves the origin's half in `created`,
 * whatever becomes of the other; the invitee may choose again.
 */
function isUnheard(here: OutgoingState, there: string): boolean {
  return there !== 'active' && (here === 'created' || (here === 'sent' && there !== 'accepted'));
}

/**
 * True when the origin's half ended so recently, for instance by its expiry, that the other side may not have heard of
 * it.
 */
function isFresh(world: World, { outgoingId }: Pair): boolean {
  return world.time() - world.witness.endedAt(outgoingId) < HEALING;
}

/**
 * Cedar has no address to which ends are told: it learns of an end from the dead grant alone (cloudspaces-interop.md
 * 7).
 */
function isUntold({ at, isOcm, here, there }: Pair): boolean {
  return !isOcm && at === UNTOLD && isEnd(here) && (there === 'pending' || there === 'accepted');
}

/**
 * A restored backup may know less than its side has promised. What heals by itself must heal: a destination that again
 * waits for credentials gets them or is told the end, a grant that the origin has lost is found dead. Left out until
 * restoring marks what it brings back (OPS-05), because a person ends them or answers again:
 * - shares that a backup of the origin revives;
 * - those that a backup of the destination does not hold, or shows as unanswered again, or as accepted after a refusal
 *   (which is without effect, CBK-03) or under a name that the origin has given up (its 404 ends nothing);
 * - those between clouds one of which blocked the other meanwhile, or gave it other addresses (CRD-07).
 */
function isExcused(world: World, { name, at, here, there, isNamed }: Pair): boolean {
  const { witness, alder } = world;
  if (witness.isRewound(name, ORIGIN)) return true;
  if (!witness.isRewound(name, at)) return false;
  const isCut = !isNamed || witness.wasCut(at) || !alder.isReachable(name, at);
  return isLess(here, there) || isCut || here === 'declined';
}

/** The destination does not know any more, has let an answer lapse that it once had, or both halves are over. */
function isLess(here: OutgoingState, there: Pair['there']): boolean {
  return there === 'absent' || there === 'pending' || there === 'expired' || (isEnd(here) && isEnd(there));
}
