import { invalid } from './failure.js';

/** What a member may do in a shared folder. */
export type Permission = 'read-only' | 'read-write';

/** Reads a permission in any letter case (cloudspaces-interop.md 3); anything but the two words is `invalid`. */
export function parsePermission(text: string): Permission {
  const folded = text.toLowerCase();
  if (folded !== 'read-only' && folded !== 'read-write') {
    throw invalid('permission must be read-only or read-write.');
  }
  return folded;
}
