import { UNFINISHED } from './known-store.js';
import type { Marker } from './marker.js';

/** What a start finds in the database and in the folder. */
export interface FoundAtStart {
  /** The identity in the database. */
  readonly known: Marker | undefined;
  /** The identity in the folder. */
  readonly marker: Marker | 'unreadable' | undefined;
  /** True when the folder has files of contents. */
  readonly holdsContents: boolean;
  /** How many contents of the database were looked for, and how many of them are in the folder. */
  readonly asked: number;
  readonly there: number;
}

/** Why a database and a folder must not be used together. */
export type Mismatch = 'unmounted' | 'stranger' | 'unknown' | 'foreign' | 'newer' | 'unreadable';

/**
 * `fits`: they belong together. `new` (both are new) and `unmarked` (both are of release 0.1): they get an identity.
 * `mismatch`: they must not be used together.
 */
export type IdentityVerdict =
  { readonly kind: 'fits' | 'new' | 'unmarked' } | { readonly kind: 'mismatch'; readonly why: Mismatch };

/** Whether a database and a storage folder belong together (docs/decisions 0028 has the table). */
export function judgeIdentity(found: FoundAtStart): IdentityVerdict {
  const { known, marker } = found;
  if (marker === 'unreadable') return mismatch('unreadable');
  if (known !== undefined) return judgeKnown(known, marker);
  if (marker !== undefined) return mismatch('stranger');
  return judgeUnmarked(found);
}

function judgeKnown(known: Marker, marker: Marker | undefined): IdentityVerdict {
  if (marker === undefined) return known.generation === UNFINISHED ? { kind: 'new' } : mismatch('unmounted');
  if (marker.id !== known.id) return mismatch('foreign');
  if (known.generation === UNFINISHED) return { kind: 'new' };
  return marker.generation > known.generation ? mismatch('newer') : { kind: 'fits' };
}

/** Neither has an identity: both are new, or of release 0.1, which had none. */
function judgeUnmarked({ holdsContents, asked, there }: FoundAtStart): IdentityVerdict {
  if (asked === 0) return holdsContents ? mismatch('unknown') : { kind: 'new' };
  if (!holdsContents) return mismatch('unmounted');
  // A few files may have been lost; a folder of another database would have none of them.
  return there * 10 >= asked * 9 ? { kind: 'unmarked' } : mismatch('unknown');
}

function mismatch(why: Mismatch): IdentityVerdict {
  return { kind: 'mismatch', why };
}
