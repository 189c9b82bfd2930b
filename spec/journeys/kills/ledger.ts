import { createHash } from 'node:crypto';

/** A file as its writers remember it: what was acknowledged, and what may or may not have happened since. */
export class FileRecord {
  readonly name: string;
  /** Hashes of every acknowledged version, in order. */
  readonly acknowledged: string[] = [];
  /** Hashes that were sent after the last acknowledged one, and got no answer. */
  #pending: string[] = [];

  constructor(name: string) {
    this.name = name;
  }

  /** Writes down a try before it is sent; call the result once it has been acknowledged. */
  attempt(bytes: Uint8Array): () => void {
    const hash = hashOf(bytes);
    this.#pending.push(hash);
    return () => {
      this.acknowledged.push(hash);
      this.#pending = [];
    };
  }

  /** What the file may hold now. */
  get possible(): readonly string[] {
    return [...this.acknowledged.slice(-1), ...this.#pending];
  }
}

/** The protocols in which agreements are made. */
export type Protocol = 'cloudspaces' | 'ocm';

/** One main job as the people in it remember it. */
export interface JobRecord {
  readonly folder: string;
  readonly protocol: Protocol;
  /** The folder's id at the owner's, once acknowledged. */
  id: number | undefined;
  readonly files: FileRecord[];
  /** What the recipient's cloud acknowledged. */
  answer: boolean | undefined;
  /** True once the owner's cloud has shown the page after the callback; never by Open Cloud Mesh, where no browser carries it. */
  isHeard: boolean;
  /** Who ended it; `maybe` when the answer got lost. */
  ended: 'no' | 'maybe' | 'by owner' | 'by recipient';
}

/** A job of which nothing is known yet. */
export function newRecord(folder: string, protocol: Protocol): JobRecord {
  return { folder, protocol, id: undefined, files: [], answer: undefined, isHeard: false, ended: 'no' };
}

/** Names bytes. */
export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
