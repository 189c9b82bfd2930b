import { Sweeper, Tree } from '../../files/index.js';
import type { ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { NeighbourRooms } from './neighbours.js';
import type { PeopleRooms } from './people.js';

/** Everybody's files, their own and those that lie in other clouds. */
export function furnishTrees(
  base: Foundation,
  { endings, grants, foreign, tokens }: HalfRooms & NeighbourRooms & PeopleRooms,
) {
  const { config, database, contents, clock } = base;
  return {
    tree: new Tree({
      ...{ database, contents, clock },
      defaultQuota: config.defaultQuota,
      openMount: (mount) => foreign.behind(mount),
      grantStanding: (q, principal) => grants.standing(q, principal),
      accessStands: (q, accessId) => tokens.stands(q, accessId),
      onRemoved: async (trx, folderIds, by) => endings.foldersRemoved(trx, folderIds, await whoIs(trx, grants, by)),
    }),
    sweeper: new Sweeper({ database, contents, clock }),
    folderName: async (q: Queries, folderId: ItemId): Promise<string | undefined> => {
      const row = await q('items')
        .where({ id: Number(folderId) })
        .first<{ name: string } | undefined>('name');
      return row?.name;
    },
  };
}

export type TreeRooms = ReturnType<typeof furnishTrees>;

/** The account, or the peer of the grant, behind the word for a principal (`actorOf`). */
async function whoIs(trx: Transaction, grants: HalfRooms['grants'], actor: string): Promise<string> {
  const [kind, id = ''] = actor.split(':', 2);
  return kind === 'grant' ? ((await grants.peerOf(trx, id)) ?? id) : id;
}
