import { invalid, SECOND, type ItemId } from '../../kernel/index.js';
import type { Queries, Transaction } from '../../platform/index.js';
import type { Comment, CommentDraft, CommentRef, Lookup } from './comment.js';
import { isMeant, shownUser, type Signed, type Thread } from './thread.js';

/** Most comments on one item. */
const MAX_COMMENTS = 500;

interface CommentRow extends Signed {
  readonly item_id: ItemId;
  readonly created_at: number;
  readonly text: string;
}

/** The comments on an item, oldest first. */
export async function commentsOn(q: Queries, thread: Thread, lookup: Lookup): Promise<Comment[]> {
  const rows = await q<CommentRow>('comments').where({ item_id: thread.itemId }).orderBy('created_at');
  return rows.filter((row) => isMeant(row, thread, lookup)).map((row) => commentOf(row, thread));
}

/** Adds a comment at `now`, or at the first second after the last one on this item. */
export async function addComment(
  trx: Transaction,
  thread: Thread,
  { user, cloud, text }: CommentDraft,
  now: number,
): Promise<Comment> {
  const { itemId, reader } = thread;
  const createdAt = await nextSecond(trx, thread, now);
  await refuseTooMany(trx, itemId);
  const who = { actor: reader.actor, home: reader.home ?? null };
  const row: CommentRow = { item_id: itemId, created_at: createdAt, ...who, user_name: user, cloud, text };
  await trx('comments').insert(row);
  return commentOf(row, thread);
}

/** Deletes a comment of the asker's, or anybody's when they own the item. */
export async function removeComment(
  trx: Transaction,
  thread: Thread,
  ref: CommentRef,
  owns: boolean,
): Promise<Comment> {
  const { itemId, reader } = thread;
  const key = { item_id: itemId, created_at: ref.createdAt };
  const row = await trx<CommentRow>('comments').where(key).first();
  if (row === undefined || !isNamed(row, thread, ref) || !(owns || row.actor === reader.actor)) {
    throw invalid('There is no such comment of yours.');
  }
  await trx('comments').where(key).delete();
  return { ...commentOf(row, thread), status: 'DELETED' };
}

/** Whole seconds are a comment's name, so each has its own; a deleted one's is never given again. */
async function nextSecond(trx: Transaction, { itemId, mountId }: Thread, now: number): Promise<number> {
  const fresh = { item_id: itemId, mount_id: mountId ?? null, last_at: 0 };
  await trx('comment_threads').insert(fresh).onConflict('item_id').ignore();
  const thread = trx<typeof fresh>('comment_threads').where({ item_id: itemId });
  const row = await thread.clone().forUpdate().first('last_at');
  const second = Math.max(now - (now % SECOND), (row?.last_at ?? 0) + SECOND);
  await thread.update({ last_at: second });
  return second;
}

async function refuseTooMany(trx: Transaction, itemId: ItemId): Promise<void> {
  const row = await trx('comments').where({ item_id: itemId }).count({ count: '*' }).first();
  if (Number(row?.['count'] ?? 0) >= MAX_COMMENTS) {
    throw invalid(`There are ${String(MAX_COMMENTS)} comments here already. Delete some first.`);
  }
}

/** Under the name that its writer's desktop gave, or the one that the asker sees. */
function isNamed(row: CommentRow, thread: Thread, { user, cloud }: CommentRef): boolean {
  return row.cloud === cloud && (row.user_name === user || shownUser(row, thread) === user);
}

function commentOf(row: CommentRow, thread: Thread): Comment {
  const { cloud, text, created_at: createdAt } = row;
  return { user: shownUser(row, thread), cloud, text, createdAt, status: 'NEW' };
}
