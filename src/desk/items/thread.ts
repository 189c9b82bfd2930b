import type { ItemId } from '../../kernel/index.js';
import type { Party } from './party.js';

/** An item whose comments and lock are kept here. */
export interface KeptItem {
  readonly itemId: ItemId;
  /** The mount that it lies below, with which comments and lock go; undefined for items of this cloud. */
  readonly mountId: ItemId | undefined;
}

/** What is kept about an item, as one party sees it. */
export interface Thread extends KeptItem {
  readonly reader: Party;
  /** The name of this cloud. */
  readonly here: string;
}

/** A row that somebody left, as far as it decides who sees it under which name. */
export interface Signed {
  /** The account or grant, see {@link Party}. */
  readonly actor: string;
  /** The cloud they came from; null: this one. */
  readonly home: string | null;
  readonly user_name: string;
  readonly cloud: string;
}

/**
 * What a reader sees as the user: the bare name of those from their own cloud, `name@Cloud` of others, so that two
 * desktops that call their users alike are told apart.
 */
export function shownUser({ user_name: user, home }: Signed, { reader, here }: Thread): string {
  return isNeighbour(home, reader) ? user : `${user}@${home ?? here}`;
}

/**
 * Whether a reader who asks for what is kept under one cloud's name means this: desktops of other clouds call clouds
 * what they like, so theirs is always meant.
 */
export function isMeant(
  { home, cloud }: Signed,
  { reader }: Thread,
  lookup: { readonly cloud: string; readonly everywhere: boolean },
): boolean {
  return lookup.everywhere || cloud === lookup.cloud || !isNeighbour(home, reader);
}

function isNeighbour(home: string | null, reader: Party): boolean {
  return home === (reader.home ?? null);
}
