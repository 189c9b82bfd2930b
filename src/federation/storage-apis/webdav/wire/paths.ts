import type { NodeKey } from '../../../../files/index.js';
import { invalid, MAX_DEPTH, MAX_PATH_BYTES } from '../../../../kernel/index.js';
import { decodeName, encodeName } from '../../../../webdav/index.js';

/** The key of what is shared itself. */
export const ROOT = '/';

/** An item of the server, as an address names it. */
export interface Named {
  readonly key: NodeKey;
  /** The last part of the path, as the server spells it; empty for the root of a server. */
  readonly name: string;
}

/**
 * The names in the path of a key; undefined for a key that is none, which must not become an address (threat model
 * PXY-01).
 */
export function namesOf(key: NodeKey): readonly string[] | undefined {
  if (key === ROOT) return [];
  if (!key.startsWith('/') || Buffer.byteLength(key) > MAX_PATH_BYTES) return undefined;
  const names = key.slice(1).split('/');
  return names.length <= MAX_DEPTH && names.every(isName) ? names : undefined;
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[\0\p{Surrogate}]/u.test(name);
}

/** The key of what has this name in a folder. */
export function keyIn(parentKey: NodeKey, name: string): NodeKey {
  return parentKey === ROOT ? `/${name}` : `${parentKey}/${name}`;
}

/** The key of the folder in which a node lies; null for what is shared itself. */
export function parentOf(key: NodeKey): NodeKey | null {
  if (key === ROOT) return null;
  const end = key.lastIndexOf('/');
  return end === 0 ? ROOT : key.slice(0, end);
}

/** The last name of a key; empty for the root. */
export function lastName(key: NodeKey): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/**
 * The address of a share on its server, which makes addresses from keys, and keys from the addresses in answers: these
 * are decoded once and then compared (webdav.md 2).
 */
export class ServerRoot {
  readonly #url: URL;
  /** Without a slash at its end. */
  readonly #path: string;
  readonly #names: readonly string[];

  /** Throws `invalid` for what is no address of a place on a server. */
  constructor(address: string) {
    const url = URL.canParse(address) ? new URL(address) : undefined;
    const names = url === undefined ? undefined : partsOf(url.pathname);
    const isPlain = url?.search === '' && url.hash === '' && url.username === '' && url.password === '';
    if (url === undefined || names === undefined || !isPlain) throw invalid('This is no address of a WebDAV server.');
    this.#url = url;
    this.#path = withoutSlash(url.pathname);
    this.#names = names;
  }

  get origin(): string {
    return this.#url.origin;
  }

  /** The address itself, as it was given. */
  get address(): URL {
    return new URL(this.#url);
  }

  /** Where a key lies; folders end in a slash. A single file that is the root is where the address says. */
  urlOf(key: NodeKey, kind: 'file' | 'folder' | undefined): URL {
    if (key === ROOT && kind !== 'folder') return this.address;
    const url = this.address;
    const path = [this.#path, ...(namesOf(key) ?? []).map(encodeName)].join('/');
    url.pathname = kind === 'folder' ? `${path}/` : path;
    return url;
  }

  /** The last name in its address. */
  get name(): string {
    return this.#names.at(-1) ?? '';
  }

  /**
   * The item that a href in an answer names: the one that was asked about, or one directly in it; undefined for any
   * other, here or on another server. Names are compared in NFC, and kept as the server spells them.
   */
  named(href: string, askedFor: NodeKey): Named | undefined {
    const parts = this.#partsOf(href.trim());
    const asked = [...this.#names, ...(namesOf(askedFor) ?? [])];
    if (parts === undefined || parts.length < asked.length || parts.length > asked.length + 1) return undefined;
    if (!asked.every((name, index) => parts[index]?.normalize('NFC') === name.normalize('NFC'))) return undefined;
    return { key: `/${parts.slice(this.#names.length).join('/')}`, name: parts.at(-1) ?? '' };
  }

  #partsOf(href: string): readonly string[] | undefined {
    if (/[?#]/.test(href) || href.startsWith('//')) return undefined;
    if (href.startsWith('/')) return partsOf(href);
    const [scheme] = /^https?:\/\//i.exec(href) ?? [];
    if (scheme === undefined) return undefined;
    const slash = href.indexOf('/', scheme.length);
    const authority = slash < 0 ? href : href.slice(0, slash);
    return this.#isOurs(authority) ? partsOf(href.slice(authority.length)) : undefined;
  }

  #isOurs(authority: string): boolean {
    return URL.canParse(authority) && new URL(authority).origin === this.origin;
  }
}

function withoutSlash(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

/**
 * The decoded names in a path. Empty parts are dropped; a path with `.` or `..` is undefined, since it means another
 * place than it shows.
 */
function partsOf(path: string): readonly string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '');
  const names = parts.map((part) => (/^(?:\.|%2e){1,2}$/i.test(part) ? undefined : decodeName(part)));
  return names.every((name): name is string => name !== undefined && name !== '.' && name !== '..') ? names : undefined;
}
