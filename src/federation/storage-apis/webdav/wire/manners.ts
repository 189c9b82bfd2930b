import type { MountFacts } from '../../../../files/index.js';
import { parseForeignJson } from '../../../../platform/index.js';

/** What was found out about the server of one share. */
export interface Manners {
  /** It obeys conditions of changes; undefined: not tried yet. */
  readonly keepsConditions?: boolean;
  /** It takes the secret only as the user of Basic, not as a bearer token. */
  readonly isBasic?: boolean;
  /** It answers requests for ranges with the whole content. */
  readonly ignoresRanges?: boolean;
  /** It has locks: class 2 (RFC 4918 18.2). One that has none is asked again the next time. */
  readonly hasLocks?: boolean;
}

/** The manners of one share's server, found out once and kept as long as the mount. */
export class LearntManners {
  readonly #facts: Pick<MountFacts, 'manners' | 'keepManners'>;
  #known: Manners = {};
  #read: Promise<void> | undefined;

  constructor(facts: Pick<MountFacts, 'manners' | 'keepManners'>) {
    this.#facts = facts;
  }

  /** The manners that are known in memory. */
  get now(): Manners {
    return this.#known;
  }

  /** All manners, including those that were stored by an earlier process. */
  async all(): Promise<Manners> {
    this.#read ??= this.#recall().catch((error: unknown) => {
      this.#read = undefined;
      throw error;
    });
    await this.#read;
    return this.#known;
  }

  /** Keeps something that was found out. */
  async learn(found: Manners): Promise<void> {
    await this.all();
    this.#known = { ...this.#known, ...found };
    await this.#facts.keepManners(JSON.stringify(this.#known));
  }

  async #recall(): Promise<void> {
    const kept = await this.#facts.manners();
    this.#known = { ...(kept === undefined ? {} : (parseForeignJson(kept) as Manners)), ...this.#known };
  }
}
