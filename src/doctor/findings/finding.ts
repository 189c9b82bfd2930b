/**
 * `trouble`: something is wrong. `waiting`: a person has to act, or time has to pass. `note`: worth knowing. `good`: it
 * works. `over`: the share has ended.
 */
export type Grade = 'trouble' | 'waiting' | 'note' | 'good' | 'over';

/** One thing that `share doctor` has to say. */
export interface Finding {
  /** Stable: scripts may rely on it. */
  readonly code: string;
  readonly grade: Grade;
  /** The finding, for everybody who may see the share. */
  readonly sentence: string;
  /** The exact error or answer, for administrators. */
  readonly detail?: string | undefined;
  /** What an administrator does about it; empty: nothing. */
  readonly advice: string;
  /** What the owner or recipient does about it; undefined: the finding is not shown to them. */
  readonly forPeople: string | undefined;
  /** Since when, milliseconds. */
  readonly since?: number | undefined;
  /** When it goes on by itself, milliseconds. */
  readonly next?: number | undefined;
}

/** What people are told when there is nothing for them to do. */
export const BY_ITSELF = 'Nothing is lost: this is tried again by itself. If it lasts, tell your administrator.';

/** What people are told when only an administrator can help. */
export const ASK_ADMINISTRATOR = 'Please tell your administrator.';

/** How a span reads: `40 seconds`, `5 minutes`, `1 hour`, `3 days`. */
export function spanWords(seconds: number): string {
  const size = Math.abs(seconds);
  if (size < 90) return count(Math.round(size), 'second');
  if (size < 90 * 60) return count(Math.round(size / 60), 'minute');
  if (size < 36 * 3600) return count(Math.round(size / 3600), 'hour');
  return count(Math.round(size / 86_400), 'day');
}

function count(number: number, unit: string): string {
  return `${String(number)} ${unit}${number === 1 ? '' : 's'}`;
}
