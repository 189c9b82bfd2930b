import type { Random } from '../../kernel/index.js';

const KEY_BYTES = 20;

/** A new key: 160 random bits in hex, which is a valid and unambiguous name on every file system and object store. */
export function newContentKey(random: Random): string {
  return random.bytes(KEY_BYTES).toString('hex');
}

/** True for keys of the form that {@link newContentKey} makes; no other text is passed to a medium. */
export function isContentKey(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}
