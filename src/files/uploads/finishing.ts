import { Readable } from 'node:stream';
import { mimetypeOf, type JoinedContent, type JoiningStore, type StoredContent } from '../../contents/index.js';
import { Failure, invalid, itemIdOf, type Clock } from '../../kernel/index.js';
import type { Transaction } from '../../platform/index.js';
import { ChangeTransaction, type LocalInputs } from '../local/change-transaction.js';
import { Uploading, type Brought, type PutTarget } from '../local/uploading.js';
import type { ItemRow } from '../records/item-rows.js';
import { itemAt } from '../records/items.js';
import { addUsage } from '../records/owner.js';
import type { ChangeOptions, Node } from '../space/file-space.js';
import {
  contentOf,
  expiryAfter,
  lockUpload,
  partRows,
  partsOf,
  uploadRows,
  type PartRow,
  type UploadRow,
} from './rows.js';

interface FinishInputs {
  readonly inputs: LocalInputs;
  readonly contents: JoiningStore;
  readonly clock: Clock;
}

interface Finish {
  readonly options: ChangeOptions;
  readonly numbers: readonly number[] | undefined;
  /** Of all bytes that have come, if it is known. Hex. */
  readonly sha256: string | undefined;
}

/** The pieces that become the file, and what is known of the whole. */
interface Whole {
  readonly parts: readonly [StoredContent, ...StoredContent[]];
  readonly sha256: string | null;
  readonly mimetype: string;
  /** The keys of pieces that do not count. */
  readonly others: readonly string[];
}

/** Makes the pieces of an upload the content of its file: one transaction, whatever its size. See `Uploads.finish`. */
export async function finishUpload(finish: FinishInputs, row: UploadRow, wish: Finish): Promise<Node> {
  const { inputs, contents } = finish;
  const whole = row.item_id === null ? await wholeOf(finish, row, wish) : undefined;
  const to: PutTarget =
    row.name === null ? { key: itemIdOf(row.target_id) } : { parentKey: itemIdOf(row.target_id), name: row.name };
  const bring = (trx: Transaction): Promise<Brought> => bringWhole(finish, trx, row, whole);
  const node = await new Uploading(new ChangeTransaction(inputs)).bring(to, wish.options, bring);
  // If this fails, the sweeper removes the bytes later.
  for (const key of whole?.others ?? []) await contents.remove(key).catch(() => undefined);
  return node;
}

async function wholeOf({ inputs, contents }: FinishInputs, row: UploadRow, wish: Finish): Promise<Whole> {
  const all = await partsOf(inputs.database.read, row.id);
  const chosen = chosenOf(all, wish.numbers);
  const size = chosen.reduce((sum, part) => sum + part.size, 0);
  if (row.length !== null && size !== row.length) throw invalid('The file is shorter than announced.');
  const [first, ...more] = chosen.filter((part) => part.size > 0).map(contentOf);
  const nothing = (): Promise<StoredContent> => contents.put(Readable.from([], { objectMode: false }));
  const parts: Whole['parts'] = [first ?? (await nothing()), ...more];
  const others = all.map((part) => part.content_key).filter((key) => !parts.some((part) => part.key === key));
  return { parts, sha256: wish.sha256 ?? null, mimetype: await mimetypeOf(contents, parts), others };
}

function chosenOf(all: readonly PartRow[], numbers: readonly number[] | undefined): readonly PartRow[] {
  if (numbers === undefined) return all;
  const wanted = new Set(numbers);
  const chosen = all.filter(({ number }) => wanted.has(number));
  if (chosen.length !== numbers.length || numbers.some((number, at) => number !== chosen[at]?.number))
    throw invalid('These are not pieces that have come, in their order.');
  return chosen;
}

async function bringWhole(
  { contents, clock }: Omit<FinishInputs, 'inputs'>,
  trx: Transaction,
  seen: UploadRow,
  whole: Whole | undefined,
): Promise<Brought> {
  const now = clock.now();
  const row = await lockUpload(trx, seen.id, now);
  const earlier = await finishedAs(trx, row);
  if (earlier !== undefined) return { earlier };
  if (whole === undefined || row.pieces !== seen.pieces)
    throw new Failure('conflict', 'More has come of this upload meanwhile.');
  const content = await contentOfWhole(contents, trx, whole);
  await partRows(trx).where({ upload_id: row.id }).delete();
  await addUsage(trx, row.owner_id, { uploads: -row.reserved });
  const done = async (item: ItemRow): Promise<void> => {
    const became = { item_id: item.id, version: item.version, reserved: 0, expires_at: expiryAfter(now) };
    await uploadRows(trx).where({ id: row.id }).update(became);
  };
  return { content, released: row.reserved, done };
}

/** One piece is the content itself; several are joined. */
async function contentOfWhole(contents: JoiningStore, trx: Transaction, whole: Whole): Promise<JoinedContent> {
  const [first, ...more] = whole.parts;
  await contents.keep(trx, first);
  return more.length === 0 ? first : contents.join(trx, whole.parts, whole);
}

/** What an upload has become, if it is finished: the version that it made, or the item as it is where that is gone. */
async function finishedAs(trx: Transaction, { item_id: itemId, version }: UploadRow): Promise<ItemRow | undefined> {
  if (itemId === null || version === null) return undefined;
  const row = await itemAt(trx, itemIdOf(itemId), version);
  if (row === undefined) throw new Failure('conflict', 'This upload is finished, and its file is gone.');
  return row;
}
