/** A file or folder in the storage API's words; each word's meaning is in docs/client.md. */
export interface Metadata {
  /** Null for the root. */
  readonly id: number | null;
  /** Null at the top level. */
  readonly parent_id: number | null;
  readonly filename: string;
  readonly is_folder: boolean;
  /** What last happened to it: `NEW`, `CHANGED`, `RENAMED` or `DELETED`; null for the root. */
  readonly status: string | null;
  /** `YYYY-MM-DD HH:MM:SS.f`, UTC; absent for the root. */
  readonly modified_at?: string;
  /** From 1, one more per change of any kind. */
  readonly version: number | null;
  /** Adler-32 of the content, unsigned. */
  readonly checksum: number | null;
  /** Bytes. */
  readonly size: number | null;
  readonly mimetype: string | null;
  readonly is_root?: boolean;
  readonly chunks?: readonly string[];
  /** To another cloud only: the strong entity tag of a file's content. */
  readonly etag?: string;
  /** To another cloud only, on the folder that is shared with it: `read-only` or `read-write`. */
  readonly permission?: string;
  readonly expires_at?: string;
}

/** A folder with its children, one level. A file lists itself, without any. */
export interface Listing extends Metadata {
  readonly contents: readonly Metadata[];
}

/** A file with every version of its content, newest first, the current one included. */
export interface History extends Metadata {
  readonly versions: readonly Metadata[];
}

/** Somebody who can open a folder. */
export interface Member {
  readonly name: string;
  readonly email: string;
  /** `YYYY-MM-DD HH:MM:SS.f`, UTC. */
  readonly joined_at: string;
  readonly is_owner: boolean;
}

/** An invitation of somebody whose account is in another cloud. */
export interface Proposal {
  readonly share_id: string;
  readonly email: string;
  readonly status: string;
}

/** What came of sharing a folder. */
export interface Shared {
  /** People of this cloud, who are members now. */
  readonly shared_to?: readonly Pick<Member, 'name' | 'email'>[];
  /** People elsewhere, who are asked by mail. */
  readonly proposals?: readonly Proposal[];
}

/** What came of ending shares. */
export interface Unshared {
  readonly unshared_to?: readonly Pick<Member, 'name' | 'email'>[];
}

/** The id of an item; the root is 0 or null. */
export type Id = number | string | null;

/** What an id names. */
export type Kind = 'file' | 'folder';
