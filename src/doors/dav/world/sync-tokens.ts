import type { Item, NewsPoint } from '../../../files/index.js';
import { itemIdOf, type ItemId } from '../../../kernel/index.js';
import type { DavInputs } from './ports.js';

/** Raise it when tokens get another content: older ones are then refused. */
const FORM = 1;

const START = 'urn:x-footbridge:sync:';
const TOKEN = /^urn:x-footbridge:sync:([0-9a-f]{32}):((?:[0-9a-f]{2}){1,100})$/;

/** True for a folder: its changes can be told, in another cloud those of its direct members. */
export function hasNews(item: Item): boolean {
  return item.kind === 'folder';
}

/** What a token is for: one folder, and whether the whole tree below it is meant. */
export interface SyncScope {
  readonly folderId: ItemId;
  readonly isDeep: boolean;
}

/**
 * Sync tokens: URIs by which clients name the state that they have seen (RFC 6578 4). A token is a keyed digest of its
 * folder and state, and the state hidden with a key that is made of that digest. So nobody else can make one, none can
 * be used for another folder, the same state always gives the same token, and nobody can read from it how often a tree
 * changes.
 */
export class SyncTokens {
  readonly #tagOf: DavInputs['tagOf'];

  constructor({ tagOf }: Pick<DavInputs, 'tagOf'>) {
    this.#tagOf = tagOf;
  }

  /** The token of a point. */
  write({ folderId, isDeep }: SyncScope, { cursor, after }: NewsPoint): string {
    const said = [cursor, ...(after === undefined ? [] : [after, isDeep ? 'deep' : 'flat'])].join('|');
    const proof = this.#proofOf(folderId, said);
    return `${START}${proof}:${this.#hidden(Buffer.from(said), proof).toString('hex')}`;
  }

  /** The point of a token; undefined for what is none, or none of this folder. */
  read({ folderId, isDeep }: SyncScope, token: string): NewsPoint | undefined {
    const [, proof, hidden] = TOKEN.exec(token) ?? [];
    if (proof === undefined || hidden === undefined) return undefined;
    const said = this.#hidden(Buffer.from(hidden, 'hex'), proof).toString();
    if (this.#proofOf(folderId, said) !== proof) return undefined;
    const [cursor = '', after, level] = said.split('|');
    if (after === undefined) return { cursor };
    return (level === 'deep') === isDeep ? { cursor, after: itemIdOf(after) } : undefined;
  }

  #proofOf(folderId: ItemId, said: string): string {
    return this.#tagOf(JSON.stringify(['sync', FORM, folderId, said])).slice(0, 32);
  }

  /** Hides bytes, or shows them again: doing it twice gives the original. */
  #hidden(bytes: Buffer, proof: string): Buffer {
    const digests = Array.from({ length: Math.ceil(bytes.length / 32) }, (_, at) =>
      Buffer.from(this.#tagOf(JSON.stringify(['sync-hide', proof, at])), 'hex'),
    );
    const key = Buffer.concat(digests);
    return Buffer.from(bytes.map((byte, at) => byte ^ (key[at] ?? 0)));
  }
}
