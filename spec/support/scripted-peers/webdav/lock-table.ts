import { randomUUID } from 'node:crypto';

/** How a server of some make locks. */
export type LockManner =
  /** Not at all: class 1. */
  | 'none'
  /** As RFC 4918 has it. */
  | 'binding'
  /** As golang.org/x/net/webdav has it: knows no `Not`, and wants a move to be covered at both ends. */
  | 'both ends'
  /** Gives locks that bind nobody. */
  | 'fake';

/** A lock that a {@link LockTable} has given. */
export interface TableLock {
  readonly path: string;
  readonly token: string;
  /** What its holder said of themselves, as XML. */
  readonly owner: string;
  /** Seconds that were last given. */
  readonly seconds: number;
  /** Milliseconds. */
  readonly endsAt: number;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** The locks of a scripted server. */
export class LockTable {
  readonly #manner: LockManner;
  readonly #now: () => number;
  #locks: TableLock[] = [];

  constructor(manner: LockManner, now: () => number) {
    this.#manner = manner;
    this.#now = now;
  }

  get isThere(): boolean {
    return this.#manner !== 'none';
  }

  /** Those that hold now. */
  get held(): readonly TableLock[] {
    return this.#locks.filter(({ endsAt }) => endsAt >= this.#now());
  }

  /** Locks a file for somebody else; undefined when it is locked already. */
  take(path: string, seconds = 600, owner = ''): TableLock | undefined {
    const isTaken = this.held.some((lock) => lock.path === path);
    if (isTaken && this.#manner !== 'fake') return undefined;
    const lock = { path, owner, seconds, token: `opaquelocktoken:${randomUUID()}`, endsAt: this.#end(seconds) };
    this.#locks.push(lock);
    return lock;
  }

  refresh(path: string, headers: Headers, seconds: number): TableLock | undefined {
    const lock = this.held.find((each) => each.path === path && shownIn(headers).includes(each.token));
    if (lock === undefined) return undefined;
    const fresh = { ...lock, seconds, endsAt: this.#end(seconds) };
    this.#locks = this.#locks.map((each) => (each === lock ? fresh : each));
    return fresh;
  }

  /** False when there is no such lock. */
  release(path: string, token: string): boolean {
    const before = this.#locks.length;
    this.#locks = this.#locks.filter((lock) => lock.path !== path || lock.token !== token);
    return this.#locks.length < before;
  }

  /** As after a start anew. */
  dropAll(): void {
    this.#locks = [];
  }

  /** The locks at a path and below it end: what was there is gone. */
  drop(path: string): void {
    this.#locks = this.#locks.filter((lock) => !isWithin(lock.path, path));
  }

  /** The status with which a change is refused because of locks or of what `If` wants; undefined: it is not. */
  refuses(path: string, headers: Headers, target?: string): 412 | 423 | undefined {
    const { if: wanted } = headers;
    const shown = shownIn(headers);
    if (this.#manner === 'none' || this.#manner === 'fake') return undefined;
    if (this.#manner === 'both ends' && wanted !== undefined) {
      const covers = (place: string) => this.held.some((lock) => lock.path === place && shown.includes(lock.token));
      const isTagged = String(wanted).startsWith('<');
      return isTagged || (covers(path) && (target === undefined || covers(target))) ? undefined : 412;
    }
    if (
      wanted !== undefined &&
      !String(wanted).includes('Not') &&
      !this.held.some(({ token }) => shown.includes(token))
    )
      return 412;
    const inTheWay = this.held.filter((lock) => isWithin(lock.path, path) || lock.path === target);
    return inTheWay.every(({ token }) => shown.includes(token)) ? undefined : 423;
  }

  #end(seconds: number): number {
    return this.#now() + seconds * 1_000;
  }
}

/** The body that tells of a lock. */
export function lockAnswer({ token, seconds }: TableLock): string {
  return `<?xml version="1.0"?><D:prop xmlns:D="DAV:"><D:lockdiscovery><D:activelock><D:timeout>Second-${String(seconds)}</D:timeout><D:locktoken><D:href>${token}</D:href></D:locktoken></D:activelock></D:lockdiscovery></D:prop>`;
}

/** Seconds that a header asks for. */
export function secondsAsked({ timeout }: Headers): number {
  return Number(/^Second-(\d+)$/.exec(String(timeout))?.[1] ?? 600);
}

function shownIn({ if: wanted }: Headers): string[] {
  return [...String(wanted ?? '').matchAll(/\(<([^>]+)>\)/g)].map(([, token = '']) => token);
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`);
}
