import type { Random } from '../kernel/index.js';

/** Varies a wait by up to `part` of it (from 0 to 1), so that many clouds do not retry at the same time. */
export function spread(millis: number, part: number, random: Random): number {
  return Math.round(millis * (1 + part * swing(random)));
}

/** An even draw from -1 to 1. */
export function swing(random: Random): number {
  return (random.bytes(4).readUInt32BE() / 0xffff_ffff) * 2 - 1;
}
