import { MOST_COUNTED, rowsOf, type Queries } from '../platform/index.js';

/** How many messages stand how. */
export interface QueueSums {
  readonly waiting: number;
  readonly failing: number;
  readonly failed: number;
  /** When the oldest message that was tried in vain was queued, milliseconds. */
  readonly troubleSince: number | undefined;
}

/** The same of the messages towards one peer. */
export interface QueueCount extends QueueSums {
  /** Undefined: messages to nobody in particular, such as mail. */
  readonly peerId: string | undefined;
}

/** Peers whose ids come after this one, and that have messages which were given up, tried in vain, or wait longest. */
export async function peersAfter(
  q: Queries,
  after: string,
  { limit, now }: { readonly limit: number; readonly now: number },
): Promise<string[]> {
  const waiting = await rowsOf<PeerRow>(q, WAITING_LONGEST, [now]);
  const longest = [...new Set(waiting.flatMap(({ peer_id: id }) => id ?? []))];
  const rows = await rowsOf<PeerRow>(q, peersIn(longest.length, limit), [after, after, ...longest, after]);
  return rows.flatMap(({ peer_id: id }) => id ?? []);
}

/** How the messages to each of these peers stand (null: to nobody in particular), counted like `countSome`. */
export async function countsOf(q: Queries, peerIds: readonly (string | null)[], now: number): Promise<QueueCount[]> {
  const named = peerIds.filter((id) => id !== null);
  const ofPeers = named.length === 0 ? [] : await rowsOf<CountRow>(q, countsOfPeers(named.length), [...named, now]);
  const ofMail = peerIds.length === named.length ? [] : await rowsOf<CountRow>(q, COUNTS_OF_MAIL, [now]);
  return [...ofMail, ...ofPeers].map(countOf);
}

/** How many of all messages are in trouble, whomever they are for, and since when; only a commit changes that. */
export async function troubleOf(q: Queries): Promise<Omit<QueueSums, 'waiting'>> {
  const [row] = await rowsOf<Omit<SumRow, 'waiting'>>(q, TROUBLE, []);
  return row === undefined ? NONE : sumOf({ ...row, waiting: 0 });
}

/** How many of all messages are due and were not tried yet. */
export async function waitingOf(q: Queries, now: number): Promise<number> {
  const [row] = await rowsOf<Pick<SumRow, 'waiting'>>(q, WAITING, [now]);
  return Number(row?.waiting ?? 0);
}

/** Where there are no messages. */
export const NONE: QueueSums = { waiting: 0, failing: 0, failed: 0, troubleSince: undefined };

/** Of so many messages that wait longest it is looked at for whom they are. */
const LOOKED_AT = 250;

/** The conditions of standings, as indexes have them (steps 0029 and 0068 of the schema). */
const WHERE = { failed: "d.state = 'failed'", failing: "d.state = 'queued' and d.attempts > 0" } as const;

/** From one peer with such messages to the next, a seek of an index each: not from message to message. */
function peersWith(standing: keyof typeof WHERE, name: string, limit: number): string {
  const next = (after: string): string =>
    `select d.peer_id from deliveries as d where ${WHERE[standing]} and d.peer_id > ${after} order by d.peer_id limit 1`;
  return `${name} (peer_id, number) as (
    select (${next('?')}), 1
    union all
    select (${next(`${name}.peer_id`)}), number + 1 from ${name} where peer_id is not null and number < ${limit})`;
}

interface PeerRow {
  readonly peer_id: string | null;
}

const WAITING_LONGEST = `select peer_id from deliveries where state = 'queued' and attempts = 0 and run_at <= ?
  order by id limit ${LOOKED_AT}`;

/** Beside those in trouble as many others as are named. */
function peersIn(others: number, limit: number): string {
  const named = new Array(others).fill('union select cast(? as text)').join(' ');
  return `with recursive ${peersWith('failed', 'given_up', limit)}, ${peersWith('failing', 'missed', limit)}
    select peer_id from (select peer_id from given_up union select peer_id from missed ${named}) as found
    where peer_id > ? order by peer_id limit ${limit}`;
}

const BY_ID = 'order by d.id';

/**
 * Each number is counted no further than {@link MOST_COUNTED} and one more; in the order of an index, because PostgreSQL might
 * else read the whole table for as many.
 */
function counted(where: string, order = ''): string {
  return `(select count(*) from (select 1 from deliveries as d where ${where} ${order} limit ${MOST_COUNTED + 1}) as counted)`;
}

const DUE = "d.state = 'queued' and d.attempts = 0 and d.run_at <= ?";

function troubleWhere(peer: string): string {
  const since = (where: string): string =>
    `(select d.created_at from deliveries as d where ${where} and ${peer} order by d.id limit 1)`;
  return `${counted(`${WHERE.failed} and ${peer}`, BY_ID)} as failed, ${counted(`${WHERE.failing} and ${peer}`, BY_ID)} as failing,
    ${since(WHERE.failed)} as failed_since, ${since(WHERE.failing)} as failing_since`;
}

function countsWhere(peer: string): string {
  return `${troubleWhere(peer)}, ${counted(`${DUE} and ${peer}`)} as waiting`;
}

const COUNTS_OF_MAIL = `select null as peer_id, ${countsWhere('d.peer_id is null')}`;

const TROUBLE = `select ${troubleWhere('true')}`;

/** Those that are due come first in their index, however many wait for their time. */
const WAITING = `select ${counted(DUE, 'order by d.run_at')} as waiting`;

function countsOfPeers(count: number): string {
  const places = new Array(count).fill('(cast(? as text))').join(', ');
  return `with p (peer_id) as (values ${places}) select p.peer_id, ${countsWhere('d.peer_id = p.peer_id')} from p`;
}

interface SumRow {
  readonly waiting: number | string;
  readonly failing: number | string;
  readonly failed: number | string;
  readonly failed_since: number | null;
  readonly failing_since: number | null;
}

type CountRow = SumRow & { readonly peer_id: string | null };

function countOf({ peer_id: peerId, ...row }: CountRow): QueueCount {
  return { peerId: peerId ?? undefined, ...sumOf(row) };
}

function sumOf({ failed_since: failed, failing_since: failing, ...row }: SumRow): QueueSums {
  const since = [failed, failing].flatMap((time) => time ?? []);
  return {
    waiting: Number(row.waiting),
    failing: Number(row.failing),
    failed: Number(row.failed),
    troubleSince: since.length === 0 ? undefined : Math.min(...since),
  };
}
