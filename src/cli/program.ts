import { Command, CommanderError } from 'commander';
import { SettingError } from '../config/index.js';
import { isFailure } from '../kernel/index.js';
import { addClient, addToken } from './client.js';
import { createContext, type CommandContext } from './context.js';
import { addMigrate } from './migrate.js';
import { consoleOutput } from './output.js';
import { addPeer } from './peer.js';
import { addServe } from './serve.js';
import { addShare } from './share.js';
import { addUser } from './user.js';
import { addVerify } from './verify.js';

/** Every command of the operator's interface (product.md). */
export function createProgram(context: CommandContext): Command {
  const program = new Command('footbridge')
    .description('A footbridge between personal clouds: share a folder by e-mail with a person in another cloud.')
    .exitOverride()
    .showHelpAfterError();
  for (const add of [addServe, addMigrate, addUser, addPeer, addShare, addClient, addToken, addVerify])
    add(program, context);
  return program;
}

/** Runs one command line; answers the exit status: 0 only on success. */
export async function run(words: readonly string[]): Promise<number> {
  try {
    await createProgram(createContext(consoleOutput)).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    console.error(explain(error));
    return 1;
  }
}

/** One sentence for the operator; a stack only for what we did not foresee. */
function explain(error: unknown): string {
  if (isFailure(error)) return error.detail === undefined ? error.message : `${error.message} (${error.detail})`;
  if (error instanceof SettingError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
