/**
 * Decides, beside the medium itself, whether contents may be stored: whether the storage belongs to the database
 * (`drivers/disk/identity/`), and whether the reserve of the database's disk is untouched.
 */
export interface StoreGuard {
  /**
   * Called before bytes are stored: throws `unavailable` when the storage is missing or belongs to another database,
   * `full` when the disk is full.
   */
  admit(): Promise<void>;
  /** Why contents cannot be used now, as a sentence; undefined when they can. Never rejects. */
  trouble(): Promise<string | undefined>;
}
