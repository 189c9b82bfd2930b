import type { Request } from 'express';
import type { AnyRow } from '../../door/door.js';

/** The field of a form, and the parameter of an address, that says where somebody goes on after signing in. */
export const BACK = 'back';

/** The longest path that is kept: the pages of proposals that browsers carry have long addresses. */
const LONGEST = 8_000;

/** Stands in for our own origin: what leads to another one is not ours. */
const HERE = 'http://here.invalid';

/**
 * The path with query and fragment, if `text` is one of this cloud; undefined for anything that could lead elsewhere
 * (threat model WEB-10), for over 8 000 characters, and for the pages of signing in and out themselves.
 */
export function ownPath(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST || !/^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(text)) return undefined;
  if (!URL.canParse(text, HERE)) return undefined;
  const { origin, pathname, search, hash } = new URL(text, HERE);
  if (origin !== HERE || pathname.startsWith('//') || /^\/log(?:in|out)(?:\/|$)/.test(pathname)) return undefined;
  return pathname + search + hash;
}

/** The address of a page of ours that passes on where to go afterwards. */
export function leadingBack(page: string, target: string | undefined): string {
  const path = ownPath(target);
  return path === undefined ? page : `${page}?${new URLSearchParams({ [BACK]: path }).toString()}`;
}

/** Knows which paths are pages that can be opened, so that nobody is redirected to a path that accepts only POST. */
export class PageMap {
  readonly #origin: string;
  readonly #rows: Pick<AnyRow, 'method' | 'path'>[] = [];

  constructor(publicUrl: URL) {
    this.#origin = publicUrl.origin;
  }

  add(rows: readonly Pick<AnyRow, 'method' | 'path'>[]): void {
    this.#rows.push(...rows);
  }

  /**
   * Where somebody was who has to sign in first: the page that was asked for; of a form the page on which it stood, else
   * `named`, else the nearest page above. Undefined when there is none.
   */
  whereaboutsOf(http: Request, named?: string): string | undefined {
    if (http.method === 'GET' || http.method === 'HEAD') return ownPath(http.originalUrl) ?? ownPath(named);
    return this.#page(this.#refererOf(http)) ?? ownPath(named) ?? this.#nearest(pathOf(http.originalUrl));
  }

  #page(target: string | undefined): string | undefined {
    const path = ownPath(target);
    return path !== undefined && this.#isPage(pathOf(path)) ? path : undefined;
  }

  /** The page that a browser names as the one it comes from, if that is ours; pages with a secret address name none. */
  #refererOf({ headers: { referer } }: Request): string | undefined {
    if (referer === undefined || !URL.canParse(referer)) return undefined;
    const { origin, pathname, search } = new URL(referer);
    return origin === this.#origin ? pathname + search : undefined;
  }

  #nearest(path: string): string | undefined {
    for (let at = path; at !== ''; at = at.slice(0, at.lastIndexOf('/'))) {
      const page = this.#page(at);
      if (page !== undefined) return page;
    }
    return undefined;
  }

  /** A path that a row names word for word is that row's, even if it also fits one with parameters. */
  #isPage(path: string): boolean {
    const literal = this.#rows.filter((row) => row.path === path);
    const rows = literal.length > 0 ? literal : this.#rows.filter((row) => fits(row.path, path));
    return rows.some(({ method }) => method === 'GET');
  }
}

function pathOf(target: string): string {
  return target.split(/[?#]/, 1)[0] ?? '';
}

function fits(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part.startsWith(':') ? given[index] !== '' : part === given[index]))
  );
}
