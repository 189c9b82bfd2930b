import { parseArgs } from 'node:util';

/** Where everything of the demo listens. */
export interface Ports {
  readonly alder: number;
  readonly birch: number;
  readonly mailbox: number;
}

/** What the command line asks for. */
export interface DemoOptions {
  /** Play the main job unattended instead of waiting for people. */
  readonly play: boolean;
  readonly help: boolean;
  readonly ports: Ports;
}

/** For `--help`. */
export const USAGE = `npm run demo              start two clouds and a mailbox, and say where to click
npm run demo -- --play    play the whole main job unattended; exits 0 only if every step held
npm run demo -- --ports 4101,4102,4103   listen elsewhere (first cloud, second cloud, mailbox)`;

/** Reads the command line; throws a sentence for whoever typed it. */
export function readOptions(words: readonly string[]): DemoOptions {
  const { values } = parseArgs({
    args: [...words],
    options: {
      play: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ports: { type: 'string', default: '4001,4002,4003' },
    },
  });
  return { play: values.play, help: values.help, ports: readPorts(values.ports) };
}

function readPorts(text: string): Ports {
  const [alder = 0, birch = 0, mailbox = 0, ...more] = text.split(',').map(Number);
  const all = [alder, birch, mailbox];
  const usable = all.every((port) => Number.isInteger(port) && port > 0 && port < 65_536);
  if (!usable || more.length > 0 || new Set(all).size < 3) {
    throw new Error('--ports takes three different ports, such as 4001,4002,4003.');
  }
  return { alder, birch, mailbox };
}
