import { stateAbroad, type Item, type ReceivedState, type ReceivedWhere } from '../../../files/index.js';
import { ROOT_ID, type AccountId, type ItemId } from '../../../kernel/index.js';
import type { DavCaller, DavInputs } from './ports.js';

/** Raise it when tags are made of something else: every tag then changes. */
const FORM = 2;

/**
 * The entity tags of what a caller sees. A file has that of its content. That of a folder changes with anything at or
 * below it, at any depth, so that a client that finds it unchanged need not look further down (webdav.md 0). Nobody can
 * read from it how often a folder changes.
 */
export class Tags {
  readonly #in: Pick<DavInputs, 'states' | 'tagOf'>;
  readonly #caller: DavCaller;
  readonly #received = new Map<ReceivedWhere, Promise<Received>>();

  constructor(inputs: Pick<DavInputs, 'states' | 'tagOf'>, caller: DavCaller) {
    this.#in = inputs;
    this.#caller = caller;
  }

  /** The tag of one item, with its quotes. */
  async of(item: Item): Promise<string> {
    return (await this.among([item])).get(item.id) ?? '';
  }

  /** The tags of some items, by their ids. */
  async among(items: readonly Item[]): Promise<ReadonlyMap<ItemId, string>> {
    const here = items.filter((item) => item.kind === 'folder' && item.ownerId !== undefined && item.id !== ROOT_ID);
    const numbers =
      here.length === 0 ? new Map<ItemId, number>() : await this.#in.states.numbers(here.map(({ id }) => id));
    const tags = new Map<ItemId, string>();
    for (const item of items) tags.set(item.id, await this.#tag(item, numbers.get(item.id)));
    return tags;
  }

  async #tag(item: Item, number: number | undefined): Promise<string> {
    const { id, kind, ownerId, etag } = item;
    if (kind === 'file') return etag === '' ? `W/${this.#digest(stateAbroad(item))}` : etag;
    if (ownerId === undefined) return this.#digest(stateAbroad(item));
    const last = id === ROOT_ID ? await this.#in.states.wholeTree(ownerId) : (number ?? 0);
    return this.#digest([id, last, ...(await this.#receivedBelow(id, ownerId))]);
  }

  /** What others share with the caller and stands at or below a folder of their own. */
  async #receivedBelow(id: ItemId, ownerId: AccountId): Promise<readonly string[]> {
    const { principal } = this.#caller;
    if (principal.kind !== 'person' || principal.accountId !== ownerId) return [];
    // Most received items stand at the root. For another folder only those in folders matter.
    const known = await this.#receivedBy(ownerId, id === ROOT_ID ? 'everywhere' : 'in-folders');
    return known.get(id) ?? [];
  }

  #receivedBy(ownerId: AccountId, where: ReceivedWhere): Promise<Received> {
    const known = this.#received.get(where) ?? this.#in.states.received(ownerId, where).then(byFolder);
    this.#received.set(where, known);
    return known;
  }

  #digest(parts: readonly (string | number)[]): string {
    return `"${this.#in.tagOf(JSON.stringify([FORM, ...parts])).slice(0, 32)}"`;
  }
}

/** The states of what is received, by the folders at or below which it stands. */
type Received = ReadonlyMap<ItemId, readonly string[]>;

function byFolder(received: readonly ReceivedState[]): Received {
  const found = new Map<ItemId, string[]>();
  for (const { above, state } of received) {
    for (const id of [ROOT_ID, ...above]) {
      const states = found.get(id) ?? [];
      states.push(state);
      found.set(id, states);
    }
  }
  return found;
}
