import { describe, expect, it } from 'vitest';
import { Breaker, Breakers } from '../../src/deliveries/index.js';
import { changeAfter } from '../../src/deliveries/outcome.js';
import type { DeliveryRow } from '../../src/deliveries/row.js';
import { createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

function createBreaker(): { breaker: Breaker; clock: HandClock } {
  const clock = createHandClock();
  return { breaker: new Breaker(clock), clock };
}

/** `+` is a success, `-` a failure. */
function play(breaker: Breaker, results: string): void {
  for (const result of results) {
    if (result === '+') breaker.succeeded();
    else breaker.failed();
  }
}

describe('the breaker of a peer', () => {
  it('PEER-02 opens after five failures in a row', () => {
    const { breaker } = createBreaker();
    play(breaker, '----');
    expect(breaker.allow()).toBe(true);
    play(breaker, '-');
    expect(breaker.allow()).toBe(false);
  });

  it('PEER-02 opens when half of the last twenty failed', () => {
    const { breaker } = createBreaker();
    play(breaker, '-+-+-+-+-+-+-+-+-+-');
    expect(breaker.allow()).toBe(true);
    play(breaker, '+');
    // The twentieth result is no failure; the next failure is the tenth of the last twenty.
    play(breaker, '-');
    expect(breaker.allow()).toBe(false);
  });

  it('PEER-02 stays closed while fewer than half fail and never five in a row', () => {
    const { breaker } = createBreaker();
    play(breaker, '----+++++'.repeat(20));
    expect(breaker.allow()).toBe(true);
  });

  it('PEER-02 lets exactly one probe pass after ten seconds', () => {
    const { breaker, clock } = createBreaker();
    play(breaker, '-----');
    clock.advance(9_999);
    expect(breaker.allow()).toBe(false);
    clock.advance(1);
    expect(breaker.vacancies()).toBe(1);
    expect([breaker.allow(), breaker.allow()]).toEqual([true, false]);
  });

  it('PEER-02 doubles the wait between probes up to five minutes', () => {
    const { breaker, clock } = createBreaker();
    play(breaker, '-----');
    const waits: number[] = [];
    for (let probe = 0; probe < 8; probe += 1) {
      waits.push(breaker.retryAfter());
      clock.advance(breaker.retryAfter() * 1_000);
      expect(breaker.allow()).toBe(true);
      breaker.failed();
    }
    expect(waits).toEqual([10, 20, 40, 80, 160, 300, 300, 300]);
  });

  it('PEER-02 closes when the probe succeeds and starts over with ten seconds', () => {
    const { breaker, clock } = createBreaker();
    play(breaker, '-----');
    clock.advance(10_000);
    breaker.allow();
    breaker.failed();
    clock.advance(20_000);
    breaker.allow();
    breaker.succeeded();
    expect([breaker.allow(), breaker.allow(), breaker.retryAfter()]).toEqual([true, true, 0]);
    play(breaker, '-----');
    expect(breaker.retryAfter()).toBe(10);
  });

  it('PEER-02 late failures of calls that began before it opened do not lengthen the wait', () => {
    const { breaker } = createBreaker();
    play(breaker, '---------');
    expect(breaker.retryAfter()).toBe(10);
  });

  it('PEER-02 a probe whose end is never reported does not keep it open for good', () => {
    const { breaker, clock } = createBreaker();
    play(breaker, '-----');
    clock.advance(10_000);
    breaker.allow();
    clock.advance(10_000);
    expect(breaker.allow()).toBe(true);
  });

  it('OPS-08 tells when its peer begins to rest, rests on and is called again', () => {
    const clock = createHandClock();
    const begun = clock.now();
    const moves: unknown[] = [];
    const breaker = new Breakers(clock, (peerId, rest) => moves.push([peerId, rest])).of('birch');
    play(breaker, '-----');
    clock.advance(10_000);
    breaker.allow();
    breaker.failed();
    breaker.succeeded();
    expect(moves).toEqual([
      ['birch', { since: begun, until: begun + 10_000 }],
      ['birch', { since: begun, until: begun + 30_000 }],
      ['birch', undefined],
    ]);
  });

  it('lets one probe pass at once when a person asks for it', () => {
    const { breaker } = createBreaker();
    play(breaker, '-----');
    breaker.hurry();
    expect([breaker.allow(), breaker.allow()]).toEqual([true, false]);
    breaker.hurry();
    expect(breaker.allow()).toBe(false);
  });

  it('PEER-02 each peer has its own', () => {
    const breakers = new Breakers(createHandClock());
    play(breakers.of('birch'), '-----');
    expect(breakers.of('birch').allow()).toBe(false);
    expect(breakers.of('cedar').allow()).toBe(true);
  });
});

describe('many breakers after one outage (F-85)', () => {
  it('probe at 10 s give or take a half, no two alike (F-85)', () => {
    const clock = createHandClock();
    const random = createSeededRandom('herd');
    const rests = Array.from({ length: 200 }, () => {
      let until = 0;
      const breaker = new Breaker(clock, (rest) => (until = rest?.until ?? 0), random);
      play(breaker, '-----');
      return until - clock.now();
    });
    expect(Math.min(...rests)).toBeGreaterThanOrEqual(5_000);
    expect(Math.max(...rests)).toBeLessThanOrEqual(15_000);
    const busiest = Math.max(
      ...Array.from({ length: 10 }, (_, s) => rests.filter((at) => Math.floor(at / 1_000) === 5 + s).length),
    );
    // Even pauses would be 200 in one second.
    expect(busiest).toBeLessThan(50);
    expect(new Set(rests).size).toBeGreaterThan(150);
  });

  it('let messages start slowly: one, and one more with each full row of successes (F-85)', () => {
    const { breaker, clock } = createBreaker();
    expect(breaker.width()).toBe(Infinity);
    play(breaker, '-----');
    clock.advance(10_000);
    breaker.allow();
    const widths = Array.from({ length: 7 }, () => {
      breaker.succeeded();
      return breaker.width();
    });
    expect(widths).toEqual([1, 2, 2, 3, 3, 3, Infinity]);
  });

  it('let none begin for thirty seconds after a failure in the slow start, and then half as many (F-85)', () => {
    const { breaker, clock } = createBreaker();
    play(breaker, '-----');
    clock.advance(10_000);
    breaker.allow();
    play(breaker, '++++');
    expect(breaker.width()).toBe(3);
    play(breaker, '-');
    expect(breaker.width()).toBe(0);
    clock.advance(29_999);
    expect(breaker.width()).toBe(0);
    clock.advance(1);
    expect(breaker.width()).toBe(1);
    // Whoever reads is not kept waiting.
    expect(breaker.allow()).toBe(true);
  });

  it('SCA-34 try a message again when its peer may be asked again, however often it has failed', () => {
    const row = { attempts: 50, expires_at: null } as DeliveryRow;
    const random = createSeededRandom('rest');
    const waits = (after: number | undefined, rest: number): number =>
      changeAfter(row, { kind: 'retry', note: '', after }, 0, random, rest)?.run_at ?? 0;
    expect(waits(undefined, 300_000)).toBe(300_000);
    expect(waits(undefined, 0)).toBeGreaterThan(4 * 3_600_000);
    expect(waits(600, 300_000)).toBeGreaterThanOrEqual(600_000);
  });
});
