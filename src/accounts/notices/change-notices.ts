import { randomWord, type AccountId, type Clock, type Email, type Random } from '../../kernel/index.js';
import type { Sealer, Transaction } from '../../platform/index.js';
import type { QueueAccountLetter } from './letter.js';
import { provenAddresses, SETTLING, type AddressRow } from './settled.js';

/** A change of who can sign in to an account. */
export type AccountChange =
  | { readonly kind: 'address-added' | 'address-removed' | 'main-address'; readonly email: Email }
  | { readonly kind: 'password' }
  | { readonly kind: 'app-connected' | 'app-reconnected' | 'app-disconnected'; readonly app: string }
  | { readonly kind: 'app-password-added' | 'app-password-removed'; readonly app: string };

/** What {@link ChangeNotices} work with. */
export interface ChangeNoticesInputs {
  readonly clock: Clock;
  readonly random: Random;
  readonly sealer: Pick<Sealer, 'digest'>;
  readonly queueLetter: QueueAccountLetter;
}

/** Tells people of every change of who can sign in to their account (F-65, AUT-12). */
export class ChangeNotices {
  readonly #inputs: ChangeNoticesInputs;

  constructor(inputs: ChangeNoticesInputs) {
    this.#inputs = inputs;
  }

  /**
   * Mails the change to every address that is proven now; must therefore be called **before** the change, in its
   * transaction. Settled addresses get a link that restores the account, for seven days; others get no link, because
   * somebody who has just added one could use it against the owner.
   */
  async tell(trx: Transaction, accountId: AccountId, change: AccountChange): Promise<void> {
    const { clock, random, queueLetter } = this.#inputs;
    const told = await provenAddresses(trx, accountId, clock.now());
    const words = wordsOf(change);
    const token = randomWord(random, 43);
    if (told.some(({ isSettled }) => isSettled)) await this.#keep(trx, accountId, words, token);
    for (const { row, isSettled } of told) {
      const to = row.email as Email;
      if (isSettled) await queueLetter(trx, { letter: 'account-changed', to, data: { change: words, token } });
      else await queueLetter(trx, { letter: 'account-notice', to, data: { change: words } });
    }
  }

  async #keep(trx: Transaction, accountId: AccountId, change: string, token: string): Promise<void> {
    const now = this.#inputs.clock.now();
    const addresses = await trx<AddressRow>('addresses').where({ account_id: accountId }).orderBy('folded').select();
    await trx('account_changes').where('expires_at', '<=', now).delete();
    await trx('account_changes').insert({
      token_hash: changeHash(this.#inputs.sealer, token),
      account_id: accountId,
      change,
      addresses: JSON.stringify(addresses),
      at: now,
      expires_at: now + SETTLING,
    });
  }
}

/** The digest by which a link is found without storing it (SEC-01). */
export function changeHash(sealer: Pick<Sealer, 'digest'>, token: string): string {
  return sealer.digest(token, 'account-change');
}

function wordsOf(change: AccountChange): string {
  switch (change.kind) {
    case 'address-added':
      return `The address ${change.email} was added.`;
    case 'address-removed':
      return `The address ${change.email} was removed.`;
    case 'main-address':
      return `The main address is now ${change.email}.`;
    case 'password':
      return 'The password was changed.';
    case 'app-connected':
      return `The app “${change.app}” was connected: it can use all files.`;
    case 'app-reconnected':
      return `The app “${change.app}” was connected once more: a further copy of it can use all files.`;
    case 'app-disconnected':
      return `The app “${change.app}” was disconnected.`;
    case 'app-password-added':
      return `An app password named “${change.app}” was made: it opens all files.`;
    case 'app-password-removed':
      return `The app password named “${change.app}” was withdrawn.`;
  }
}
