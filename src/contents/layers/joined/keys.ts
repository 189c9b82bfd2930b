import type { Random } from '../../../kernel/index.js';
import { newContentKey } from '../../driver/index.js';

/**
 * A new key for a joined content. Its form tells it from all others, so that reading those asks nothing of the database, and no
 * medium is ever asked for it.
 */
export function newJoinedKey(random: Random): string {
  return `joined-${newContentKey(random)}`;
}

/** True for keys of the form that {@link newJoinedKey} makes. */
export function isJoinedKey(text: string): boolean {
  return /^joined-[0-9a-f]{40}$/.test(text);
}
