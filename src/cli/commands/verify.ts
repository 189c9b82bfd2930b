import type { Command } from 'commander';
import { Failure } from '../../kernel/index.js';
import type { CommandContext } from '../context/context.js';

/** How many contents lie between two lines of progress. */
const STRIDE = 1_000;

/** `footbridge verify`: reads every stored content and compares it with its hash (reliability.md DUR-05). */
export function addVerify(program: Command, context: CommandContext): void {
  program
    .command('verify')
    .description('check every stored content against its hash')
    .action(() =>
      context.withCloud(async ({ services }) => {
        const { contents, bytes, flaws } = await services.files.sweeper.verifyContents((done, flaw) => {
          if (flaw !== undefined)
            context.output.say(
              `${flaw.soundness}: ${flaw.name} (item ${flaw.itemId}, version ${String(flaw.version)})`,
            );
          else if (done % STRIDE === 0) context.output.say(`${String(done)} contents checked …`);
        });
        context.output.say(`${String(contents)} contents, ${String(bytes)} bytes checked.`);
        if (flaws.length > 0)
          throw new Failure('conflict', `${String(flaws.length)} contents are not as they were stored.`);
      }, 'reads'),
    );
}
