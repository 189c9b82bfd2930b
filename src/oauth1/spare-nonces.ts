import type { Clock } from '../kernel/index.js';

/** Most uses that memory keeps; beyond it requests are refused rather than let in twice. */
const MOST = 200_000;

/** Uses that could not be written because the disk is full: they are remembered by this process alone (ruling F-62). */
export class SpareNonces {
  readonly #clock: Clock;
  readonly #uses = new Map<string, { readonly consumerKey: string; readonly expiresAt: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#uses.size;
  }

  has(id: string): boolean {
    return this.#uses.has(id);
  }

  /** Remembers a use; answers false when the limit is reached. */
  add(id: string, consumerKey: string, expiresAt: number): boolean {
    if (this.#uses.size >= MOST) this.#forgetExpired();
    if (this.#uses.size >= MOST) return false;
    this.#uses.set(id, { consumerKey, expiresAt });
    return true;
  }

  /** Up to `limit` uses, in the order in which they came; drops those that have expired. */
  some(limit: number): { readonly id: string; readonly consumer_key: string; readonly expires_at: number }[] {
    this.#forgetExpired();
    return [...this.#uses]
      .slice(0, limit)
      .map(([id, { consumerKey, expiresAt }]) => ({ id, consumer_key: consumerKey, expires_at: expiresAt }));
  }

  forget(ids: readonly string[]): void {
    for (const id of ids) this.#uses.delete(id);
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    for (const [id, { expiresAt }] of this.#uses) if (expiresAt < now) this.#uses.delete(id);
  }
}
