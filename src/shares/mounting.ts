import type { Clock, Random } from '../kernel/index.js';
import type { Database, Transaction } from '../platform/index.js';
import type { DestinationHalf } from './destination-half.js';
import type { IncomingShare } from './incoming-share.js';
import type { IncomingShares } from './incoming-shares.js';
import type { Post } from './messages.js';
import type { ProbeFinding } from './probe-finding.js';
import * as destinationRules from './rules/destination.js';

/** What mounting needs from the rest of the house. */
export interface MountingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
  readonly incoming: IncomingShares;
  readonly destination: DestinationHalf;
  readonly post: Post;
  readonly publicOrigin: string;
}

/** The probe's findings and what follows from them: mounted, changed, or over (product.md 7). */
export class Mounting {
  readonly #in: MountingInputs;

  constructor(inputs: MountingInputs) {
    this.#in = inputs;
  }

  /** Takes a finding in the caller's transaction. The share is read again there: it may have ended meanwhile. */
  async found(trx: Transaction, incomingId: string, finding: ProbeFinding): Promise<void> {
    const share = await this.#in.incoming.byId(trx, incomingId);
    if (share === undefined) return;
    const chance = this.#in.random.bytes(4).readUInt32BE() / 0xffff_ffff;
    const step = destinationRules.found(share, finding, { now: this.#in.clock.now(), chance });
    const after = await this.#in.destination.apply(trx, share, step, share.peerId);
    if (after !== undefined && step.change?.event === 'mounted') await this.#announce(trx, after);
  }

  /** The origin refuses the grant for good: our half ends (cloudspaces-interop.md 8, side B). */
  async refused(incomingId: string): Promise<void> {
    await this.#in.database.write((trx) => this.found(trx, incomingId, { kind: 'dead' }));
  }

  async #announce(trx: Transaction, share: IncomingShare): Promise<void> {
    await this.#in.post(trx, {
      letter: 'share-active',
      to: share.recipient,
      data: {
        ownerName: share.ownerName,
        ownerEmail: share.ownerEmail,
        folderName: share.folderName,
        permission: share.permission,
        link: `${this.#in.publicOrigin}/files`,
      },
    });
  }
}
