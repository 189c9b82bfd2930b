import fc from 'fast-check';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';

/**
 * What can happen to two clouds that share folders (reliability.md section 4), as plain data: the model plays it in
 * memory, the fault journeys replay it against real processes.
 *
 * The origin shares folders of one owner; the invitee may choose between two destinations, at each of which the same
 * recipient has an account. Numbers pick from what there is when the command comes, modulo how many there are:
 * `share` from the invitations made so far, `proposal` from those that have arrived at a destination, `visit` from the
 * callbacks that a browser has been sent to, `message` from the requests and answers that are on their way. With
 * nothing to pick from a command does nothing. Times are milliseconds.
 */
export type Command =
  /** The owner shares one more folder. */
  | { readonly kind: 'invite'; readonly expires: 'never' | 'in a day' | 'in ten days' }
  /** The invitee picks a cloud on the page of the invitation; also a second time, also another one. */
  | { readonly kind: 'choose'; readonly share: number; readonly at: Destination }
  /** The recipient answers; also once more, also otherwise. */
  | { readonly kind: 'accept' | 'decline'; readonly at: Destination; readonly proposal: number }
  /** The browser repeats the request to a callback. */
  | { readonly kind: 'reload'; readonly visit: number }
  /** Everything on its way goes on, an answer too, so many times. */
  | { readonly kind: 'flow'; readonly hops: number }
  /** One request or answer, whichever its age: arrives, is lost, arrives and is still on its way, comes much later. */
  | { readonly kind: 'deliver' | 'drop' | 'duplicate' | 'delay'; readonly message: number }
  /** Something before the other cloud answers in its place: it is starting up, or broken. */
  | { readonly kind: 'misanswer'; readonly message: number; readonly status: 404 | 500 }
  | { readonly kind: 'advance'; readonly by: number }
  /** A clock is set. */
  | { readonly kind: 'step'; readonly at: Side; readonly by: number }
  /** The pass that ends what is due. */
  | { readonly kind: 'tick'; readonly at: Side }
  | { readonly kind: 'crash' | 'restart'; readonly at: Side }
  /** Another replica is in the middle of the next act of this cloud: it commits after the command that follows. */
  | { readonly kind: 'race'; readonly at: Side }
  /** The owner ends a share, or deletes its folder. */
  | { readonly kind: 'end' | 'delete-folder'; readonly share: number }
  /** The recipient removes the folder. */
  | { readonly kind: 'leave'; readonly at: Destination; readonly proposal: number }
  /** The account of the owner (at the origin) or of the recipient is removed. */
  | { readonly kind: 'remove-account'; readonly at: Side }
  /** An administrator of the origin blocks a destination, or one of a destination the origin. */
  | { readonly kind: 'block' | 'unblock'; readonly at: Side; readonly peer: Side }
  /** The origin's administrator gives a destination other addresses. */
  | { readonly kind: 'move'; readonly peer: Destination }
  /** A backup is brought back: so many commits are forgotten. */
  | { readonly kind: 'restore'; readonly at: Side; readonly back: number };

export const DESTINATIONS = ['birch', 'cedar'] as const;
export type Destination = (typeof DESTINATIONS)[number];
export type Side = 'alder' | Destination;
/** The cloud that shares. */
export const ORIGIN = 'alder';
export const SIDES = [ORIGIN, ...DESTINATIONS] as const;

const pick = fc.nat({ max: 7 });
/** The second destination comes in rarely: most stories are of two clouds. */
const destination = fc.nat({ max: 4 }).map((draw): Destination => (draw === 4 ? 'cedar' : 'birch'));
const side = fc.constantFrom<Side>('alder', 'alder', 'birch', 'birch', 'cedar');
const share = fc.nat({ max: 3 });

const kind = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Any command; those that bring a story on come more often than those that spoil it. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: kind('invite'), expires: kind('never', 'never', 'in a day', 'in ten days') }),
  },
  { weight: 12, arbitrary: fc.record({ kind: kind('choose'), share, at: destination }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: kind('accept', 'accept', 'accept', 'decline'), at: destination, proposal: pick }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('reload'), visit: pick }) },
  { weight: 20, arbitrary: fc.record({ kind: kind('flow'), hops: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('deliver', 'drop', 'duplicate', 'delay'), message: pick }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('misanswer'), message: pick, status: fc.constantFrom<404 | 500>(404, 500) }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: kind('advance'),
      by: fc.constantFrom(SECOND, 10 * SECOND, 2 * MINUTE, 2 * MINUTE, HOUR, 7 * HOUR, DAY + HOUR, 31 * DAY),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('step'), at: side, by: fc.constantFrom(HOUR, -HOUR) }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('tick'), at: side }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('crash', 'restart'), at: side }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('race'), at: side }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('end', 'end', 'delete-folder'), share }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('leave'), at: destination, proposal: pick }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('remove-account'), at: side }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('block', 'unblock'), at: side, peer: side }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('move'), peer: destination }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('restore'), at: side, back: fc.integer({ min: 1, max: 6 }) }) },
);

/** Up to `maxLength` of them; the first makes a share, so that few runs are about nothing. */
export function commandsUpTo(maxLength: number): fc.Arbitrary<Command[]> {
  const first = fc.record({ kind: kind('invite'), expires: kind('never', 'in a day') });
  const rest = fc.array(anyCommand, { maxLength: maxLength - 1, size: 'max' });
  return fc.tuple(first, rest).map(([invite, more]) => [invite, ...more]);
}
