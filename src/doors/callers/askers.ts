import type { Request } from 'express';
import type { AccountId } from '../../kernel/index.js';
import { askerOf } from '../../platform/index.js';

/**
 * Names the person who asks, as soon as that is known: everything that they do, by pages and all apps, counts for one
 * asker.
 */
export function namePerson(http: Request, accountId: AccountId): void {
  askerOf(http)?.name(`person:${accountId}`);
}

/** The same for another cloud, by our own id for it. */
export function namePeer(http: Request, peerId: string): void {
  askerOf(http)?.name(`peer:${peerId}`);
}
