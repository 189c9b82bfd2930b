import type { Queries } from '../platform/index.js';

/** What somebody wants to do: look (list, stat, open, versions) or change. */
export type Verb = 'read' | 'write';

/**
 * What the asker of one request may do, asked again whenever it matters: before bytes flow, inside the transaction that
 * writes, and while a download runs (threat model G4, AUT-03, AUT-07).
 */
export interface Standing {
  /** Who asks, as a word: names the owner of an Idempotency-Key. */
  readonly actor: string;
  /** Resolves when it is allowed right now, as `q` sees the world; throws the `Failure` to answer with. */
  may(q: Queries, verb: Verb): Promise<void>;
}
