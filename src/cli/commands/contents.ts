import type { Command } from 'commander';
import type { CommandContext } from '../context/context.js';

/** `footbridge contents …`: the stored bytes. */
export function addContents(program: Command, context: CommandContext): void {
  const contents = program.command('contents').description('the stored bytes of files');
  contents
    .command('move-out')
    .description('turn every content into one file of the storage folder, before going back to an older release')
    .action(() =>
      context.withCloud(async ({ services }) => {
        const count = await services.files.moveOut();
        context.output.say(`${String(count)} contents moved to the storage folder.`);
      }),
    );
  contents
    .command('sweep')
    .description('put contents that no file names into quarantine, where they wait for 7 days')
    .option('--all', 'however many they are, and those that were there before this database took the storage over')
    .option('--erase', 'remove what is in quarantine for good, whatever its age')
    .option('--json', 'answer as JSON')
    .action((options: { all?: boolean; erase?: boolean; json?: boolean }) =>
      context.withCloud(async ({ services }) => {
        const order = { all: options.all === true, erase: options.erase === true };
        const swept = await services.files.sweeper.sweepContents(order);
        if (options.json === true) context.output.json(swept);
        else context.output.say(inWords(swept));
      }),
    );
}

function inWords(swept: {
  readonly quarantined: number;
  readonly erased: number;
  readonly returned: number;
  readonly left: number;
  readonly spared: number;
}): string {
  const { quarantined, erased, returned, left, spared } = swept;
  const done = `${String(quarantined)} put into quarantine, ${String(erased)} removed, ${String(returned)} taken back.`;
  if (left + spared === 0) return done;
  return `${done} ${String(left + spared)} more that no file names: footbridge contents sweep --all.`;
}
