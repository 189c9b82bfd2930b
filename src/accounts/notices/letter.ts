import type { Email } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';

/** A letter about an account: its kind and its values. The room `mail` words it. */
export type AccountLetter =
  | {
      readonly letter: 'address-code';
      readonly to: Email;
      /** `code`: eight digits; who says that the address is theirs, which its reader may not be (F-71). */
      readonly data: { readonly code: string; readonly askerName: string; readonly askerEmail: string };
    }
  | {
      readonly letter: 'password-link';
      readonly to: Email;
      /** `token`: the last part of the link. */
      readonly data: { readonly token: string };
    }
  | {
      /** Sent instead of a link to an address that is not settled yet. */
      readonly letter: 'password-link-early';
      readonly to: Email;
      /** `from`: RFC 3339, when the address is settled. */
      readonly data: { readonly from: string };
    }
  | {
      /** Sent to an address of the account before a change of who can sign in. */
      readonly letter: 'account-changed';
      readonly to: Email;
      /** `change`: a sentence; `token`: the last part of the link that takes the account back. */
      readonly data: { readonly change: string; readonly token: string };
    }
  | {
      /** The same to an address that is not settled, hence without a link. */
      readonly letter: 'account-notice';
      readonly to: Email;
      readonly data: { readonly change: string };
    };

/** Queues a letter in the caller's transaction: it goes out if and only if the rest happened. */
export type QueueAccountLetter = (trx: Transaction, letter: AccountLetter) => Promise<void>;
