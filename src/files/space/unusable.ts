import { Failure, isFailure } from '../../kernel/index.js';

/**
 * What is wrong with an entry of another cloud's listing: the field that cannot be used, or `repeat` for an entry that
 * was listed before.
 */
export type UnusableWhy = 'shape' | 'id' | 'name' | 'kind' | 'parent' | 'size' | 'repeat';

/** How many entries of a listing cannot be used (ruling F-11), by what is wrong with them. */
export type Unusable = Readonly<Partial<Record<UnusableWhy, number>>>;

/** The total number of these entries. */
export function unusableCount(unusable: Unusable): number {
  return Object.values(unusable).reduce((sum, count) => sum + count, 0);
}

/** The cause of the refusal of a listing that was given up: which entries were unusable until then. */
class GivenUp extends Error {
  readonly unusable: Unusable;

  constructor(unusable: Unusable, cause: unknown) {
    super('the listing was given up', { cause });
    this.unusable = unusable;
  }
}

/** The same refusal, marked as that of a listing with too many such entries (F-60). */
export function listingGivenUp({ code, message, detail, retryAfter, facts, cause }: Failure, met: Unusable): Failure {
  return new Failure(code, message, { detail, retryAfter, facts, cause: new GivenUp(met, cause) });
}

/** What was unusable in a listing that was given up; undefined for every other refusal. */
export function unusableOf(error: unknown): Unusable | undefined {
  return isFailure(error) && error.cause instanceof GivenUp ? error.cause.unusable : undefined;
}
