import type { Accounts } from '../../accounts/index.js';
import { DAY, invalid, isVisible, keepName, type AccountId, type Clock, type Email } from '../../kernel/index.js';
import type { Database, Limiter, Queries, Transaction } from '../../platform/index.js';
import type { QueueShareLetter } from '../agreement/messages.js';
import type { OutgoingShare } from '../agreement/outgoing-share.js';
import type { OutgoingShares } from '../records/outgoing-shares.js';
import type { WishedCloud } from '../agreement/views.js';

/** What {@link WishedClouds} need from other rooms. */
export interface WishedCloudsInputs {
  readonly database: Database;
  readonly clock: Clock;
  readonly limiter: Pick<Limiter, 'spend'>;
  readonly queueLetter: QueueShareLetter;
  readonly accounts: Pick<Accounts, 'administrators'>;
  readonly outgoing: Pick<OutgoingShares, 'view'>;
  /** The share behind a link while it waits for a choice; throws as `Invitations.choose` does. */
  readonly awaiting: (q: Queries, token: string) => Promise<OutgoingShare>;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
}

const LONGEST = 200;
/** Each wish sends a mail to several people, and anybody may have the link (G10). */
const WISHES = { acts: 5, per: DAY };

/** "My cloud is not here": stores and reports the address that an invited person typed; no request is sent to it. */
export class WishedClouds {
  readonly #in: WishedCloudsInputs;

  constructor(inputs: WishedCloudsInputs) {
    this.#in = inputs;
  }

  /**
   * Stores the address and mails it to the owner of the folder and to the administrators; the same address again sends
   * no mail. `invalid` for an unreadable address, `not-found` and `conflict` as for a choice, `too-many` after five a
   * day.
   */
  async wish(token: string, typed: string): Promise<void> {
    const { database, limiter, clock, awaiting } = this.#in;
    const address = keepName(typed, LONGEST);
    if (!isVisible(address)) throw invalid('Type the address of your cloud, such as cloud.example.');
    const { id } = await awaiting(database.read, token);
    if ((await this.of(database.read, id))?.address === address) return;
    await limiter.spend(`wish-cloud:${id}`, WISHES);
    await database.write(async (trx) => {
      const share = await awaiting(trx, token);
      const row = { outgoing_id: share.id, address, at: clock.now() };
      await trx('wished_clouds').insert(row).onConflict('outgoing_id').merge();
      await this.#tell(trx, share, address);
    });
  }

  /** The last wish for a share. */
  async of(q: Queries, outgoingId: string): Promise<WishedCloud | undefined> {
    return q('wished_clouds').where({ outgoing_id: outgoingId }).first<WishedCloud | undefined>('address', 'at');
  }

  async #tell(trx: Transaction, share: OutgoingShare, address: string): Promise<void> {
    const view = await this.#in.outgoing.view(trx, share.id);
    if (view === undefined || view.ownerEmail.length === 0) return;
    const { recipient, folderName, ownerName, ownerEmail } = view;
    const readers = new Map<AccountId, { to: Email; path: string }>();
    for (const { id, email } of await this.#in.accounts.administrators()) {
      readers.set(id, { to: email, path: '/admin/peers' });
    }
    if (!readers.has(share.ownerId)) readers.set(share.ownerId, { to: ownerEmail, path: '/shares' });
    for (const [reader, { to, path }] of readers) {
      const data = { recipient, folderName, ownerName, address, link: `${this.#in.webOrigin}${path}` };
      const about = { direction: 'outgoing', id: share.id } as const;
      await this.#in.queueLetter(trx, { letter: 'cloud-missing', to, data, about, reader });
    }
  }
}
