import { Failure, isFailure, type PeerId, type Permission } from '../kernel/index.js';
import type { Breakers } from '../deliveries/index.js';
import type { ItemDesk } from '../desk/index.js';
import { topOf, type FileSpace, type Mount, type NodeKey } from '../files/index.js';
import type { Peer } from '../peers/index.js';
import type { Database, Remember } from '../platform/index.js';
import type { IncomingShare, IncomingShares, ProbeFinding, Receiving } from '../shares/index.js';
import { DeferredSpace } from './deferred-space.js';
import type { ForeignSpace, Gate, StorageApi } from './storage-api.js';
import type { Probe } from './storage-apis/stacksync-v2/index.js';

/** What foreign folders are opened with. */
export interface ForeignFolderInputs {
  readonly database: Database;
  readonly incoming: IncomingShares;
  readonly credentialsOf: Receiving['credentialsOf'];
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  readonly breakers: Breakers;
  readonly remember: Remember;
  /** By the name in the peer's record. */
  readonly storageApis: Readonly<Record<string, StorageApi>>;
  /** The origin has refused the grant twice: the share ends here. */
  readonly refused: (incomingId: string) => Promise<void>;
  /** The origin has forbidden a change, or shows other terms than we know: ours may be old. */
  readonly doubted: (incomingId: string) => Promise<void>;
}

interface Access {
  readonly share: IncomingShare;
  readonly peer: Peer;
  readonly grant: { readonly token: string; readonly secret: string };
}

/** Opens the shared folders of other clouds with the grants that we hold. */
export class ForeignFolders {
  readonly #in: ForeignFolderInputs;

  constructor(inputs: ForeignFolderInputs) {
    this.#in = inputs;
  }

  /** The file space behind a mount. Nothing is read or asked before one of its methods is called. */
  behind(mount: Mount): FileSpace {
    return new DeferredSpace(mount.rootKey, () => this.#open(mount.incomingId));
  }

  /** The comments and the lock of an item behind a mount whose cloud keeps them. */
  async desk(mount: Mount, key: NodeKey): Promise<ItemDesk> {
    return (await this.#open(mount.incomingId)).desk(key);
  }

  /**
   * Uses the grant of a share, and once more before it calls it dead (CRD-09, CNV-03). For the delivery queue, which has
   * asked the peer's breaker already and tells it how this went: asked again here, it would refuse.
   */
  async probe(incomingId: string): Promise<ProbeFinding> {
    const peer = new Listener();
    try {
      const space = await this.#open(incomingId, peer);
      const first = await space.probe();
      const probe = first.kind === 'unauthorized' ? await space.probe() : first;
      switch (probe.kind) {
        case 'ok':
          return await this.#found(incomingId, space.rootKey, probe);
        case 'unauthorized':
          return { kind: 'dead' };
        default:
          return { kind: 'trouble', note: probe.note, detail: detailOf(probe), answered: peer.answered };
      }
    } catch (error) {
      if (isFailure(error) && error.code !== 'internal') {
        return { kind: 'trouble', note: error.message, detail: error.detail, answered: peer.answered };
      }
      throw error;
    }
  }

  /** A peer that does not tell the permission granted what its proposal said. */
  async #found(incomingId: string, rootKey: string, terms: Extract<Probe, { kind: 'ok' }>): Promise<ProbeFinding> {
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    if (share === undefined) throw gone();
    return {
      kind: 'open',
      rootKey,
      keepsDesk: terms.keepsDesk,
      top: topOf(terms.node),
      permission: terms.permission ?? share.permission,
      expiresAt: terms.permission === undefined ? share.expiresAt : terms.expiresAt,
    };
  }

  async #open(incomingId: string, gate?: Gate): Promise<ForeignSpace> {
    const access = await this.#in.remember(`foreign:${incomingId}`, () => this.#access(incomingId));
    if (access === undefined) throw gone();
    return this.#space(access, gate ?? this.#in.breakers.of(access.peer.id));
  }

  /** What opens a folder; undefined when it is no longer ours to open. */
  async #access(incomingId: string): Promise<Access | undefined> {
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const grant = share === undefined ? undefined : this.#in.credentialsOf(share);
    if (share === undefined || grant === undefined) return undefined;
    const peer = await this.#in.peerById(share.peerId);
    return peer === undefined || peer.blocked ? undefined : { share, peer, grant };
  }

  #space({ share, peer, grant }: Access, breaker: Gate): ForeignSpace {
    const open = this.#in.storageApis[peer.storageApi];
    if (open === undefined) throw ours(`This cloud does not speak the storage API of ${peer.name}.`);
    if (peer.outbound === undefined) {
      throw ours(`The keys that ${peer.name} issued to this cloud are not recorded yet.`);
    }
    const space = open({
      peer,
      resourceUrl: share.resourceUrl,
      credentials: {
        consumerKey: peer.outbound.key,
        consumerSecret: peer.outbound.secret,
        token: grant.token,
        tokenSecret: grant.secret,
      },
      breaker,
      onUnauthorized: async () => {
        if ((await space.probe()).kind !== 'unauthorized') return 'alive';
        await this.#in.refused(share.id);
        return 'dead';
      },
      onForbidden: () => this.#in.doubted(share.id),
      onTerms: async (terms) => {
        if (!isSame(share, terms)) await this.#in.doubted(share.id);
      },
    });
    return space;
  }
}

function isSame(share: IncomingShare, terms: { permission: Permission; expiresAt: number | undefined }): boolean {
  return share.permission === terms.permission && share.expiresAt === terms.expiresAt;
}

/** Lets every call pass and remembers whether the peer answered the last one; undefined: there was none. */
class Listener implements Gate {
  answered: boolean | undefined = undefined;

  allow(): boolean {
    return true;
  }

  retryAfter(): number {
    return 0;
  }

  succeeded(): void {
    this.answered = true;
  }

  failed(): void {
    this.answered = false;
  }
}

/** Trouble of our own: the other cloud is not asked at all. */
function ours(message: string): Failure {
  return new Failure('peer-failed', message);
}

function detailOf(probe: Probe): string | undefined {
  return probe.kind === 'trouble' ? probe.detail : undefined;
}

function gone(): Failure {
  return new Failure('not-found', 'This folder is no longer shared with you.');
}
