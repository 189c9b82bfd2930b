import { MINUTE } from '../../kernel/index.js';
import { ocmUrl, type Peer } from '../../peers/index.js';
import type { Limiter, Outbound } from '../../platform/index.js';
import { secretOf, type Endings, type IncomingShare, type Mounting, type Receiving } from '../../shares/index.js';
import type { NotificationType } from '../ocm/index.js';
import { lookedAt } from './probing.js';

/** What {@link Hints} need. */
export interface HintsInputs {
  readonly outbound: Pick<Outbound, 'call' | 'isAt'>;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly receiving: Pick<Receiving, 'credentialsOf'>;
  readonly mounting: Pick<Mounting, 'doubted'>;
  readonly endings: Pick<Endings, 'hearIncoming'>;
}

/** What oCIS tells without a proof. */
const HINTS: readonly NotificationType[] = ['SHARE_UNSHARED', 'SHARE_CHANGE_PERMISSION'];

/** An offer that waits is looked at no more often. */
const A_LOOK = { acts: 1, per: MINUTE };

/**
 * Notifications without a signature and without a secret, from peers whose record allows them (`legacyNotifications`) and from the
 * address of their own server (open-cloud-mesh.md 6). Anybody at that address may have sent them, so that none is believed: each
 * only has us ask that server itself, with the secret of the share, sooner than we would have.
 */
export class Hints {
  readonly #in: HintsInputs;

  constructor(inputs: HintsInputs) {
    this.#in = inputs;
  }

  /** Whether such a notification about a share with this peer counts for a hint; `source`: the client's address. */
  async counts(type: NotificationType, { ocm }: Peer, source: string | undefined): Promise<boolean> {
    if (ocm?.legacyNotifications !== true || !HINTS.includes(type)) return false;
    return this.#in.outbound.isAt(new URL(ocmUrl(ocm)), source);
  }

  /**
   * Looks at a share. What is open is probed soon, and ends only as after every probe. An offer that waits has none: it is asked for
   * once, and is taken back when its server answers that its secret opens nothing. Throws `too-many` when that was done a moment
   * ago.
   */
  async follow(share: IncomingShare): Promise<void> {
    if (share.state !== 'pending') return this.#in.mounting.doubted(share.id);
    const credentials = this.#in.receiving.credentialsOf(share);
    const secret = credentials === undefined ? undefined : secretOf(credentials);
    // With a secret that opens nothing by itself nothing can be seen.
    const isStrict = credentials?.kind === 'bearer' && credentials.exchange === 'must';
    if (credentials === undefined || secret === undefined || isStrict) return;
    await this.#in.limiter.spend(`ocm-look:${share.id}`, A_LOOK);
    const tries = credentials.kind === 'basic' ? 'basic' : 'bearer-then-basic';
    const seen = await lookedAt(this.#in.outbound, { url: share.resourceUrl, tries }, secret);
    if (seen === 'refused') await this.#in.endings.hearIncoming(share.id);
  }
}
