import type { Random } from '../kernel/index.js';

const KEY_BYTES = 20;

/** A new key: 160 random bits in hex, so that it is one name on every file system and object store. */
export function newKey(random: Random): string {
  return random.bytes(KEY_BYTES).toString('hex');
}

/** True for what {@link newKey} makes; anything else never becomes a path. */
export function isKey(text: string): boolean {
  return /^[0-9a-f]{40}$/.test(text);
}

/** The folder that a key lives in. */
export function shardOf(key: string): string {
  return key.slice(0, 2);
}
