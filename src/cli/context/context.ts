import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { openCloud, type Cloud } from '../../cloud.js';
import { configFromEnvironment, type Config } from '../../config/index.js';
import { withoutMark } from '../../kernel/index.js';
import { consoleOutput, type Output } from './output.js';

/** What every command needs. */
export interface CommandContext {
  readonly output: Output;
  /** Reads the settings; throws a sentence for the operator. */
  config(): Config;
  /**
   * Opens the cloud for one command, beside a running service or without one, and closes it afterwards. Refused when
   * database and storage folder do not belong together, unless the command only `reads`.
   */
  withCloud<T>(work: (cloud: Cloud) => Promise<T>, purpose?: 'reads'): Promise<T>;
  /** The first line of standard input. */
  readLine(): Promise<string>;
}

/** What a command line finds around it. */
export interface Surroundings {
  readonly output: Output;
  /** Reads the settings; throws a sentence for the operator. */
  config(): Config;
  /** What is piped in. */
  readonly input: Readable;
}

/** Those of this process. */
export const ownProcess: Surroundings = {
  output: consoleOutput,
  config: configFromEnvironment,
  // Not before a command wants it: from then on the process waits for its end.
  get input() {
    return process.stdin;
  },
};

/** What commands need, made of what is around them. */
export function createContext(surroundings: Surroundings): CommandContext {
  return {
    output: surroundings.output,
    config: () => surroundings.config(),
    async withCloud(work, purpose) {
      const cloud = await openCloud(quietly(surroundings.config()), {}, purpose === 'reads' ? 'read' : 'prove');
      try {
        return await work(cloud);
      } finally {
        await cloud.stop();
      }
    },
    readLine: () => firstLineOf(surroundings.input),
  };
}

/** A command's log would only repeat its error. */
function quietly(config: Config): Config {
  return {
    ...config,
    logLevel: config.logLevel === 'trace' || config.logLevel === 'debug' ? config.logLevel : 'silent',
  };
}

/** The first line of what is piped in, without a byte order mark. */
export async function firstLineOf(source: Readable): Promise<string> {
  const [line = ''] = withoutMark(await text(source)).split(/\r?\n/);
  return line;
}

/** A text file that somebody names, without a byte order mark. Throws what the file system says. */
export async function readTextFile(file: string): Promise<string> {
  return withoutMark(await readFile(file, 'utf8'));
}
