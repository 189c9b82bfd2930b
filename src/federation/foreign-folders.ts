import { Failure, isFailure, type PeerId, type Permission } from '../kernel/index.js';
import type { Breakers } from '../deliveries/index.js';
import type { ItemDesk } from '../desk/index.js';
import { grantRefused, topOf, type Mount, type NodeKey } from '../files/index.js';
import type { Peer } from '../peers/index.js';
import type { Database, Remember } from '../platform/index.js';
import type { IncomingShare, IncomingShares, ProbeFinding, Receiving, ShareCredentials } from '../shares/index.js';
import { ObservingGate, type Gate } from './peer-call/gate.js';
import type { ForeignSpace, FolderProbe, StorageApi } from './ports/storage-api.js';

/** What {@link ForeignFolders} needs. */
export interface ForeignFolderInputs {
  readonly database: Database;
  readonly incoming: IncomingShares;
  readonly credentialsOf: Receiving['credentialsOf'];
  readonly peerById: (id: PeerId) => Promise<Peer | undefined>;
  readonly breakers: Breakers;
  readonly remember: Remember;
  /** By the names of storage APIs in share rows. */
  readonly storageApis: Readonly<Record<string, StorageApi>>;
  /**
   * To be called when the origin refuses the grant: from then on only probes ask it, until the grant works again or the
   * share ends.
   */
  readonly refused: (incomingId: string) => Promise<void>;
  /** To be called when the origin forbids a change, or shows other terms than ours, which may be old. */
  readonly doubted: (incomingId: string) => Promise<void>;
}

interface Access {
  readonly share: IncomingShare;
  readonly peer: Peer;
  readonly credentials: ShareCredentials;
}

/** Opens the shared folders of other clouds with the grants that we hold. */
export class ForeignFolders {
  readonly #in: ForeignFolderInputs;

  constructor(inputs: ForeignFolderInputs) {
    this.#in = inputs;
  }

  /** Opens the file space behind a mount: reads its credentials, and sends no request. */
  open(mount: Mount): Promise<ForeignSpace> {
    return this.#open(mount.incomingId);
  }

  /** The comments and the lock of an item behind a mount whose cloud keeps them. */
  async desk(mount: Mount, key: NodeKey): Promise<ItemDesk> {
    return (await this.#open(mount.incomingId)).desk(key);
  }

  /**
   * Uses the grant of a share (CRD-09). For the delivery queue, which asks and informs the peer's breaker itself; asked
   * a second time here, the breaker would refuse.
   */
  async probe(incomingId: string): Promise<ProbeFinding> {
    const peer = new ObservingGate();
    try {
      const space = await this.#open(incomingId, peer);
      const probe = await space.probe();
      switch (probe.kind) {
        case 'ok':
          return await this.#found(incomingId, space.rootKey, probe);
        case 'refused':
          return probe;
        default:
          return { ...probe, kind: 'trouble', answered: peer.answered };
      }
    } catch (error) {
      if (isFailure(error) && error.code !== 'internal') {
        return { kind: 'trouble', note: error.message, detail: error.detail, answered: peer.answered };
      }
      throw error;
    }
  }

  /** What a peer does not tell of the terms is as its proposal had it. */
  async #found(
    incomingId: string,
    rootKey: string,
    terms: Extract<FolderProbe, { kind: 'ok' }>,
  ): Promise<ProbeFinding> {
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    if (share === undefined) throw gone();
    return {
      kind: 'open',
      rootKey,
      keepsDesk: terms.keepsDesk,
      top: topOf(terms.node),
      permission: terms.permission ?? share.permission,
      expiresAt: terms.expiresAt === undefined ? share.expiresAt : (terms.expiresAt ?? undefined),
    };
  }

  async #open(incomingId: string, gate?: Gate): Promise<ForeignSpace> {
    const access = await this.#in.remember(`foreign:${incomingId}`, () => this.#access(incomingId));
    if (access === undefined) throw gone();
    if (gate === undefined && access.share.refusedSince !== undefined) throw grantRefused();
    return this.#space(access, gate ?? this.#in.breakers.of(access.peer.id));
  }

  /** Reads share, grant and peer of a folder; undefined when the share has ended. */
  async #access(incomingId: string): Promise<Access | undefined> {
    const share = await this.#in.incoming.byId(this.#in.database.read, incomingId);
    const credentials = share === undefined ? undefined : this.#in.credentialsOf(share);
    if (share === undefined || credentials === undefined) return undefined;
    const peer = await this.#in.peerById(share.peerId);
    return peer === undefined || peer.blocked ? undefined : { share, peer, credentials };
  }

  #space({ share, peer, credentials }: Access, breaker: Gate): ForeignSpace {
    const open = this.#in.storageApis[share.storageApi ?? peer.storageApi];
    if (open === undefined) throw ours(`This cloud does not speak the storage API of ${peer.name}.`);
    const space = open({
      peer,
      shareId: share.id,
      expiresAt: share.expiresAt,
      person: share.accountId,
      resourceUrl: share.resourceUrl,
      credentials,
      breaker,
      onRefused: async () => {
        if ((await space.probe()).kind !== 'refused') return undefined;
        await this.#in.refused(share.id);
        return grantRefused();
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

/** The refusal for an error on our side: the other cloud is not asked. */
function ours(message: string): Failure {
  return new Failure('peer-failed', message);
}

function gone(): Failure {
  return new Failure('not-found', 'This folder is no longer shared with you.');
}
