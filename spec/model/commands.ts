import fc from 'fast-check';
import { DAY, HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';

/**
 * What can happen to two clouds that share folders (reliability.md section 4), as plain data: the model plays it in
 * memory, the fault journeys replay it against real processes.
 *
 * The origin shares folders of one owner; the invitee may choose between two destinations, at each of which the same
 * recipient has an account. Numbers pick from what there is when the command comes, modulo how many there are:
 * `share` from the invitations made so far, `proposal` from those that have arrived at a destination, `visit` from the
 * callbacks that a browser has been sent to, `message` from the requests and answers that are on their way, the newest
 * first. With
 * nothing to pick from a command does nothing. Times are milliseconds.
 */
export type Command =
  /** The owner shares one more folder. */
  | { readonly kind: 'invite'; readonly expires: 'never' | 'in a day' | 'in ten days' }
  /** The owner shares one more folder by address, by Open Cloud Mesh; or offers again what the other cloud did not take. */
  | { readonly kind: 'address'; readonly expires: 'never' | 'in a day' | 'in ten days'; readonly at: Destination }
  | { readonly kind: 'offer-again'; readonly share: number }
  /** The invitee picks a cloud by Open Cloud Mesh. */
  | { readonly kind: 'choose-ocm'; readonly share: number; readonly at: Destination }
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
  | { readonly kind: 'misanswer'; readonly message: number; readonly status: 401 | 404 | 500 }
  /** The recipient looks into the folder. */
  | { readonly kind: 'look'; readonly at: Destination; readonly proposal: number }
  /** The origin's storage refuses every key for so long. */
  | { readonly kind: 'lock-out'; readonly by: number }
  | { readonly kind: 'advance'; readonly by: number }
  /** A clock is set. */
  | { readonly kind: 'step'; readonly at: Side; readonly by: number }
  /** The pass that ends what is due. */
  | { readonly kind: 'tick'; readonly at: Side }
  | { readonly kind: 'crash' | 'restart'; readonly at: Side }
  /** The next act of this cloud is slow: it looks now, and commits after the command that follows it. */
  | { readonly kind: 'race'; readonly at: Side }
  /** The owner changes the last day of a share. */
  | { readonly kind: 'change-day'; readonly share: number; readonly expires: 'never' | 'in a day' | 'in ten days' }
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

const pick = fc.nat({ max: 7 });
/** Most stories are about two clouds, so that the second destination is rare. */
const destination = fc.nat({ max: 4 }).map((draw): Destination => (draw === 4 ? 'cedar' : 'birch'));
const side = fc.constantFrom<Side>('alder', 'alder', 'birch', 'birch', 'cedar');
/** Restored backups of the origin excuse some differences, so that there are few of them. */
const restored = fc.constantFrom<Side>('birch', 'birch', 'birch', 'cedar', 'alder');
const share = fc.nat({ max: 3 });

const kind = <K extends string>(...kinds: K[]): fc.Arbitrary<K> => fc.constantFrom(...kinds);

/** Durations of refusals, shorter and longer than the one after which a share ends. */
const lockOut = fc.record({ kind: kind('lock-out'), by: fc.constantFrom(9 * MINUTE, 2 * HOUR) });

/** What an owner makes of the last day of a share. */
const lasting = kind('never', 'in a day', 'in ten days');

/** Any command; those that bring a story on come more often than those that spoil it. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('invite'), expires: kind('never', 'never', 'in a day', 'in ten days') }),
  },
  { weight: 14, arbitrary: fc.record({ kind: kind('choose'), share, at: destination }) },
  {
    weight: 10,
    arbitrary: fc.record({ kind: kind('accept', 'accept', 'accept', 'decline'), at: destination, proposal: pick }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('reload'), visit: pick }) },
  { weight: 20, arbitrary: fc.record({ kind: kind('flow'), hops: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 12, arbitrary: fc.record({ kind: kind('deliver', 'drop', 'duplicate', 'delay', 'delay'), message: pick }) },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: kind('misanswer'),
      message: pick,
      status: fc.constantFrom<401 | 404 | 500>(401, 404, 500),
    }),
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
  { weight: 6, arbitrary: fc.record({ kind: kind('race'), at: side }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('end', 'end', 'delete-folder'), share }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('leave'), at: destination, proposal: pick }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('look'), at: destination, proposal: pick }) },
  { weight: 2, arbitrary: lockOut },
  { weight: 1, arbitrary: fc.record({ kind: kind('remove-account'), at: side }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('block', 'unblock'), at: side, peer: side }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('move'), peer: destination }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('restore'), at: restored, back: fc.integer({ min: 1, max: 5 }) }) },
);

const choice = fc.record({ share, at: destination, proposal: pick });

/** The main job without trouble, up to some point, because most faults need a share that exists. */
const job: fc.Arbitrary<Command[]> = fc
  .tuple(choice, fc.integer({ min: 2, max: 5 }))
  .map(([choice, length]) => jobOf(choice).slice(0, length));

function jobOf({ share, at, proposal }: { share: number; at: Destination; proposal: number }): Command[] {
  return [
    { kind: 'choose', share, at },
    { kind: 'flow', hops: 1 },
    { kind: 'accept', at, proposal },
    { kind: 'flow', hops: 2 },
    { kind: 'flow', hops: 4 },
  ];
}

/** The invitee picks another cloud while the first has not heard of it yet. */
const secondThoughts: fc.Arbitrary<Command[]> = choice.map(({ share, at }) => [
  { kind: 'choose', share, at },
  { kind: 'delay', message: 0 },
  { kind: 'choose', share, at: at === 'birch' ? 'cedar' : 'birch' },
  { kind: 'flow', hops: 2 },
]);

/** The destination forgets that its recipient has answered, who now answers otherwise. */
const forgotten: fc.Arbitrary<Command[]> = fc
  .tuple(choice, fc.integer({ min: 1, max: 4 }))
  .map(([{ share, at, proposal }, back]) => [
    ...jobOf({ share, at, proposal }),
    { kind: 'restore', at, back },
    { kind: 'decline', at, proposal },
  ]);

/** The daily question about a key is under way already when others meet its refusal; or nothing is. */
const underway = fc.constantFrom<Command[]>(
  [],
  [{ kind: 'advance', by: DAY + HOUR }],
  [
    { kind: 'advance', by: DAY + HOUR },
    { kind: 'delay', message: 0 },
  ],
  [
    { kind: 'advance', by: DAY + HOUR },
    { kind: 'deliver', message: 0 },
    { kind: 'delay', message: 0 },
  ],
);

/** A share that stands, and an origin that refuses its key for a while. */
const refusals: fc.Arbitrary<Command[]> = fc
  .tuple(choice, underway, lockOut)
  .map(([{ share, at, proposal }, asked, locked]) => [
    ...jobOf({ share, at, proposal }),
    ...asked,
    locked,
    { kind: 'look', at, proposal },
    { kind: 'flow', hops: 2 },
    ...[10 * SECOND, 2 * MINUTE, 2 * MINUTE, HOUR].flatMap((by): Command[] => [
      { kind: 'advance', by },
      { kind: 'flow', hops: 2 },
    ]),
  ]);

const chapter = fc.oneof(
  { weight: 6, arbitrary: job },
  { weight: 4, arbitrary: secondThoughts },
  { weight: 1, arbitrary: forgotten },
  { weight: 2, arbitrary: refusals },
);

/** What Open Cloud Mesh adds: it has no invitations, and no browser between the clouds. */
const meshCommand: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({ kind: kind('address'), expires: kind('never', 'never', 'in a day'), at: destination }),
  },
  { weight: 2, arbitrary: fc.record({ kind: kind('offer-again'), share }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('choose-ocm'), share, at: destination }) },
  { weight: 2, arbitrary: fc.record({ kind: kind('change-day'), share, expires: lasting }) },
);

/** A share by address without trouble, up to some point. */
const meshJob: fc.Arbitrary<Command[]> = fc
  .tuple(choice, fc.integer({ min: 2, max: 4 }))
  .map(([{ at, proposal }, length]) =>
    [
      { kind: 'address', expires: 'never', at } as const,
      { kind: 'flow', hops: 2 } as const,
      { kind: 'accept', at, proposal } as const,
      { kind: 'flow', hops: 3 } as const,
    ].slice(0, length),
  );

/** Up to `maxLength` commands; the first makes a share, so that few runs are about nothing. */
export function commandsUpTo(maxLength: number): fc.Arbitrary<Command[]> {
  const first = fc.record({ kind: kind('invite'), expires: kind('never', 'in a day') });
  const single = anyCommand.map((command) => [command]);
  const next = fc.oneof(
    { weight: 16, arbitrary: single },
    { weight: 2, arbitrary: chapter },
    { weight: 3, arbitrary: meshCommand.map((command) => [command]) },
    { weight: 1, arbitrary: meshJob },
  );
  const rest = fc.array(next, { maxLength: maxLength - 1, size: 'max' });
  return fc.tuple(first, rest).map(([invite, more]) => [invite, ...more.flat()].slice(0, maxLength));
}
