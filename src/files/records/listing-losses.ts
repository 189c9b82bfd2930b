import { cutText, type ItemId } from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import type { NodeKey } from '../space/file-space.js';
import { unusableCount, type Unusable } from '../space/unusable.js';

/** A folder behind a mount whose last listing had entries that cannot be used (ruling F-71). */
export interface ListingLoss {
  readonly key: NodeKey;
  /** The folder's name in the other cloud; undefined: the shared folder itself. */
  readonly name?: string | undefined;
  /** When its listing was first like this, milliseconds. */
  readonly since: number;
  readonly unusable: Unusable;
  /** True when there were so many that the listing was given up, so that the folder cannot be opened. */
  readonly gaveUp: boolean;
}

/** Most folders of a mount whose losses are kept; those of the others are shown only on their own pages. */
const MOST_FOLDERS = 20;

/** Characters of a folder's name that are kept. */
const NAME_KEPT = 100;

/** What the last listing of a folder has shown. */
export interface Listed {
  readonly key: NodeKey;
  readonly name?: string | undefined;
  readonly unusable: Unusable;
  readonly gaveUp?: boolean | undefined;
  readonly at: number;
}

/** The part of a mount that is used here. */
interface LossyMount {
  readonly id: ItemId;
  readonly losses: readonly ListingLoss[];
}

/**
 * Stores which entries of a folder's last listing were unusable, or deletes that when all were usable. Writes only on a
 * change.
 */
export async function noteListing(database: Database, mount: LossyMount, listed: Listed): Promise<void> {
  if (isKnown(mount.losses, listed)) return;
  await database.write(async (trx) => {
    const row = await trx('mounts')
      .where({ id: mount.id })
      .forNoKeyUpdate()
      .first<{ id: ItemId; losses: string | null } | undefined>('id', 'losses');
    if (row === undefined) return;
    const losses = withListed(lossesOf(row.losses), listed);
    await trx('mounts')
      .where({ id: mount.id })
      .update({ losses: losses.length === 0 ? null : JSON.stringify(losses) });
  });
}

/** Reads the column `losses` of a mount, which {@link noteListing} writes. */
export function lossesOf(column: string | null): readonly ListingLoss[] {
  return column === null ? [] : (JSON.parse(column) as ListingLoss[]);
}

function isKnown(losses: readonly ListingLoss[], { key, unusable, gaveUp = false }: Listed): boolean {
  const known = losses.find((loss) => loss.key === key);
  if (known === undefined) return unusableCount(unusable) === 0;
  return known.gaveUp === gaveUp && isSame(known.unusable, unusable);
}

function isSame(one: Unusable, other: Unusable): boolean {
  const words = Object.keys({ ...one, ...other }) as (keyof Unusable)[];
  return words.every((word) => (one[word] ?? 0) === (other[word] ?? 0));
}

/** The newest last; beyond {@link MOST_FOLDERS} the oldest is dropped. */
function withListed(losses: readonly ListingLoss[], listed: Listed): ListingLoss[] {
  const { key, name, unusable, gaveUp = false, at } = listed;
  const known = losses.find((loss) => loss.key === key);
  const others = losses.filter((loss) => loss.key !== key);
  if (unusableCount(unusable) === 0) return others;
  const kept = name === undefined ? known?.name : cutText(name, { characters: NAME_KEPT });
  return [...others, { key, name: kept, since: known?.since ?? at, unusable, gaveUp }].slice(-MOST_FOLDERS);
}
