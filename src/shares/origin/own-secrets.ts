import { principalOf, type Grants } from '../../grants/index.js';
import type { Clock, GrantPrincipal, PeerId } from '../../kernel/index.js';
import type { Database, Queries, Sealer } from '../../platform/index.js';
import { isOcm } from '../agreement/messages.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import { firstUse, isOver } from '../rules/origin.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import { isEnd } from '../agreement/transitions.js';
import type { OriginSteps } from './origin-steps.js';
import { CALLBACK } from './own-offers.js';

/** What a secret of Open Cloud Mesh opens. */
export interface OpenedSecret {
  /** As whom requests with it act. */
  readonly principal: GrantPrincipal;
  readonly outgoingId: string;
  /** The id of the share in messages and addresses. */
  readonly shareId: string;
  /** The server that it was given to. */
  readonly peerId: PeerId;
}

/** What {@link OwnSecrets} need from other rooms. */
export interface OwnSecretInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly sealer: Sealer;
  readonly outgoing: Pick<OutgoingShares, 'byCallback' | 'byId'>;
  readonly grants: Pick<Grants, 'ofShare'>;
  readonly origin: Pick<OriginSteps, 'applyAll'>;
}

/** The secrets that open our shares at other servers (open-cloud-mesh.md 8): each is that of the newest offer of one share. */
export class OwnSecrets {
  readonly #in: OwnSecretInputs;

  constructor(inputs: OwnSecretInputs) {
    this.#in = inputs;
  }

  /**
   * What the secret opens; undefined for unknown ones, after the end of the share, and for a share that is opened with tokens
   * alone. The first use of a share that the other server would never call accepted says that it was.
   */
  async open(secret: string): Promise<OpenedSecret | undefined> {
    const share = await this.find(this.#in.database.read, secret);
    return share === undefined || share.chosen?.demandsToken === true ? undefined : this.#opened(share);
  }

  /** The same for a token that was given for a share under this name. */
  async openByToken({ outgoingId, shareId }: Pick<OpenedSecret, 'outgoingId' | 'shareId'>) {
    const share = await this.#in.outgoing.byId(this.#in.database.read, outgoingId);
    return share?.shareId === shareId && this.#isOpen(share) ? this.#opened(share) : undefined;
  }

  /** The share whose secret this is, as long as it can be opened. */
  async find(q: Queries, secret: string): Promise<OutgoingShare | undefined> {
    const share = await this.#in.outgoing.byCallback(q, this.#in.sealer.digest(secret, CALLBACK));
    return share !== undefined && this.#isOpen(share) ? share : undefined;
  }

  /** Whether this is the secret of the newest offer of a share, also after its end. */
  isSecretOf({ callbackHash }: Pick<OutgoingShare, 'callbackHash'>, secret: string): boolean {
    return callbackHash === this.#in.sealer.digest(secret, CALLBACK);
  }

  #isOpen(share: OutgoingShare): boolean {
    if (!isOcm(share) || share.state === 'created' || isEnd(share.state)) return false;
    const now = this.#in.clock.now();
    return share.state === 'sent' ? !isOver(share, now) : (share.expiresAt ?? Infinity) > now;
  }

  async #opened(share: OutgoingShare): Promise<OpenedSecret | undefined> {
    const grant = await this.#in.grants.ofShare(this.#in.database.read, share.id);
    if (grant === undefined) return undefined;
    if (firstUse(share, this.#in.clock.now()).length > 0) await this.#used(share.id);
    return {
      principal: principalOf(grant),
      outgoingId: share.id,
      shareId: share.shareId,
      peerId: grant.peerId,
    };
  }

  async #used(id: string): Promise<void> {
    await this.#in.database.write(async (trx) => {
      const share = await this.#in.outgoing.byId(trx, id);
      if (share === undefined) return;
      await this.#in.origin.applyAll(trx, share, firstUse(share, this.#in.clock.now()), share.peerId ?? 'peer');
    });
  }
}
