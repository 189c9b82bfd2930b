import type { Knex } from 'knex';
import { foldEmail, parseEmail, type AccountId, type ItemId } from '../../kernel/index.js';
import {
  countSome,
  cutPage,
  pageOf,
  type Database,
  type ListKey,
  type ListOrder,
  type ListPage,
  type PageWish,
  type ReadRow,
} from '../../platform/index.js';
import type { IncomingShares } from './incoming-shares.js';
import type { OutgoingShares } from './outgoing-shares.js';
import type { FolderShares, IncomingView, OutgoingView } from '../agreement/views.js';
import { UNANSWERED } from './incoming-row.js';

/** One half of an agreement, of either kind. */
export type ListedShare =
  (OutgoingView & { readonly direction: 'outgoing' }) | (IncomingView & { readonly direction: 'incoming' });

/** Numbers of shares, counted like {@link countSome}. */
export interface ShareCounts {
  /** Live or under way, in both directions. */
  readonly open: number;
  /** Accepted, and waiting for keys. */
  readonly accepted: number;
}

/** By the time of the last change, the latest first. */
const BY_NEWS: ListOrder = { at: 'changed_at', id: 'id', direction: 'desc', idsByBytes: true };

/** What the lists are made of. */
export interface ShareListsInputs {
  readonly database: Database;
  readonly outgoing: OutgoingShares;
  readonly incoming: IncomingShares;
  /** The proven addresses of a person, folded. */
  readonly addressesOf: (accountId: AccountId) => Promise<readonly string[]>;
}

/**
 * Lists of shares by their last change, page by page; the cost of a page does not depend on how many shares there are.
 */
export class ShareLists {
  readonly #in: ShareListsInputs;

  constructor(inputs: ShareListsInputs) {
    this.#in = inputs;
  }

  /** All of this cloud, in both directions; `recipient` asks for those with one address. Throws `invalid` for none. */
  async all(wish: PageWish, recipient?: string): Promise<ListPage<ListedShare>> {
    const of = recipient === undefined ? {} : { recipient_folded: foldEmail(parseEmail(recipient)) };
    const outgoing = await this.#outgoing((rows) => rows.where(of), wish);
    const incoming = await this.#incoming((rows) => rows.where(of), wish);
    const both: ReadRow<ListedShare>[] = [...directed(outgoing, 'outgoing'), ...directed(incoming, 'incoming')];
    return pageOf(nearestFirst(both, wish), wish);
  }

  /** What a person shares with other clouds. */
  async outgoingOf(owner: AccountId, wish: PageWish): Promise<ListPage<OutgoingView>> {
    return pageOf(await this.#outgoing((rows) => rows.where({ owner_id: owner }), wish), wish);
  }

  /** The shares of one folder with other clouds, in the given states. */
  async ofFolder(folderId: ItemId, which: FolderShares, wish: PageWish): Promise<ListPage<OutgoingView>> {
    const narrow: Narrow = (rows) => rows.where({ folder_id: Number(folderId) }).whereRaw(STANDING[which]);
    return pageOf(await this.#outgoing(narrow, wish), wish);
  }

  /** What a person has answered, and what waits for one of their proven addresses. */
  async incomingOf(person: AccountId, wish: PageWish): Promise<ListPage<IncomingView>> {
    const addresses = await this.#in.addressesOf(person);
    const answered = await this.#incoming((rows) => rows.where({ account_id: person }), wish);
    const waiting = await Promise.all(
      addresses.map((recipient_folded) =>
        this.#incoming((rows) => rows.where({ recipient_folded }).whereRaw(UNANSWERED), wish),
      ),
    );
    return pageOf(nearestFirst(distinct([...answered, ...waiting.flat()]), wish), wish);
  }

  /** How many shares there are, up to the limit of counting. */
  async counts(): Promise<ShareCounts> {
    const [outgoing, incoming] = [
      ['created', 'sent', 'accepted', 'active'],
      ['pending', 'accepted', 'active'],
    ] as const;
    const open = (await this.#count('outgoing_shares', outgoing)) + (await this.#count('incoming_shares', incoming));
    const accepted =
      (await this.#count('outgoing_shares', ['accepted'])) + (await this.#count('incoming_shares', ['accepted']));
    return { open, accepted };
  }

  async #count(table: string, states: readonly string[]): Promise<number> {
    const { read } = this.#in.database;
    return countSome(read, read(table).whereIn('state', states), 'state');
  }

  async #outgoing(narrow: Narrow, wish: PageWish): Promise<ReadRow<OutgoingView>[]> {
    const { database, outgoing } = this.#in;
    const rows = cutPage(narrow(database.read('outgoing_shares')), BY_NEWS, wish);
    return nearestFirst(await outgoing.viewsOf(database.read, rows), wish);
  }

  async #incoming(narrow: Narrow, wish: PageWish): Promise<ReadRow<IncomingView>[]> {
    const { database, incoming } = this.#in;
    const rows = cutPage(narrow(database.read('incoming_shares')), BY_NEWS, wish);
    return nearestFirst(await incoming.viewsOf(database.read, rows), wish);
  }
}

/** The same words as in schema step 0050: otherwise its indexes are not used. */
const STANDING: Readonly<Record<FolderShares, string>> = {
  open: "state = 'active'",
  'under-way': "state in ('created', 'sent', 'accepted')",
  over: "state in ('declined', 'withdrawn', 'expired', 'revoked', 'left')",
};

type Narrow = (rows: Knex.QueryBuilder) => Knex.QueryBuilder;

function directed<View, Direction extends string>(rows: readonly ReadRow<View>[], direction: Direction) {
  return rows.map(({ key, view }) => ({ key, view: view === undefined ? undefined : { ...view, direction } }));
}

function distinct<View>(rows: readonly ReadRow<View>[]): ReadRow<View>[] {
  return [...new Map(rows.map((row) => [row.key.id, row])).values()];
}

/** Sorts the rows of several statements, or of one whose join kept no order, going away from the requested position. */
function nearestFirst<View>(rows: readonly ReadRow<View>[], { from }: PageWish): ReadRow<View>[] {
  const sign = from?.towards === 'before' ? -1 : 1;
  return [...rows].sort((a, b) => sign * newestFirst(a.key, b.key));
}

/** The same order as in the database. */
function newestFirst(a: ListKey, b: ListKey): number {
  if (a.at !== b.at) return Number(b.at) - Number(a.at);
  return a.id < b.id ? 1 : -1;
}
