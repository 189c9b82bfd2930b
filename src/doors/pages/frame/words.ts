import { momentWords, type Permission } from '../../../kernel/index.js';

const UNITS = ['KB', 'MB', 'GB', 'TB', 'PB'] as const;

/** A number of bytes as people read it: `0 bytes`, `1 byte`, `12 KB`, `3.4 MB` (steps of 1000). */
export function sizeWords(bytes: number): string {
  if (bytes < 1000) return bytes === 1 ? '1 byte' : `${String(bytes)} bytes`;
  let [value, unit] = [bytes / 1000, 0];
  // 999.95 and more would be printed as 1000 of the smaller unit.
  while (value >= 999.5 && unit < UNITS.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${String(UNITS[unit])}`;
}

/** A time for machines and for people, both in UTC. */
export interface TimeWords {
  /** For `datetime`. */
  readonly iso: string;
  readonly words: string;
}

/** A moment for a page, for machines and in words of {@link momentWords}. */
export function timeWords(at: number): TimeWords {
  return { iso: new Date(at).toISOString(), words: momentWords(at) };
}

/** What a permission lets people do in a folder, or with a single file. */
export function permissionWords(permission: Permission, what: 'folder' | 'file' = 'folder'): string {
  if (permission === 'read-only') return 'Can look and download';
  return what === 'file' ? 'Can download and replace it' : 'Can look, add, change and delete';
}

/** The short name of a permission. */
export function permissionName(permission: Permission): string {
  return permission === 'read-only' ? 'Read only' : 'Read and write';
}

/** `1 file`, `2 files`. */
export function countWords(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** Like {@link countWords}, for what is counted no further than 10 000: `over 10 000 shares`. */
export function manyWords(count: number, one: string, many = `${one}s`): string {
  return `${manyNumber(count)} ${count === 1 ? one : many}`;
}

/** The number of {@link manyWords}. */
export function manyNumber(count: number): string {
  return count > MOST_COUNTED ? 'over 10 000' : String(count);
}

const MOST_COUNTED = 10_000;
