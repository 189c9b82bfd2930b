import { answerRules, destinationRules, nextIncoming, nextOutgoing, originRules } from '../../src/shares/index.js';

/**
 * What a modelled cloud decides by: the house's own rules and tables, and beside them the few things that its database
 * does. A seeded defect overrides one of them.
 */
export interface Rules {
  readonly origin: typeof originRules;
  readonly destination: typeof destinationRules;
  readonly answers: typeof answerRules;
  readonly nextOutgoing: typeof nextOutgoing;
  readonly nextIncoming: typeof nextIncoming;
  /** Compare-and-set: a row that was read may be written while it has not changed since. */
  readonly mayWrite: (stored: { readonly revision: number }, seen: { readonly revision: number }) => boolean;
  /** The live grant, made if there is none (`Grants.mint`). */
  readonly mint: (live: string | undefined, make: () => string) => string;
  /** What the credentials message carries: the live grant, at every attempt. */
  readonly carried: (live: string, make: () => string) => string;
}

/** As the house has them. */
export const HOUSE_RULES: Rules = {
  origin: originRules,
  destination: destinationRules,
  answers: answerRules,
  nextOutgoing,
  nextIncoming,
  mayWrite: (stored, seen) => stored.revision === seen.revision,
  mint: (live, make) => live ?? make(),
  carried: (live) => live,
};
