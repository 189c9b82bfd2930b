import type { Permission } from '../../kernel/index.js';

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

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZone: 'UTC',
});

const DAY_ONLY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

/** A moment, such as `21 Nov 2026, 08:49 UTC`. */
export function timeWords(at: number): TimeWords {
  return { iso: new Date(at).toISOString(), words: `${DAY_AND_TIME.format(at)} UTC` };
}

/** A day, such as `21 November 2026`. */
export function dayWords(at: number): TimeWords {
  return { iso: new Date(at).toISOString(), words: DAY_ONLY.format(at) };
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
