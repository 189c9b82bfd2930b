import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { openCloud, type Cloud } from '../../cloud.js';
import { configFromEnvironment, type Config } from '../../config/index.js';
import { withoutMark } from '../../kernel/index.js';
import type { Output } from './output.js';

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

/** The context of a real process. */
export function createContext(output: Output): CommandContext {
  return {
    output,
    config: configFromEnvironment,
    async withCloud(work, purpose) {
      const cloud = await openCloud(quietly(configFromEnvironment()), {}, purpose === 'reads' ? 'read' : 'prove');
      try {
        return await work(cloud);
      } finally {
        await cloud.stop();
      }
    },
    readLine: () => firstLineOf(process.stdin),
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
