import { Failure, type Clock, type Random } from '../kernel/index.js';
import type { HashThread } from '../platform/index.js';
import { BlobRefusal, failureOf, type MediumInputs, type OpenMedium, type StoreGuard } from './driver/index.js';
import { openDisk } from './drivers/disk/index.js';
import { MemoryDriver, openMemory } from './drivers/memory/index.js';
import { CachedContentStore } from './layers/cached/cached-content-store.js';
import { InlineContentStore } from './layers/inline/index.js';
import { JoinedContentStore, namedWithParts } from './layers/joined/index.js';
import type { ContentTrouble, JoiningStore } from './store/content-store.js';
import { DrivenContentStore } from './store/driven-content-store.js';

/** All media, by the scheme of their URLs. `memory:` is for tests; the settings refuse it. */
const MEDIA: ReadonlyMap<string, OpenMedium> = new Map<string, OpenMedium>([
  ['file:', openDisk],
  ['memory:', openMemory],
]);

/** What {@link openStorage} needs. */
export interface StorageInputs extends MediumInputs {
  /** Where they are stored: `FOOTBRIDGE_STORAGE_URL`. */
  readonly url: string;
  /** Most bytes that small contents may take in the database. */
  readonly inlineLimit: number;
  readonly thread: HashThread;
  /** Is asked before anything is stored: throws `full` while the database's disk is full. */
  readonly requireSpace: () => void;
  readonly onTrouble: (trouble: ContentTrouble) => void;
}

/**
 * The only function that opens the contents of a cloud: small ones in the database, all others on the medium that the
 * URL names, a cache in memory in front of both, and before it all the lists of contents that are read as one. Throws `unavailable` with a sentence for the operator when the
 * storage must not, or cannot, be used.
 */
export async function openStorage(inputs: StorageInputs): Promise<JoiningStore> {
  const named = namedWithParts(inputs.database, inputs.named);
  const { driver, guard: identity } = await openMedium({ ...inputs, named });
  const guard = inputs.opening === 'read' ? NO_WRITES : guardOf(inputs.requireSpace, identity);
  const inner = new DrivenContentStore({ ...inputs, driver, guard });
  const small = new InlineContentStore({ ...inputs, inner, guard, limit: inputs.inlineLimit });
  return new JoinedContentStore({ ...inputs, inner: new CachedContentStore(small) });
}

/** A content store in memory, for tests. */
export function memoryContents(inputs: { readonly random: Random; readonly clock: Clock }): DrivenContentStore {
  return new DrivenContentStore({ ...inputs, driver: new MemoryDriver(inputs) });
}

async function openMedium(inputs: StorageInputs): ReturnType<OpenMedium> {
  const url = new URL(inputs.url);
  const open = MEDIA.get(url.protocol);
  if (open === undefined) throw new Failure('unavailable', `There is no storage of the kind ${url.protocol}`);
  try {
    return await open(url, inputs);
  } catch (error) {
    throw error instanceof BlobRefusal ? failureOf(error) : error;
  }
}

function guardOf(requireSpace: () => void, identity: StoreGuard | undefined): StoreGuard {
  return {
    admit: async () => {
      requireSpace();
      await identity?.admit();
    },
    trouble: async () => identity?.trouble(),
  };
}

/** For commands that only read. */
const NO_WRITES: StoreGuard = {
  admit: () => Promise.reject(new Failure('internal', 'The storage was opened for reading.')),
  trouble: () => Promise.resolve(undefined),
};
