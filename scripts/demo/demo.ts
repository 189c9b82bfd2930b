import { aborted, stopSignal } from './aborting.js';
import { readOptions, USAGE, type Ports } from './options.js';
import { playMainJob } from './play.js';
import { requireFreePorts } from './ports.js';
import { storyOf } from './story.js';
import { openTown, type Town } from './town.js';
import { createTranscript } from './transcript.js';

/** The play takes no longer than this, setting up included; milliseconds. */
const PLAY_LIMIT = 180_000;

const say = (line: string): void => {
  console.log(line);
};

/** Runs the demo; answers the exit status. */
export async function runDemo(words: readonly string[]): Promise<number> {
  const options = readOptions(words);
  if (options.help) {
    say(USAGE);
    return 0;
  }
  await requireFreePorts(options.ports);
  return options.play ? play(options.ports) : keepOpen(options.ports);
}

/** Runs until Ctrl-C. */
async function keepOpen(ports: Ports): Promise<number> {
  const signal = stopSignal();
  return inTown(ports, signal, async (town) => {
    say(storyOf(town));
    await aborted(signal);
    say('\nStopping.');
    return 0;
  });
}

/** Plays the main job and prints the result. */
async function play(ports: Ports): Promise<number> {
  const signal = stopSignal(PLAY_LIMIT);
  return inTown(ports, signal, async (town) => {
    const clouds = new Map([town.alder, town.birch].map(({ url, name }) => [url, name]));
    const transcript = createTranscript({ say, signal, cloudOf: (origin) => clouds.get(origin) ?? origin });
    await playMainJob(town, transcript);
    const { words, held } = transcript.verdict();
    if (!held) say(outputOf(town));
    say(`\n${words}`);
    return held ? 0 : 1;
  });
}

/** Opens the town, does something in it, and closes it whatever comes of it. */
async function inTown(ports: Ports, signal: AbortSignal, visit: (town: Town) => Promise<number>): Promise<number> {
  const opening = openTown(ports, signal, say);
  try {
    return await visit(await opening);
  } finally {
    await opening.then(
      (town) => town.close(),
      () => undefined,
    );
  }
}

/** What the clouds wrote into their logs, to find out why a step failed. */
function outputOf({ alder, birch }: Town): string {
  return [alder, birch].map(({ name, output }) => `\n${name} said:\n${output || '(nothing)'}`).join('\n');
}
