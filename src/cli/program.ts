import { Command, CommanderError } from 'commander';
import { SettingError } from '../config/index.js';
import { isFailure, showText } from '../kernel/index.js';
import { addAppPassword } from './commands/app-password.js';
import { addClient, addToken } from './commands/client.js';
import { addContents } from './commands/contents.js';
import { createContext, ownProcess, type CommandContext } from './context/context.js';
import { addMigrate } from './commands/migrate.js';
import { addPeer } from './commands/peer.js';
import { addServe } from './commands/serve.js';
import { addShare } from './commands/share.js';
import { addTrash } from './commands/trash.js';
import { addUser } from './commands/user.js';
import { addVerify } from './commands/verify.js';

/** Every command of the operator's interface (product.md). */
export function createProgram(context: CommandContext): Command {
  const program = new Command('footbridge')
    .description('A footbridge between personal clouds: share a folder by e-mail with a person in another cloud.')
    .exitOverride()
    .showHelpAfterError();
  for (const add of [
    addServe,
    addMigrate,
    addUser,
    addPeer,
    addShare,
    addClient,
    addToken,
    addAppPassword,
    addTrash,
    addVerify,
    addContents,
  ])
    add(program, context);
  return program;
}

/** Runs one command line, in this process's surroundings unless others are given; answers the exit status: 0 only on success. */
export async function run(words: readonly string[], surroundings = ownProcess): Promise<number> {
  try {
    await createProgram(createContext(surroundings)).parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    surroundings.output.warn(showText(explain(error)));
    return 1;
  }
}

/** One sentence for the operator; a stack only for unexpected errors. */
function explain(error: unknown): string {
  if (isFailure(error)) return error.detail === undefined ? error.message : `${error.message} (${error.detail})`;
  if (error instanceof SettingError) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
