/** Who ended a share, from the point of view of the owner or the recipient. */
export type Ender = 'self' | 'peer' | 'member' | 'administrator' | 'clock';

/** Prefix of an actor in the transition log that acted as a member of the folder. */
export const MEMBER = 'member:';

/**
 * Reads the actor from the transition log; undefined for a share that has not ended, or that ended before actors were
 * logged.
 */
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
