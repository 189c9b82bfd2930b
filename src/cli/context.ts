import { openCloud, type Cloud } from '../cloud.js';
import { configFromEnvironment, type Config } from '../config/index.js';
import type { Output } from './output.js';

/** What every command works with. */
export interface CommandContext {
  readonly output: Output;
  /** Reads the settings; throws a sentence for the operator. */
  config(): Config;
  /** Opens the cloud for one command, beside a running service or without one, and closes it afterwards. */
  withCloud<T>(work: (cloud: Cloud) => Promise<T>): Promise<T>;
  /** The first line of standard input. */
  readLine(): Promise<string>;
}

/** The context of a real process. */
export function createContext(output: Output): CommandContext {
  return {
    output,
    config: configFromEnvironment,
    async withCloud(work) {
      const cloud = await openCloud(quietly(configFromEnvironment()));
      try {
        return await work(cloud);
      } finally {
        await cloud.stop();
      }
    },
    readLine,
  };
}

/** A command's log would only repeat its error. */
function quietly(config: Config): Config {
  return {
    ...config,
    logLevel: config.logLevel === 'trace' || config.logLevel === 'debug' ? config.logLevel : 'silent',
  };
}

async function readLine(): Promise<string> {
  let text = '';
  for await (const piece of process.stdin as AsyncIterable<Buffer>) text += piece.toString('utf8');
  return text.split(/\r?\n/)[0] ?? '';
}
