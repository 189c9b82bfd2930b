import { SECOND } from '../../src/kernel/index.js';
import type { Transaction } from '../../src/platform/index.js';
import { forgetOldest, noteMade, raise } from './change-rows.js';
import { before, copyRows, digits, like, type Differences } from './copies.js';
import { LEAF, type Size } from './sizes.js';
import { copyItems, drawIds, LAST_IN_FOLDERS, nameTable, type Span, type Tree } from './tree-rows.js';

/** Halves of agreements that the product made, by their ids. */
export interface ShareModels {
  readonly ownerId: string;
  /** A peer of which copies were made. */
  readonly peerId: string;
  /** What went out: open, waiting for an answer, and over. */
  readonly active: string;
  readonly created: string;
  readonly revoked: string;
  /** What came in and is mounted. */
  readonly incoming: string;
  /** The folder that mounts are put into, empty. */
  readonly receivedId: number;
}

/** Characters of the ids of halves and peers, of their names on the wire, and of keyed digests. */
const [ID, WIRE_ID, DIGEST] = [32, 36, 64];

/**
 * Copies outgoing shares with their grants, invitations and histories: of each ten, eight are open, one is unanswered
 * and one has ended. They are mixed by their times, so that the first page of a list has as many of each at every size.
 */
export async function fillOutgoing(trx: Transaction, models: ShareModels, tree: Tree, size: Size): Promise<void> {
  const tenth = size.outgoing / 10;
  for (const [id, count, start, apart] of [
    [models.active, 8 * tenth, 0, SECOND],
    [models.created, tenth, 8 * tenth, 8 * SECOND],
    [models.revoked, tenth, 9 * tenth, 8 * SECOND],
  ] as const) {
    const number = `${start} + i`;
    const folder = `${tree.leaves.first} + (${number}) % ${tree.leaves.count}`;
    const names = {
      id: like('id', ID, number),
      share_id: like('share_id', WIRE_ID, number),
      peer_id: peerOf(models, size),
    };
    const recipient = `'r' || cast(${number} as text) || '@birch.example'`;
    const half = {
      ...names,
      folder_id: folder,
      recipient,
      recipient_folded: recipient,
      callback_hash: like('callback_hash', DIGEST, number),
    };
    await copyRows(trx, { table: 'outgoing_shares', where: { id } }, count, {
      ...half,
      ...times(['created_at', 'changed_at'], count, apart),
    });
    await copyHistory(trx, id, count, number);
    const invitation = { token_hash: like('token_hash', DIGEST, number), outgoing_id: like('outgoing_id', ID, number) };
    await copyRows(trx, { table: 'invitations', where: { outgoing_id: id } }, count, invitation);
    if (id === models.created) continue;
    const grant = {
      id: like('id', ID, number),
      outgoing_id: like('outgoing_id', ID, number),
      token: like('token', ID, number),
    };
    await copyRows(trx, { table: 'grants', where: { outgoing_id: id } }, count, {
      ...grant,
      peer_id: peerOf(models, size),
      folder_id: folder,
    });
  }
}

/** Copies incoming shares with their mounts, a hundred to a folder, and the daily look at each. */
export async function fillIncoming(trx: Transaction, models: ShareModels, size: Size): Promise<void> {
  const { incoming: id, ownerId, receivedId } = models;
  const count = size.incoming;
  const named = { id: like('id', ID), share_id: like('share_id', WIRE_ID), peer_id: peerOf(models, size) };
  const half = { ...named, resource_url: `m.resource_url || ${digits('i')}` };
  await copyRows(trx, { table: 'incoming_shares', where: { id } }, count, {
    ...half,
    ...times(['created_at', 'changed_at'], count),
  });
  await copyHistory(trx, id, count, 'i');
  const folders = await makeFolders(trx, receivedId, Math.ceil(count / LEAF));
  const mounts = { first: await drawIds(trx, 'mount', count), count };
  const names = await nameTable(trx, { count: LEAF, kind: 'folder', nameOf: (k) => `Mount ${k}` });
  const place = {
    id: `${mounts.first} + i`,
    parent_id: `${folders.first} + i / ${LEAF}`,
    name: 't.name',
    sort_key: 't.sort_key',
  };
  const mount: Differences = {
    ...place,
    incoming_id: like('incoming_id', ID),
    root_key: digits('i'),
    ...times(['created_at', 'modified_at'], count),
  };
  await copyRows(trx, { table: 'mounts', where: { incoming_id: id } }, count, mount, names);
  const lane = `'incoming:' || substr('${id}', 1, ${ID - 12}) || ${digits('i')}`;
  const look: Differences = { id: null, lane, peer_id: peerOf(models, size), run_at: 'm.run_at + i' };
  await copyRows(trx, { table: 'deliveries', where: { kind: 'probe', lane: `incoming:${id}` } }, count, look);
  await noteMade(trx, ownerId, 'items', folders);
  const offset = await noteMade(trx, ownerId, 'mounts', mounts);
  await raise(trx, folders, `select max(c.id) + ${offset} from mounts as c where c.parent_id = items.id`);
  await raise(trx, { first: receivedId, count: 1 }, LAST_IN_FOLDERS);
  await forgetOldest(trx, ownerId);
}

async function makeFolders(trx: Transaction, parentId: number, count: number): Promise<Span> {
  const span = { first: await drawIds(trx, 'local', count), count };
  const names = await nameTable(trx, { count, kind: 'folder', nameOf: (k) => `Shelf ${k}` });
  await copyItems(trx, parentId, { span, parent: String(parentId), names });
  return span;
}

/** Copies the transition log of a half. */
async function copyHistory(trx: Transaction, half: string, count: number, number: string): Promise<void> {
  const line = { id: null, share_ref: like('share_ref', ID, number), at: before('at', count) };
  await copyRows(trx, { table: 'share_events', where: { share_ref: half } }, count, line);
}

/** Peers take turns. */
function peerOf({ peerId }: ShareModels, { peers }: Size): string {
  return `'${peerId.slice(0, ID - 12)}' || ${digits(`i % ${peers}`)}`;
}

function times(columns: readonly string[], count: number, apart?: number): Differences {
  return Object.fromEntries(columns.map((column) => [column, before(column, count, apart)]));
}
