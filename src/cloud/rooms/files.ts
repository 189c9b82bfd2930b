import { forgetItems, ITEM_NAMERS } from '../../desk/index.js';
import {
  Access,
  FolderNews,
  ForeignLocks,
  ITEM_KEEPERS,
  TRAVELLERS,
  LockGuard,
  Locks,
  moveOutContents,
  nameOf,
  Properties,
  Sweeper,
  Transfers,
  Trash,
  Tree,
  Uploads,
  type AskGrantTerms,
  type OnRemoved,
  type TreeInputs,
} from '../../files/index.js';
import { DAY } from '../../kernel/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { AppRooms } from './apps.js';
import type { NeighbourRooms } from './neighbours.js';
import type { PeopleRooms } from './people.js';
import type { ShareRooms } from './shares.js';

/** Bytes read in one round for the hashes of contents in parts. */
const READ_AT_ONCE = 8 * 1024 ** 3;

interface Below {
  readonly shares: ShareRooms;
  readonly people: PeopleRooms;
  readonly apps: AppRooms;
  readonly neighbours: NeighbourRooms;
}

/** Builds everybody's files, their own and those of other clouds. */
export function furnishFiles(base: Foundation, { shares, people, apps, neighbours }: Below) {
  const { clock, config } = base;
  const { grants, endings, outgoing } = shares;
  const grantTerms: AskGrantTerms = (q, principal) => grants.termsNow(q, principal);
  const access = new Access({ clock, grantTerms });
  const onRemoved: OnRemoved = async (trx, folderIds, by) =>
    endings.foldersRemoved(trx, folderIds, await grants.holderOf(trx, by));
  const trash = openTrash(base, { access, onRemoved, outgoing });
  const openMount: TreeInputs['openMount'] = (mount) => neighbours.foreign.open(mount);
  const accessStands: NonNullable<TreeInputs['accessStands']> = (q, given) => apps.stands(q, given);
  const tree = new Tree({
    trash,
    onRemoved,
    openMount,
    defaultQuota: config.defaultQuota,
    namers: [...ITEM_NAMERS, ...ITEM_KEEPERS, ...TRAVELLERS],
    grantTerms,
    accessStands,
    ...base,
  });
  const foreignLocks = new ForeignLocks({ access, openMount, cloudName: config.cloudName, ...base });
  const properties = new Properties({ access, ...base });
  return {
    trash,
    locks: new Locks({ access, cloudName: config.cloudName, ...base }),
    foreignLocks,
    properties,
    transfers: new Transfers({ tree, properties, foreignLocks, accessStands, ...base }),
    news: new FolderNews({ access, tree, ...base }),
    /** The files of people who were removed long enough ago go for good, in the same time as what people delete. */
    eraseRemovedPeople: (): Promise<void> =>
      people.removedPeople.eraseBefore(clock.now() - config.trashDays * DAY, (id) => trash.eraseTree(id)),
    tree,
    sweeper: new Sweeper(base),
    uploads: new Uploads({ writing: (principal, id) => tree.writing(principal, id), ...base }),
    learnHashes: (): Promise<number> => base.contents.learnHashes(READ_AT_ONCE),
    moveOut: (): Promise<number> => moveOutContents(base),
    folderName: nameOf,
  };
}

interface TrashBelow {
  readonly access: Access;
  readonly onRemoved: OnRemoved;
  readonly outgoing: ShareRooms['outgoing'];
}

function openTrash(base: Foundation, { access, onRemoved, outgoing }: TrashBelow): Trash {
  const { clock, config } = base;
  return new Trash({
    onRemoved,
    defaultQuota: config.defaultQuota,
    locks: new LockGuard({ access, clock }),
    keeping: { trashDays: config.trashDays, thinning: config.versions },
    async onErased(trx, itemIds) {
      await forgetItems(trx, itemIds);
      return outgoing.referredTo(trx, itemIds);
    },
    ...base,
  });
}

export type FileRooms = ReturnType<typeof furnishFiles>;
