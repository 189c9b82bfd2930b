import type { Principal } from '../kernel/index.js';

/** Who writes or reads, as this cloud has proved it; what desktops say of users is kept beside it as data. */
export interface Party {
  /** Names the account, or the grant of one recipient in another cloud. */
  readonly actor: string;
  /** The cloud that they come from; undefined: this one. */
  readonly home: string | undefined;
}

/** The word under which a principal's comments and locks are kept. */
export function actorOf(principal: Principal): string {
  return principal.kind === 'person' ? `person:${principal.accountId}` : `grant:${principal.grantId}`;
}
