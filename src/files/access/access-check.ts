import type { Queries } from '../../platform/index.js';
import type { Lineage } from '../records/lineage.js';

/** What somebody wants to do: look (list, stat, open, versions) or change. */
export type Verb = 'read' | 'write';

/**
 * Asks whether one request is still allowed, again at every moment that matters: before bytes flow, inside the
 * transaction that writes, and while a download runs (threat model G4, AUT-03, AUT-07).
 */
export interface AccessCheck {
  /** Who asks, in the words of `actorOf`. An Idempotency-Key counts for one actor only. */
  readonly actor: string;
  /**
   * Resolves when `verb` is allowed now, by what `q` reads; otherwise throws the `Failure` to answer with. Answers the
   * lineage of the requested item if the check had to read it; undefined otherwise.
   */
  may(q: Queries, verb: Verb): Promise<Lineage | undefined>;
}
