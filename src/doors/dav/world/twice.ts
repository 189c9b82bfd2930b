import { isAtOrBelow, type Item, type Whereabouts } from '../../../files/index.js';
import { Failure, ROOT_ID } from '../../../kernel/index.js';
import { isAbroad } from './lock-desk.js';
import type { Slot } from './places.js';
import type { DavCaller, DavInputs } from './ports.js';
import { davRefusal } from './refusals.js';

/**
 * Two mounts can show the same folder of another cloud, or one of them a folder inside the other's: then replacing the
 * target would remove the source (owncloud/core#21968 lost the file). Names here do not show that, so it is asked what
 * source and target are at their cloud. Throws `forbidden` when they are one thing, `conflict` when a folder would come
 * into itself or replace a folder that it lies in. Asks nothing unless they are in two different mounts.
 */
export async function refuseTwice(
  inputs: Pick<DavInputs, 'tree'>,
  caller: DavCaller,
  source: Item,
  { parent, found }: Slot,
): Promise<void> {
  if (!isAbroad(source) || !isAbroad(parent.item) || source.incomingId === parent.item.incomingId) return;
  const abroad = new Abroad(inputs, caller);
  const [at, around] = [await abroad.where(source), await abroad.where(parent.item)];
  if (at === undefined || at.server !== around?.server) return;
  const old = found === undefined ? undefined : await abroad.where(found.item);
  if (old !== undefined && isAtOrBelow(old, at) && isAtOrBelow(at, old)) {
    throw davRefusal('forbidden', 'It is there already.');
  }
  if (source.kind === 'folder' && (await abroad.isWithin(parent.item, at))) {
    throw new Failure('conflict', 'A folder cannot lie in itself.');
  }
  if (old !== undefined && found?.item.kind === 'folder' && (await abroad.isWithin(source, old))) {
    throw new Failure('conflict', 'A folder cannot make way for what is in it.');
  }
}

/** Finds out where items of mounts lie at their own clouds. */
class Abroad {
  readonly #tree: DavInputs['tree'];
  readonly #principal: DavCaller['principal'];

  constructor({ tree }: Pick<DavInputs, 'tree'>, { principal }: DavCaller) {
    this.#tree = tree;
    this.#principal = principal;
  }

  where({ id }: Item): Promise<Whereabouts | undefined> {
    return this.#tree.whereabouts(this.#principal, id);
  }

  /**
   * True when an item is `outer` or lies in it: itself and the folders above it are compared, up to the top of its
   * mount.
   */
  async isWithin(item: Item, outer: Whereabouts): Promise<boolean> {
    const inner = await this.where(item);
    if (inner !== undefined && isAtOrBelow(inner, outer)) return true;
    const { isShareTop, parentId } = item;
    if (isShareTop || parentId === null || parentId === ROOT_ID) return false;
    return this.isWithin(await this.#tree.stat(this.#principal, parentId), outer);
  }
}
