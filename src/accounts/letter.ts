import type { Email } from '../kernel/index.js';
import type { Transaction } from '../platform/index.js';

/** A mail that this room has something to say in; how it is worded is not its business. */
export type Letter =
  | {
      readonly letter: 'address-code';
      readonly to: Email;
      /** `code`: eight digits. */
      readonly data: { readonly code: string };
    }
  | {
      readonly letter: 'password-link';
      readonly to: Email;
      /** `token`: the last part of the link. */
      readonly data: { readonly token: string };
    };

/** Queues a letter in the caller's transaction: it goes out if and only if the rest happened. */
export type Post = (trx: Transaction, letter: Letter) => Promise<void>;
