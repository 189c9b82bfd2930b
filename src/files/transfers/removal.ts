import { Failure, isFailure, type ItemId, type Principal } from '../../kernel/index.js';
import type { Item } from '../space/item.js';
import type { Tree } from '../tree/tree.js';
import type { Fault } from './fault.js';
import type { Member } from './members.js';

/** Most items of which is told that they could not be removed; further ones stay, too, and nobody is told. */
const MOST_TOLD = 1_000;

/** The source of a move whose copy is whole. */
export interface Removal {
  readonly principal: Principal;
  readonly source: Pick<Item, 'id' | 'kind'>;
  readonly lockTokens: readonly string[];
  /** What was copied, the inner ones first. */
  readonly members: AsyncIterable<Member>;
  /** True for a folder of this cloud in which nothing has changed since it was copied. */
  readonly isSame: boolean;
  /** Throws when somebody else is to go on with it. */
  readonly halt: () => void;
}

type Trees = Pick<Tree, 'stat' | 'list' | 'remove'>;

/**
 * Removes the source of a move: a folder at once if nothing in it has changed, else member by member, each file only if
 * it is still the one that was copied. Answers what could not be removed; it stays. Whoever begins it again goes on with
 * it: what is gone is gone.
 */
export async function removeCarried(tree: Trees, removal: Removal): Promise<readonly Fault[]> {
  if (removal.isSame) return removeWhole(tree, removal);
  const { principal, lockTokens, members, halt } = removal;
  const faults: Fault[] = [];
  // Folders come after what is in them.
  for await (const { id, kind, etag, version, path } of members) {
    halt();
    try {
      if (kind === 'folder') await refuseFilled(tree, principal, id);
      else await refuseChanged(tree, principal, { id, version });
      const conditions = kind === 'folder' || etag === '' ? {} : { conditions: { ifMatch: [etag] } };
      await tree.remove(principal, id, { lockTokens, ...conditions });
    } catch (error) {
      if (!isFailure(error)) throw error;
      if (error.code !== 'not-found' && faults.length < MOST_TOLD) faults.push({ path, kind, failure: error });
    }
  }
  return faults;
}

/** All of it or, where something in it is locked, nothing. */
async function removeWhole(tree: Trees, { principal, source, lockTokens }: Removal): Promise<readonly Fault[]> {
  try {
    await tree.remove(principal, source.id, { lockTokens });
    return [];
  } catch (error) {
    if (!isFailure(error)) throw error;
    return error.code === 'not-found' ? [] : [{ path: [], kind: source.kind, failure: error }];
  }
}

/**
 * Throws `conflict` for a file whose version has changed. Two mounts can show the same file of another cloud: then
 * writing the target has changed the source, and removing it would lose the file. The tag cannot tell, since the
 * content is the same.
 */
async function refuseChanged(
  tree: Trees,
  principal: Principal,
  { id, version }: { readonly id: ItemId; readonly version: number },
): Promise<void> {
  const now = await tree.stat(principal, id);
  if (now.status === 'DELETED') throw new Failure('not-found', 'It is gone.');
  if (now.version !== version) throw new Failure('conflict', 'It has changed in the meantime.');
}

async function refuseFilled(tree: Trees, principal: Principal, id: ItemId): Promise<void> {
  const { folder, children } = await tree.list(principal, id);
  if (folder.status === 'DELETED') throw new Failure('not-found', 'It is gone.');
  const first = await children[Symbol.asyncIterator]().next();
  if (first.done !== true) throw new Failure('conflict', `There is still something in it: ${first.value.name}.`);
}
