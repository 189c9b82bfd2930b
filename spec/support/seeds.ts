import { createHash } from 'node:crypto';
import { parseEmail, type Clock, type Email, type Random } from '../../src/kernel/index.js';

/** A person that specs talk about. */
export interface Person {
  readonly name: string;
  readonly email: Email;
}

const person = (name: string, email: string): Person => ({ name, email: parseEmail(email) });

/** Owner at Alder, the origin in most stories. */
export const ANA = person('Ana Alvarez', 'ana@alder.example');
/** Recipient at Birch, the destination in most stories. */
export const BO = person('Bo Bergman', 'bo@birch.example');
/** Somebody else at Alder, who was given nothing. */
export const CLEO = person('Cleo Costa', 'cleo@alder.example');
/** Somebody else at Birch. */
export const DEV = person('Dev Das', 'dev@birch.example');
/** The administrator of Alder. */
export const ADA = person('Ada Admin', 'ada@alder.example');

/** The instant at which hand-driven clocks start: 2026-11-02T09:00:00Z, milliseconds. */
export const START = Date.UTC(2026, 10, 2, 9);

/** A clock that moves only when a test moves it. */
export interface HandClock extends Clock {
  /** Moves the clock, back too. Milliseconds. */
  advance(millis: number): void;
}

/** A clock standing at `start`, milliseconds since the epoch. */
export function createHandClock(start = START): HandClock {
  let now = start;
  return { now: () => now, advance: (millis) => (now += millis) };
}

/** Bytes that look random and are the same in every run with the same seed. */
export function createSeededRandom(seed = 'footbridge'): Random {
  let count = 0;
  const block = (): Buffer => {
    count += 1;
    return createHash('sha256')
      .update(`${seed}:${String(count)}`)
      .digest();
  };
  return { bytes: (size) => Buffer.concat(Array.from({ length: Math.ceil(size / 32) }, block)).subarray(0, size) };
}
