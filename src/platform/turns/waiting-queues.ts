/** Queues of waiting calls, one per key: keys take turns, and within a key calls go in order. */
export class WaitingQueues<T> {
  readonly #queues = new Map<string, T[]>();
  /** The key whose turn was last: a key that has come meanwhile goes first. */
  #last: string | undefined;

  /** How many wait in all. */
  get size(): number {
    return this.#queues.size === 0 ? 0 : [...this.#queues.values()].reduce((sum, queue) => sum + queue.length, 0);
  }

  /** True while nobody waits. */
  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  /** True when somebody waits under another key. */
  hasOthers(key: string): boolean {
    return this.#queues.size > (this.#queues.has(key) ? 1 : 0);
  }

  /** How many wait under a key. */
  count(key: string): number {
    return this.#queues.get(key)?.length ?? 0;
  }

  /** Puts one at the end of its key's queue. */
  add(key: string, one: T): void {
    const queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, [one]);
    else queue.push(one);
  }

  /** Notes that this key has just had its turn without waiting. */
  went(key: string): void {
    this.#last = key;
  }

  /** Takes out the first of the key whose turn it is, of those keys that `may` go; that key is then the last. */
  next(may: (key: string) => boolean = () => true): T | undefined {
    for (const key of this.#queues.keys()) {
      if (key !== this.#last && may(key)) return this.#take(key);
    }
    return this.#last !== undefined && may(this.#last) ? this.#take(this.#last) : undefined;
  }

  #take(key: string): T | undefined {
    const queue = this.#queues.get(key) ?? [];
    const first = queue.shift();
    this.#queues.delete(key);
    if (queue.length > 0) this.#queues.set(key, queue);
    this.#last = key;
    return first;
  }

  /** Takes out one that waits no longer. */
  remove(key: string, one: T): void {
    const left = this.#queues.get(key)?.filter((other) => other !== one) ?? [];
    if (left.length === 0) this.#queues.delete(key);
    else this.#queues.set(key, left);
  }
}
