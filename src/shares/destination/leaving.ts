import { removeMember, type Tree } from '../../files/index.js';
import { Failure, invalid, notFound, type AccountId, type Clock, type ItemId } from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import type { IncomingShares } from '../records/incoming-shares.js';
import type { DestinationSteps } from './destination-steps.js';

/** What leaving needs from other rooms. */
export interface LeavingInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly tree: Pick<Tree, 'glance'>;
  readonly incoming: Pick<IncomingShares, 'byId'>;
  readonly destination: Pick<DestinationSteps, 'end'>;
}

/** Ends what others share with a person, at the person's own wish. */
export class Leaving {
  readonly #in: LeavingInputs;

  constructor(inputs: LeavingInputs) {
    this.#in = inputs;
  }

  /** Ends the local membership, or the incoming share of the mount, at this id. Refuses the owner. */
  async leave(actor: AccountId, folderId: ItemId): Promise<void> {
    const item = await this.#in.tree.glance({ kind: 'person', accountId: actor }, folderId);
    if (!item.isShareTop) {
      throw item.place === 'own'
        ? invalid('The owner of a folder cannot leave it.')
        : new Failure('invalid', 'This workspace is not shared.', { reason: 'not-shared' });
    }
    if (item.incomingId !== undefined) return this.leaveIncoming(actor, item.incomingId);
    await this.#in.database.vital((trx) => removeMember(trx, folderId, actor, this.#in.clock.now()));
    return undefined;
  }

  /** The recipient ends an incoming share, answered or not. `not-found` for somebody else's. */
  async leaveIncoming(actor: AccountId, incomingId: string): Promise<void> {
    await this.#in.database.vital(async (trx) => {
      const share = await this.#in.incoming.byId(trx, incomingId);
      if (share?.accountId !== actor) throw notFound('This share is not known here.');
      await this.#in.destination.end(trx, share, 'leave', { actor, reason: 'left' });
    });
  }
}
