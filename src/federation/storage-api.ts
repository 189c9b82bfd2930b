import type { ItemDesk } from '../desk/index.js';
import type { FileSpace, Node, NodeKey } from '../files/index.js';
import type { Breaker } from '../deliveries/index.js';
import type { Credentials } from '../oauth1/index.js';
import type { Peer } from '../peers/index.js';
import type { Probe } from './storage-apis/stacksync-v2/index.js';

/** What calls to a peer ask before they start, and tell when they have ended (reliability.md PEER-02). */
export type Gate = Pick<Breaker, 'allow' | 'retryAfter' | 'succeeded' | 'failed'>;

/** What a foreign folder is opened with. */
export interface ForeignFolder {
  readonly peer: Peer;
  /** Where it is, as the proposal named it. */
  readonly resourceUrl: string;
  /** Our consumer at the peer and the share's grant. */
  readonly credentials: Credentials;
  readonly breaker: Gate;
  /** Asks once more, freshly signed, whether the grant is dead (CNV-03). */
  readonly onUnauthorized: () => Promise<'dead' | 'alive'>;
  /** A change was forbidden that we took to be allowed. */
  readonly onForbidden: () => Promise<void>;
  /** What the shared folder says of its own terms when it is listed. */
  readonly onTerms: (terms: NonNullable<Node['shared']>) => Promise<void>;
}

/** A file space that can tell whether its grant still opens it, and knows where its comments and locks are. */
export interface ForeignSpace extends FileSpace {
  probe(): Promise<Probe>;
  /** The comments and the lock of a node; only for folders whose cloud says that it keeps them. */
  desk(key: NodeKey): ItemDesk;
}

/** One storage API that peers serve: a file space over it, by the name in the peer's record. */
export type StorageApi = (folder: ForeignFolder) => ForeignSpace;
