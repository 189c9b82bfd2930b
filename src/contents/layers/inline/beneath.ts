import type { ContentStore } from '../../store/content-store.js';

/** A store that can take over contents from the database. */
export interface BeneathInline extends ContentStore {
  /** Stores bytes under a key that rows refer to already; overwrites a content of that key. */
  putBack(key: string, bytes: Uint8Array): Promise<void>;
}
