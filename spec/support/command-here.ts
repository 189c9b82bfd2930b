import { Readable } from 'node:stream';
import { outputTo } from '../../src/cli/context/output.js';
import { run } from '../../src/cli/index.js';
import { readConfig } from '../../src/config/index.js';

/** What a command has said: its exit status, its standard output, and that together with standard error. */
export interface Said {
  readonly status: number;
  readonly answer: string;
  readonly output: string;
}

/**
 * Runs a command of the operator's interface with these settings, in this process: it opens database and contents of the
 * cloud beside whatever process serves it, as it would in a process of its own, which costs ten times as much. That the
 * built program does the same is shown by `launch.spec.ts`, the first starts and the demo.
 */
export async function runHere(words: readonly string[], settings: NodeJS.ProcessEnv, stdin = ''): Promise<Said> {
  let [output, answer] = ['', ''];
  const aside = (line: string): void => void (output += `${line}\n`);
  const status = await run(words, {
    output: outputTo({
      answer(line) {
        answer += `${line}\n`;
        aside(line);
      },
      aside,
    }),
    config: () => readConfig(settings),
    input: Readable.from([stdin]),
  });
  return { status, output, answer };
}
