import type { ItemId, Principal } from '../../../kernel/index.js';
import type { SignedBody } from '../../door/signed-body.js';

/** What an app in delegated mode keeps beside a foreign folder: never a secret of the other cloud (threat model AUT-10). */
export interface Delegation {
  /** Where the storage API is, with a trailing slash. */
  readonly base: string;
  readonly token: string;
  readonly tokenSecret: string;
}

/** Answers the token that opens one foreign folder alone, the same one each time. */
export type Delegate = (mountId: ItemId) => Promise<Delegation>;

/** Who sent a storage request, after its proof was checked. */
export interface StorageCaller extends SignedBody {
  readonly principal: Principal;
  /** Identifies the credentials within this cloud; receipts count per caller. */
  readonly id: string;
  /** True when the client takes a 403 for the end of its login (stacksync-api-v2.md 1), so that it gets 400 instead. */
  readonly forbiddenAs400: boolean;
  /** Only for apps in delegated mode. */
  readonly delegate?: Delegate;
}
