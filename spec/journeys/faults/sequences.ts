import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyCommand, type Command } from '../../model/commands.js';
import { forgetLimits } from '../kills/clockwork.js';
import { Dice } from '../kills/dice.js';
import { startFaultPair, type FaultPair } from './fault-pair.js';
import { checkPeace, makePeace } from './peace.js';
import { Tale, type Stage } from './tale.js';

const [SHORTEST, LONGEST] = [15, 30];
const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
/** Sequences that are under way side by side. */
const PLAYERS = 6;
/** With fewer sequences than this, chance may leave half of them without a result and no share active. */
const FEW = 100;

/**
 * Plays so many random sequences of acts and faults (reliability.md section 4), or as many as `FOOTBRIDGE_SPEC_SEQUENCES`
 * says; `FOOTBRIDGE_SPEC_SEED` repeats their acts, though not the moments at which they happen.
 */
export function describeFaultSequences(usually: number): void {
  const count = Number(process.env['FOOTBRIDGE_SPEC_SEQUENCES'] ?? usually);
  describe(`two processes with a bad wire between them (seed ${String(SEED)})`, () => {
    let folder: string;
    let pair: FaultPair;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'footbridge-faults-'));
      pair = await startFaultPair(folder);
    });
    afterAll(async () => {
      await pair.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it(
      `CNV-01 CNV-02 the clouds agree after ${String(count)} sequences of acts and faults`,
      async () => {
        const stage: Stage = {
          pair,
          dice: new Dice(String(SEED)),
          restart: restartsOf(pair),
          tally: new Map(),
          // The later sequences have no blocks, so that some shares stay active; in a short run one block could end all
          // of them.
          lastBlock: count < FEW ? -1 : count / 2,
        };
        const tales = await playAll(stage, fc.sample(sequence, { numRuns: count, seed: SEED }));
        const halves = await makePeace(pair, tales);
        console.log(summary(stage, halves));
        await checkPeace(pair, tales, halves);
        requireSuccess(halves, count);
      },
      count * 5_000 + 200_000,
    );
  });
}

/** That the faults left enough of the acts to prove something. */
function requireSuccess(halves: Awaited<ReturnType<typeof makePeace>>, count: number): void {
  const held = halves.filter(({ there }) => there !== 'absent').length;
  const active = halves.filter(({ there }) => there === 'active').length;
  expect(held).toBeGreaterThan(count < FEW ? 0 : count / 2);
  if (count < FEW) return;
  expect(active).toBeGreaterThan(count / 20);
  const byMesh = halves.filter(({ isOcm, there }) => isOcm && there === 'active').length;
  expect(byMesh, 'by Open Cloud Mesh').toBeGreaterThan(count / 80);
}

/**
 * The commands of the model, with more that advance a story and more faults, since processes have the time for few
 * commands.
 */
const step: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: anyCommand },
  { weight: 1, arbitrary: fc.nat(3).map((share): Command => ({ kind: 'choose', share, at: 'birch' })) },
  { weight: 1, arbitrary: fc.nat(7).map((proposal): Command => ({ kind: 'accept', proposal, at: 'birch' })) },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: 'address', expires: 'never', at: 'birch' }) },
  { weight: 1, arbitrary: fc.constant<Command>({ kind: 'flow', hops: 1 }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('drop', 'duplicate', 'delay'), message: fc.nat(7) }) },
);
const sequence = fc
  .array(step, { minLength: SHORTEST, maxLength: LONGEST })
  .map((commands): Command[] => [{ kind: 'invite', expires: 'never' }, ...commands]);

/** Plays every sequence to its end, several at a time; answers those who played. */
async function playAll(stage: Stage, sequences: readonly (readonly Command[])[]): Promise<Tale[]> {
  const waiting = [...sequences.entries()];
  const tales: Tale[] = [];
  const player = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [number, commands] = next;
      const tale = await Tale.begin(stage, number);
      tales.push(tale);
      for (const command of commands) await tale.play(command);
      // Rate limits count by the hour.
      for (const { process } of [stage.pair.alder, stage.pair.birch]) await forgetLimits(process);
    }
  };
  await Promise.all(Array.from({ length: PLAYERS }, player));
  return tales;
}

/** A start serves everybody who asks for one while it is under way. */
function restartsOf(pair: FaultPair): Stage['restart'] {
  const running = new Map<string, Promise<void>>();
  return (side) => {
    const start = running.get(side) ?? pair[side].process.restart('SIGKILL').finally(() => running.delete(side));
    running.set(side, start);
    return start;
  };
}

function summary({ tally, pair }: Stage, halves: Awaited<ReturnType<typeof makePeace>>): string {
  const counts = new Map<string, number>();
  for (const { here, there, isOcm } of halves) {
    const both = `${here} ${there}${isOcm ? ' by mesh' : ''}`;
    counts.set(both, (counts.get(both) ?? 0) + 1);
  }
  const rest = [...counts].map(([both, count]) => `${String(count)} ${both}`).join(', ');
  const acts = [...tally].map(([kind, { done, troubled }]) => `${kind} ${String(done)}+${String(troubled)}`).join(', ');
  const faults = pair.passed.filter(({ fault }) => fault !== undefined).length;
  return `${String(faults)} faults on ${String(pair.passed.length)} requests; ${acts}; ${rest}`;
}
