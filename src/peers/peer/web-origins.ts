import { invalid } from '../../kernel/index.js';

const LONGEST = 2_048;
// One spelling only (PRO-03): two slashes, a plain host, no user information, no fragment, nothing that parsers drop or mend.
const SHAPE = /^https?:\/\/(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?(\/[^?#\\]*)?(?:\?[^#\\]*)?$/i;
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;

/** The origin of an address in the form in which origins are compared (threat model G7): no default port, no trailing dot. */
export function webOriginOf(url: URL): string {
  const port = url.port === '' ? '' : `:${url.port}`;
  return `${url.protocol}//${url.hostname.replace(/\.$/, '')}${port}`;
}

/**
 * True when the address, as it is written, lies on one of a peer's origins. An origin may end in a base path, which
 * counts by whole segments: `https://host/a` allows `/a` and `/a/x`, not `/ab`.
 */
export function isAllowed(text: string, origins: readonly string[]): boolean {
  const url = readStrictly(text);
  return url !== undefined && origins.some((origin) => covers(origin, url));
}

/**
 * Reads an address that a peer sent. Throws `invalid` unless it is an absolute http(s) address on one of the peer's
 * origins (threat model PRO-03), without user information, fragment, backslash, white space, control characters, dot
 * segments or characters beyond ASCII.
 */
export function checkPeerUrl(text: string, origins: readonly string[]): URL {
  const url = readStrictly(text);
  if (url === undefined) throw invalid('it must be a plain absolute http or https address.');
  if (!origins.some((origin) => covers(origin, url)))
    throw invalid('it is not on an origin registered for this cloud.');
  return url;
}

/** True when two origins, with their base paths, have addresses in common (threat model ADM-02). */
export function overlap(a: string, b: string): boolean {
  return covers(a, new URL(b)) || covers(b, new URL(a));
}

/** True when `url` lies on `origin`, an entry in the form of {@link webOriginOf} with an optional base path. */
export function covers(origin: string, url: URL): boolean {
  const allowed = new URL(origin);
  const base = allowed.pathname.replace(/\/$/, '');
  return webOriginOf(allowed) === webOriginOf(url) && `${url.pathname}/`.startsWith(`${base}/`);
}

function readStrictly(text: string): URL | undefined {
  const match = text.length > LONGEST || !PRINTABLE_ASCII.test(text) ? null : SHAPE.exec(text);
  if (match === null || !URL.canParse(text) || !isPlainPath(match[1] ?? '/')) return undefined;
  return new URL(text);
}

/** No dot segments and no control characters, also when the other side decodes the path before it splits it. */
function isPlainPath(path: string): boolean {
  try {
    const decoded = decodeURIComponent(path);
    const segments = decoded.split(/[/\\]/);
    return !/\p{Cc}/u.test(decoded) && !segments.includes('.') && !segments.includes('..');
  } catch {
    return false;
  }
}
