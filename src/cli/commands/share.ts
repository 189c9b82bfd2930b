import type { Command } from 'commander';
import { rfc3339 } from '../../kernel/index.js';
import { eachPage } from '../../platform/index.js';
import type { ListedShare } from '../../shares/index.js';
import type { CommandContext } from '../context/context.js';
import { addShareCare } from './share-care.js';

/** `footbridge share …`: agreements with other clouds. */
export function addShare(program: Command, context: CommandContext): void {
  const share = program.command('share').description('shares with people in other clouds');
  share
    .command('list')
    .description('list both halves of every agreement')
    .option('--json', 'answer as JSON')
    .action((options: { json?: boolean }) =>
      context.withCloud(async ({ services }) => {
        const all: ShareRow[] = [];
        for await (const { items, unreadable } of eachPage((wish) => services.agreements.shareLists.all(wish))) {
          all.push(...items.map(line));
          for (const id of unreadable) context.output.warn(`What is stored of the share ${id} is damaged.`);
        }
        if (options.json === true) context.output.json(all);
        else context.output.table(all.map(forPeople), 'No folder is shared with another cloud yet.');
      }, 'reads'),
    );
  share
    .command('end <shareId>')
    .description('end a share; the other cloud is told')
    .action((shareId: string) =>
      context.withCloud(async ({ services }) => {
        await services.shares.endings.byName(shareId, 'administrator');
        context.output.say(`${shareId} has ended.`);
      }),
    );
  addShareCare(share, context);
}

/** The JSON keys of product.md. */
interface ShareRow {
  readonly shareId: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: string;
  readonly folder: string;
  readonly permission: string;
  readonly owner: string;
  readonly recipient: string;
  readonly peer: string | null;
  readonly createdAt: string;
  readonly changedAt: string;
}

function line(view: ListedShare): ShareRow {
  return {
    shareId: view.shareId,
    direction: view.direction,
    state: view.state,
    folder: view.folderName,
    permission: view.permission,
    owner: view.ownerEmail,
    recipient: view.recipient,
    peer: view.peerName ?? null,
    createdAt: rfc3339(view.createdAt),
    changedAt: rfc3339(view.changedAt),
  };
}

function forPeople(each: ShareRow): Record<string, string> {
  const { shareId, direction, state, folder, permission, owner, recipient, peer } = each;
  return { shareId, direction, state, folder, permission, owner, recipient, peer: peer ?? '' };
}
