import type { AccountId, ItemId } from './ids.js';
import type { Permission } from './permission.js';

/** By which an app asks for a person, until it is withdrawn: an access token, or a password for apps. */
export interface GivenAccess {
  readonly kind: 'token' | 'password';
  readonly id: string;
}

/** A person, through a session or an app's token: reaches their whole tree, foreign folders included. */
export interface PersonPrincipal {
  readonly kind: 'person';
  readonly accountId: AccountId;
  /** The access of the app through which they ask; absent in a session. */
  readonly access?: GivenAccess;
}

/** A grant: reaches exactly one shared folder of `ownerId` with one permission, as it was when the request came in. */
export interface GrantPrincipal {
  readonly kind: 'grant';
  readonly grantId: string;
  readonly ownerId: AccountId;
  readonly folderId: ItemId;
  readonly permission: Permission;
  /** The owner's expiry of the share, milliseconds, shown to the other cloud (cloudspaces-interop.md 10.2). */
  readonly expiresAt: number | undefined;
}

/** An app that was given one foreign folder of a person's tree: reaches what is mounted there, as that person could. */
export interface MountPrincipal {
  readonly kind: 'mount';
  readonly accountId: AccountId;
  readonly mountId: ItemId;
  /** The app's access to the whole tree, with which this one ends. */
  readonly access?: GivenAccess;
}

/** Who asks, after a door has checked the proof. */
export type Principal = PersonPrincipal | GrantPrincipal | MountPrincipal;

/** The text that identifies a principal in stored rows: all apps of one person have that person's. */
export function actorOf(principal: Principal): string {
  return principal.kind === 'grant' ? `grant:${principal.grantId}` : `${PERSON}${principal.accountId}`;
}

const PERSON = 'person:';

/** The person whom {@link actorOf} identified; undefined: it was a grant. */
export function personOf(actor: string): AccountId | undefined {
  return actor.startsWith(PERSON) ? (actor.slice(PERSON.length) as AccountId) : undefined;
}
