/** A comment on a file or folder, as one reader sees it. */
export interface Comment extends CommentRef {
  readonly text: string;
  readonly status: 'NEW' | 'DELETED';
}

/** What names a comment among those on one item (stacksync-api-v2.md 8). */
export interface CommentRef {
  /** What the writer's desktop calls them: data, never proof of who it was (threat model AUT-10). */
  readonly user: string;
  /** What the writer's desktop calls the cloud: data too. */
  readonly cloud: string;
  /** Whole seconds, in milliseconds since the epoch; no two comments on an item share theirs. */
  readonly createdAt: number;
}

/** A comment that is to be made. */
export type CommentDraft = Omit<Comment, 'createdAt' | 'status'>;

/** Whose comments or lock somebody wants to see. */
export interface Lookup {
  /** Of those from the asker's own cloud, only what was kept under this name. */
  readonly cloud: string;
  /** True: under any name (`interop`, stacksync-api-v2.md 8). */
  readonly everywhere: boolean;
}
