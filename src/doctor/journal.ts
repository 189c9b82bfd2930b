import type { Knex } from 'knex';
import type { PeerId } from '../kernel/index.js';
import type { Database, Queries } from '../platform/index.js';
import { MEMBER } from '../shares/index.js';
import { nameActors } from './actors.js';

/** One act of somebody, on a share or on a peer. */
export interface JournalEntry {
  readonly at: number;
  readonly actor: string;
  readonly event: string;
  readonly note: string;
  /** Undefined for acts on peers. */
  readonly share: JournalShare | undefined;
  /** The name of the peer that it was about; undefined where there is none. */
  readonly peer: string | undefined;
}

/** The share that a line tells of. */
export interface JournalShare {
  readonly direction: 'outgoing' | 'incoming';
  readonly id: string;
  readonly folderName: string;
  readonly from: string | undefined;
  readonly to: string;
}

/** Which lines are wanted; each may be left out. */
export interface JournalQuestion {
  /** The name of a share on the wire, or its id here. */
  readonly share?: string | undefined;
  /** Name or address of whoever acted. */
  readonly person?: string | undefined;
  /** Name of a peer. */
  readonly peer?: string | undefined;
  /** Where the page before ended. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** A page of the journal, newest first. */
export interface JournalPage {
  readonly lines: readonly JournalEntry[];
  /** What `before` is for the next page; undefined: this is the last. */
  readonly next: string | undefined;
}

/** The two logs that the journal is read from; of two lines of the same moment those of shares come first. */
type Source = 'share' | 'peer';

interface Row {
  readonly source: Source;
  readonly id: number;
  readonly at: number;
  readonly event: string;
  readonly actor: string;
  readonly note: string;
  readonly side: 'outgoing' | 'incoming' | null;
  readonly share_ref: string | null;
  readonly from_state: string | null;
  readonly to_state: string | null;
  readonly folder_name: string | null;
  readonly peer_name: string | null;
}

/**
 * Who did what to which share, and to which peer. The lines of a share are kept as long as its row, those of a peer as
 * long as its: both outlive the end of the share and the removal of the peer.
 */
export class Journal {
  readonly #database: Database;

  constructor({ database }: { database: Database }) {
    this.#database = database;
  }

  /** One page. Names that nobody bears answer an empty one. */
  async page(question: JournalQuestion): Promise<JournalPage> {
    const q = this.#database.read;
    const filter = await this.#filter(q, question);
    const limit = question.limit + 1;
    const rows = [...(await shareRows(q, filter, limit)), ...(await peerRows(q, filter, limit))].sort(newestFirst);
    const shown = rows.slice(0, question.limit);
    const nameOf = await nameActors(
      q,
      shown.map(({ actor }) => actor),
    );
    const last = shown.at(-1);
    return {
      lines: shown.map((row) => entryOf(row, nameOf)),
      next: rows.length > question.limit && last !== undefined ? cursorOf(last) : undefined,
    };
  }

  async #filter(q: Queries, { share, person, peer, before }: JournalQuestion): Promise<Filter> {
    return {
      before: before === undefined ? undefined : readCursor(before),
      shares: share === undefined ? undefined : await sharesNamed(q, share),
      actors: person === undefined ? undefined : actorsOf(await accountsNamed(q, person)),
      peerIds: peer === undefined ? undefined : await idsOf<PeerId>(q('peers').where({ name: peer }).select('id')),
    };
  }
}

interface Cursor {
  readonly at: number;
  readonly source: Source;
  readonly id: number;
}

interface Filter {
  readonly before: Cursor | undefined;
  readonly shares: readonly string[] | undefined;
  readonly actors: readonly string[] | undefined;
  readonly peerIds: readonly PeerId[] | undefined;
}

