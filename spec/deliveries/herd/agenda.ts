interface Entry {
  readonly at: number;
  readonly nth: number;
  readonly act: () => void;
}

/** What will happen, in the order of its time and, at the same time, in the order in which it was noted: a heap. */
export class Agenda {
  readonly #entries: Entry[] = [];
  #noted = 0;

  /** Notes that `act` happens at `at`, milliseconds. */
  note(at: number, act: () => void): void {
    this.#noted += 1;
    const entries = this.#entries;
    entries.push({ at, nth: this.#noted, act });
    for (let child = entries.length - 1; child > 0;) {
      const parent = (child - 1) >> 1;
      if (!this.#swapIfLater(parent, child)) return;
      child = parent;
    }
  }

  /** Takes out what happens next; undefined when nothing is left. */
  next(): { readonly at: number; readonly act: () => void } | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first;
    entries[0] = last;
    for (let parent = 0; ;) {
      const child = this.#earlierChild(parent);
      if (child === undefined || !this.#swapIfLater(parent, child)) return first;
      parent = child;
    }
  }

  #earlierChild(parent: number): number | undefined {
    const [left, right] = [2 * parent + 1, 2 * parent + 2];
    if (left >= this.#entries.length) return undefined;
    return right < this.#entries.length && this.#isLater(left, right) ? right : left;
  }

  #swapIfLater(parent: number, child: number): boolean {
    if (!this.#isLater(parent, child)) return false;
    const entries = this.#entries;
    const [above, below] = [entries[parent], entries[child]];
    if (above === undefined || below === undefined) return false;
    entries[parent] = below;
    entries[child] = above;
    return true;
  }

  #isLater(index: number, other: number): boolean {
    const [one, two] = [this.#entries[index], this.#entries[other]];
    if (one === undefined || two === undefined) return false;
    return one.at > two.at || (one.at === two.at && one.nth > two.nth);
  }
}
