import { randomBytes } from 'node:crypto';

/** A file or a folder of a scripted server. */
export interface Entry {
  readonly id: number;
  readonly content: Buffer | undefined;
  readonly tag: string;
  /** Milliseconds. */
  readonly changedAt: number;
  /** When it was written by the server's own clock, milliseconds. */
  readonly writtenAt: number;
}

/** The files of a scripted server, by their paths: `/`, `/a`, `/a/b`. */
export class Disk {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;
  #lastId = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.makeFolder('/');
  }

  find(path: string): Entry | undefined {
    return this.#entries.get(path);
  }

  /** The paths directly in a folder. */
  inside(path: string): string[] {
    const start = path === '/' ? '/' : `${path}/`;
    return [...this.#entries.keys()].filter(
      (each) => each !== path && each.startsWith(start) && !each.slice(start.length).includes('/'),
    );
  }

  makeFolder(path: string): Entry {
    return this.#set(path, undefined, this.#now());
  }

  write(path: string, content: Buffer, { keepsTag = false, changedAt = this.#now() } = {}): Entry {
    const before = this.#entries.get(path);
    const entry = this.#set(path, content, changedAt, before?.id);
    if (before === undefined || !keepsTag) return entry;
    this.#entries.set(path, { ...entry, tag: before.tag });
    return { ...entry, tag: before.tag };
  }

  remove(path: string): void {
    for (const each of this.#at(path)) this.#entries.delete(each);
    this.#touch(path);
  }

  move(from: string, to: string): void {
    for (const each of this.#at(from)) {
      const entry = this.#entries.get(each);
      this.#entries.delete(each);
      if (entry !== undefined) this.#entries.set(to + each.slice(from.length), entry);
    }
    this.#touch(from);
    this.#touch(to);
  }

  copy(from: string, to: string): void {
    for (const each of this.#at(from)) {
      const entry = this.#entries.get(each);
      if (entry !== undefined) this.#entries.set(to + each.slice(from.length), { ...entry, id: this.#nextId() });
    }
    this.#touch(to);
  }

  /** Everything that is there, in entries and bytes. */
  weight(): number {
    return [...this.#entries.values()].reduce((sum, { content }) => sum + 1 + (content?.length ?? 0), 0);
  }

  #set(path: string, content: Buffer | undefined, changedAt: number, id = this.#nextId()): Entry {
    const tag = `"${randomBytes(8).toString('hex')}"`;
    const entry = { id, content, tag, changedAt: seconds(changedAt), writtenAt: this.#now() };
    this.#entries.set(path, entry);
    this.#touch(path);
    return entry;
  }

  /** What happens in a folder shows in all that are above. */
  #touch(path: string): void {
    for (let at = path; at !== '/';) {
      at = at.slice(0, at.lastIndexOf('/')) || '/';
      const folder = this.#entries.get(at);
      if (folder === undefined) continue;
      const tag = `"${randomBytes(8).toString('hex')}"`;
      this.#entries.set(at, { ...folder, tag, changedAt: seconds(this.#now()) });
    }
  }

  #at(path: string): string[] {
    return [...this.#entries.keys()].filter((each) => each === path || each.startsWith(`${path}/`));
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }
}

function seconds(at: number): number {
  return Math.floor(at / 1_000) * 1_000;
}
