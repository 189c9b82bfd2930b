import { MINUTE, type AccountId } from '../../kernel/index.js';

/**
 * A row of `locks`: one of two kinds. The lock of a web desktop (`item_id`, one an item) tells others who has a file open
 * and binds nobody; a binding lock (`bound_id`, with a token) is one that every change has to show the token of.
 * docs/decisions/0034 says why both are rows of one table.
 */
export interface LockRow extends DesktopColumns {
  readonly id: number | string;
  /** The item of a desktop's lock; null: this is a binding lock. */
  readonly item_id: number | string | null;
  /** The item of a binding lock; null: this is a desktop's. */
  readonly bound_id: number | string | null;
  /** Whose tree the locked item lies in; of binding locks only. */
  readonly tree: AccountId | null;
  /** `urn:uuid:…`; proves the holder together with `actor`. Of binding locks only. */
  readonly token: string | null;
  readonly is_shared: boolean | number;
  /** True when it also holds for everything in the folder, at any depth. */
  readonly is_deep: boolean | number;
  readonly is_folder: boolean | number;
  /** The holder's message to others, XML as it was given. */
  readonly note: string | null;
  /** The folders that contain an item of another cloud, nearest first, with a blank between; null in this cloud. */
  readonly around: string | null;
  /** The last millisecond in which a binding lock holds. */
  readonly ends_at: number | null;
  /**
   * Of a lock that the cloud of the file has given, too: the file's key there, the word by which that cloud knows the lock, and
   * until when it holds there. It may do so for longer than here; then it is still to be given back.
   */
  readonly abroad_key: string | null;
  readonly abroad_word: string | null;
  readonly abroad_ends_at: number | null;
}

/** The columns from which a desktop is shown a lock; filled for binding locks too. */
export interface DesktopColumns {
  /** The mount below which the item lies, and with which the lock is removed; null: the item is in this cloud. */
  readonly mount_id: number | string | null;
  /** Who holds it, in the words of `actorOf`. */
  readonly actor: string;
  /** The holder's cloud; null: this one. */
  readonly home: string | null;
  readonly user_name: string;
  readonly cloud: string;
  readonly ipserver: string;
  /** `YYYY-MM-DD hh:mm:ss`. */
  readonly datetime: string;
  /** False once the lock was released. */
  readonly is_open: boolean | number;
  /** For how many minutes a desktop's lock holds, from {@link touched_at} on. */
  readonly minutes: number;
  /** When it was taken or last refreshed, milliseconds. */
  readonly touched_at: number;
}

/** A row that is a binding lock. */
export type BindingRow = LockRow & {
  readonly bound_id: number | string;
  readonly tree: AccountId;
  readonly token: string;
  readonly ends_at: number;
};

/** A binding lock before it is inserted: no other cloud was asked yet. */
export type NewLock = Omit<BindingRow, 'id' | 'abroad_key' | 'abroad_word' | 'abroad_ends_at'>;

/** Whether a lock holds now, by this cloud's clock alone. */
export function isHeld(row: LockRow, now: number): boolean {
  if (row.ends_at !== null) return now <= row.ends_at;
  return Boolean(row.is_open) && now <= row.touched_at + row.minutes * MINUTE;
}

/** A desktop's lock before it is inserted. */
export type DesktopRow = DesktopColumns & { readonly item_id: string };
