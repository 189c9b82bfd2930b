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

/** How many sequences are played (reliability.md section 4). */
const SEQUENCES = Number(process.env['FOOTBRIDGE_SPEC_SEQUENCES'] ?? 200);
const [SHORTEST, LONGEST] = [15, 30];
const SEED = Number(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
/** Sequences that are under way side by side. */
const PLAYERS = 6;

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
    `CNV-01 CNV-02 the clouds agree after ${String(SEQUENCES)} sequences of acts and faults`,
    async () => {
      const stage: Stage = {
        ...{ pair, dice: new Dice(String(SEED)), restart: restartsOf(pair), tally: new Map() },
        // Later ones leave shares that live.
        lastBlock: SEQUENCES / 2,
      };
      const tales = await playAll(stage, fc.sample(sequence, { numRuns: SEQUENCES, seed: SEED }));
      const halves = await makePeace(pair);
      console.log(summary(stage, halves));
      await checkPeace(pair, tales, halves);
      expect(halves.filter(({ there }) => there !== 'absent').length).toBeGreaterThan(SEQUENCES / 2);
      expect(halves.filter(({ there }) => there === 'active').length).toBeGreaterThan(SEQUENCES / 20);
    },
    SEQUENCES * 5_000 + 200_000,
  );
});

/** What the model plays in memory, with more of what brings a story on and of what spoils it: processes have the time for few commands. */
const step: fc.Arbitrary<Command> = fc.oneof(
  { weight: 3, arbitrary: anyCommand },
  { weight: 1, arbitrary: fc.nat(3).map((share): Command => ({ kind: 'choose', share, at: 'birch' })) },
  { weight: 1, arbitrary: fc.nat(7).map((proposal): Command => ({ kind: 'accept', proposal, at: 'birch' })) },
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
      // What limits people counts by the hour.
      for (const { process } of [stage.pair.alder, stage.pair.birch]) forgetLimits(process);
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
  for (const { here, there } of halves) counts.set(`${here} ${there}`, (counts.get(`${here} ${there}`) ?? 0) + 1);
  const rest = [...counts].map(([both, count]) => `${String(count)} ${both}`).join(', ');
  const acts = [...tally].map(([kind, { done, troubled }]) => `${kind} ${String(done)}+${String(troubled)}`).join(', ');
  const faults = pair.passed.filter(({ fault }) => fault !== undefined).length;
  return `${String(faults)} faults on ${String(pair.passed.length)} requests; ${acts}; ${rest}`;
}
