import { DAY } from '../../src/kernel/index.js';
import { requireAgreement } from './agreement.js';
import type { Command } from './commands.js';
import { HOUSE_RULES, type Rules } from './rules.js';
import { HEALING, INVITATION_LIFE, World } from './world.js';

/**
 * Plays commands, then lets faults stop and time pass. Throws with the whole story when a promise was broken on the way,
 * or when the clouds do not agree in the end (CNV-01).
 */
export function run(commands: readonly Command[], rules: Rules = HOUSE_RULES): World {
  const world = new World(rules);
  try {
    for (const command of commands) world.play(command);
    world.calmDown();
    world.pass(HEALING + stepsBack(commands));
    requireAgreement(world, true);
    world.pass(INVITATION_LIFE + DAY + stepsBack(commands));
    requireAgreement(world, false);
  } catch (error) {
    throw new Error(`${String(error)}\n${world.witness.story}`, { cause: error });
  }
  return world;
}

/** Clocks that were set back wait so much longer. */
function stepsBack(commands: readonly Command[]): number {
  return commands.reduce((sum, command) => sum + (command.kind === 'step' ? Math.abs(command.by) : 0), 0);
}