async function shareRows(q: Queries, { before, shares, actors, peerIds }: Filter, limit: number): Promise<Row[]> {
  const query = q('share_events as e')
    .leftJoin('outgoing_shares as given', 'given.id', 'e.share_ref')
    .leftJoin('items as folder', 'folder.id', 'given.folder_id')
    .leftJoin('incoming_shares as taken', 'taken.id', 'e.share_ref')
    .leftJoin('peers as peer', 'peer.id', q.raw('coalesce(given.peer_id, taken.peer_id)') as unknown as string)
    .select('e.*', 'peer.name as peer_name')
    .select(q.raw('coalesce(folder.name, taken.folder_name) as folder_name'), q.raw("'share' as source"));
  if (shares !== undefined) void query.whereIn('e.share_ref', shares);
  if (actors !== undefined) void query.whereIn('e.actor', actors);
  if (peerIds !== undefined) void query.whereIn('peer.id', peerIds);
  return paged(query, before, 'share', limit);
}

async function peerRows(q: Queries, { before, shares, actors, peerIds }: Filter, limit: number): Promise<Row[]> {
  if (shares !== undefined) return [];
  const query = q('peer_events as e')
    .join('peers as peer', 'peer.id', 'e.peer_id')
    .select(
      'e.*',
      'peer.name as peer_name',
      q.raw("'peer' as source, null as side, null as share_ref, null as to_state"),
    );
  if (actors !== undefined) void query.whereIn('e.actor', actors);
  if (peerIds !== undefined) void query.whereIn('e.peer_id', peerIds);
  return paged(query, before, 'peer', limit);
}

type Query = Knex.QueryBuilder;

async function paged(query: Query, before: Cursor | undefined, source: Source, limit: number): Promise<Row[]> {
  if (before !== undefined) {
    void query.where((either) => {
      void either.where('e.at', '<', before.at);
      if (source === before.source) {
        void either.orWhere((same) => void same.where('e.at', before.at).where('e.id', '<', before.id));
      } else if (source === 'peer') {
        void either.orWhere('e.at', before.at);
      }
    });
  }
  return (await query
    .orderBy([
      { column: 'e.at', order: 'desc' },
      { column: 'e.id', order: 'desc' },
    ])
    .limit(limit)) as Row[];
}

function newestFirst(a: Row, b: Row): number {
  if (a.at !== b.at) return b.at - a.at;
  if (a.source !== b.source) return a.source === 'share' ? -1 : 1;
  return b.id - a.id;
}

function entryOf(row: Row, nameOf: (actor: string) => string): JournalEntry {
  const { at, event, note, side, share_ref: id, from_state: from, to_state: to } = row;
  const isShare = side !== null && id !== null && to !== null;
  return {
    at,
    event,
    note,
    actor: nameOf(row.actor),
    share: isShare
      ? { direction: side, id, folderName: row.folder_name ?? '', from: from ?? undefined, to }
      : undefined,
    peer: row.peer_name ?? undefined,
  };
}

function cursorOf({ at, source, id }: Row): string {
  return `${String(at)}.${source}.${String(id)}`;
}

function readCursor(text: string): Cursor | undefined {
  const [, at, source, id] = /^(\d{1,15})\.(share|peer)\.(\d{1,15})$/.exec(text) ?? [];
  return at === undefined
    ? undefined
    : { at: Number(at), source: source === 'peer' ? 'peer' : 'share', id: Number(id) };
}

async function sharesNamed(q: Queries, name: string): Promise<string[]> {
  const named = (table: string) => q(table).where({ share_id: name }).orWhere({ id: name }).select('id');
  return [...(await idsOf(named('outgoing_shares'))), ...(await idsOf(named('incoming_shares')))];
}

async function accountsNamed(q: Queries, name: string): Promise<string[]> {
  const byAddress = q('addresses').whereRaw('lower(email) = lower(?)', [name]).select('account_id as id');
  return [...(await idsOf(q('accounts').where({ name }).select('id'))), ...(await idsOf(byAddress))];
}

/** What these accounts are called where they did something, as themselves or as members. */
function actorsOf(accounts: readonly string[]): string[] {
  return accounts.flatMap((id) => [id, `${MEMBER}${id}`]);
}

async function idsOf<Id extends string>(rows: PromiseLike<unknown>): Promise<Id[]> {
  return ((await rows) as { readonly id: Id }[]).map(({ id }) => id);
}
