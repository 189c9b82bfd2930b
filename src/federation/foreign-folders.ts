import { Failure, isFailure, type PeerId } from '../kernel/index.js';
import type { Breakers } from '../deliveries/index.js';
import type { FileSpace, Mount } from '../files/index.js';
import type { Peer } from '../peers/index.js';
import type { Database, Remember } from '../platform/index.js';
import type { IncomingShare, IncomingShares, ProbeFinding, Receiving } from '../shares/index.js';
import { DeferredSpace } from './deferred-space.js';
import type { ForeignSpace, StorageApi } from './storage-api.js';
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

  /** Uses the grant of a share, and once more before it calls it dead (CRD-09, CNV-03). */
  async probe(incomingId: string): Promise<ProbeFinding> {
    try {
      const space = await this.#open(incomingId);
      const first = await space.probe();
      const probe = first.kind === 'unauthorized' ? await space.probe() : first;
      switch (probe.kind) {
        case 'ok':
          return await this.#found(incomingId, space.rootKey, probe);
        case 'unauthorized':
          return { kind: 'dead' };
        default:
          return { kind: 'trouble', note: probe.note };
      }
    } catch (error) {
      if (isFailure(error) && error.code !== 'internal') return { kind: 'trouble', note: error.message };
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
      permission: terms.permission ?? share.permission,
      expiresAt: terms.permission === undefined ? share.expiresAt : terms.expiresAt,
    };
  }

  async #open(incomingId: string): Promise<ForeignSpace> {
    const access = await this.#in.remember(`foreign:${incomingId}`, () => this.#access(incomingId));
    if (access === undefined) throw gone();
    return this.#space(access.share, access.peer, access.grant);
  }

  /** What opens a folder; undefined when it is no longer ours to open. */
  async #access(incomingId: string): Promise<Access | undefined> {
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const grant = share === undefined ? undefined : this.#in.credentialsOf(share);
    if (share === undefined || grant === undefined) return undefined;
    const peer = await this.#in.peerById(share.peerId);
    return peer === undefined || peer.blocked ? undefined : { share, peer, grant };
  }

  #space(share: IncomingShare, peer: Peer, grant: { token: string; secret: string }): ForeignSpace {
    const open = this.#in.storageApis[peer.storageApi];
    if (open === undefined || peer.outbound === undefined) {
      throw new Failure('peer-failed', `${peer.name} cannot be asked yet.`, {
        detail: 'no keys, or an unknown storage API',
      });
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
      breaker: this.#in.breakers.of(peer.id),
      onUnauthorized: async () => {
        if ((await space.probe()).kind !== 'unauthorized') return 'alive';
        await this.#in.refused(share.id);
        return 'dead';
      },
    });
    return space;
  }
}

function gone(): Failure {
  return new Failure('not-found', 'This folder is no longer shared with you.');
}
