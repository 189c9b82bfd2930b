/** Whose desktop has a file open. All of it is data; who may change a lock is judged by account (threat model AUT-10). */
export interface LockHolder {
  readonly user: string;
  readonly cloud: string;
  /** The desktop server that the holder sits at. */
  readonly ipserver: string;
  /** `YYYY-MM-DD hh:mm:ss` by the desktop's clock; nothing is decided by it. */
  readonly datetime: string;
}

/** A lock that somebody wants. */
export interface LockClaim extends LockHolder {
  /** Minutes by our clock for which it holds unless it is refreshed. */
  readonly minutes: number;
}

/** The lock of a file, as one reader sees it. */
export interface Lock extends LockHolder {
  /** `close` once it was given back, or its time is over. */
  readonly status: 'open' | 'close';
}
