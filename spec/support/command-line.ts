import type { CommandContext } from '../../src/cli/context/context.js';
import { createProgram } from '../../src/cli/program.js';
import type { Station } from './open-pair.js';

/** What a command said. */
export interface CommandSaid {
  readonly text: string;
  /** What it answered with `--json`. */
  readonly json: unknown;
}

/** A command line beside a cloud that runs, and what it says. Throws what the command throws. */
export async function runBeside({ cloud }: Station, ...words: string[]): Promise<CommandSaid> {
  const said: { text: string; json: unknown } = { text: '', json: undefined };
  const say = (line: string): void => void (said.text += `${line}\n`);
  const context: CommandContext = {
    output: {
      say,
      warn: say,
      json: (value) => (said.json = JSON.parse(JSON.stringify(value))),
      table: (rows, whenEmpty) => {
        if (rows.length === 0 && whenEmpty !== '') say(whenEmpty);
        for (const row of rows) say(Object.values(row).join(' | '));
      },
    },
    config: () => cloud.config,
    withCloud: (work) => work(cloud),
    readLine: () => Promise.resolve(''),
  };
  const program = createProgram(context).configureOutput({ writeErr: () => undefined, writeOut: say });
  await program.parseAsync(words, { from: 'user' });
  return said;
}
