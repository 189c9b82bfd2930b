/** Who ended a share, as seen from the person of one half. */
export type Ender = 'self' | 'peer' | 'member' | 'administrator' | 'clock';

/** What stands before the account or peer of a member in the transition log. */
export const MEMBER = 'member:';

/** Reads the actor of the transition log; undefined when nobody ended it, or before this was written down. */
export function enderOf(
  actor: string | undefined,
  known: { readonly self: string | undefined; readonly peer: string | undefined },
): Ender | undefined {
  if (actor === undefined) return undefined;
  if (actor === known.self) return 'self';
  if (actor === 'clock') return 'clock';
  if (actor.startsWith(MEMBER)) return 'member';
  return actor === known.peer || actor === 'peer' ? 'peer' : 'administrator';
}
