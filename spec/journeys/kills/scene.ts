import { setTimeout as pause } from 'node:timers/promises';
import type { ProcessPair, Settler } from '../support/process-pair.js';
import type { Dice } from './dice.js';

/** The scene of the jobs: clouds that come and go, and two people who never give up. */
export interface Scene {
  readonly pair: ProcessPair;
  readonly ana: Settler;
  readonly bo: Settler;
  readonly dice: Dice;
  /** True when no new step may begin. */
  readonly isOver: () => boolean;
  /** Told of every step that succeeded. */
  readonly onStep: () => void;
}

/** The scene has ended before the job did. */
export class SceneOver extends Error {}

/** Longest time that any single step may take, restarts included, milliseconds. */
const STUBBORNNESS = 600_000;
/** The pause between two tries, milliseconds; without one the other cloud's breaker would open. */
export const BREATH = 250;

/**
 * Repeats a step until it succeeds, as a person does whose cloud does not answer. The step must look first whether an
 * earlier try that got no answer has happened after all.
 */
export async function insist<T>(scene: Scene, what: string, step: () => Promise<T>): Promise<T> {
  const end = performance.now() + STUBBORNNESS;
  for (;;) {
    if (scene.isOver()) throw new SceneOver();
    try {
      const result = await step();
      scene.onStep();
      return result;
    } catch (error) {
      if (performance.now() > end) throw new Error(`could not ${what}`, { cause: error });
      await pause(BREATH);
    }
  }
}
