/** One cookie as a browser keeps it. */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  /** The host that set it: cookies ignore ports. */
  readonly host: string;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: 'strict' | 'lax' | 'none';
  /** Milliseconds since the epoch; undefined ends with the browser. */
  readonly expiresAt: number | undefined;
}

/** How a request came about, as far as SameSite asks. */
export interface CookieContext {
  readonly method: string;
  /** False when another site's page made the request. */
  readonly sameSite: boolean;
}

/** The cookies of one browser, kept and sent by the rules of RFC 6265bis for host-only cookies. */
export class CookieJar {
  readonly #cookies = new Map<string, Cookie>();

  /** Every cookie that is still alive. */
  all(): readonly Cookie[] {
    return [...this.#cookies.values()].filter(isAlive);
  }

  /** Takes the `Set-Cookie` lines of an answer from `url`. */
  keep(url: URL, lines: readonly string[]): void {
    for (const line of lines) {
      const cookie = readCookie(url, line);
      if (cookie === undefined) continue;
      const key = `${cookie.host} ${cookie.path} ${cookie.name}`;
      if (isAlive(cookie)) this.#cookies.set(key, cookie);
      else this.#cookies.delete(key);
    }
  }

  /** The `Cookie` header for a request; undefined when there is none to send. */
  header(url: URL, context: CookieContext): string | undefined {
    const sent = this.all().filter((cookie) => goesTo(cookie, url) && mayCross(cookie, context));
    if (sent.length === 0) return undefined;
    return sent.map(({ name, value }) => `${name}=${value}`).join('; ');
  }

  /** Forgets everything, as a new browser would. */
  clear(): void {
    this.#cookies.clear();
  }
}

function isAlive({ expiresAt }: Cookie): boolean {
  return expiresAt === undefined || expiresAt > Date.now();
}

function goesTo(cookie: Cookie, url: URL): boolean {
  if (cookie.host !== url.hostname || (cookie.secure && url.protocol !== 'https:')) return false;
  const path = cookie.path.endsWith('/') ? cookie.path : `${cookie.path}/`;
  return url.pathname === cookie.path || url.pathname.startsWith(path);
}

function mayCross(cookie: Cookie, { method, sameSite }: CookieContext): boolean {
  if (sameSite || cookie.sameSite === 'none') return true;
  return cookie.sameSite === 'lax' && (method === 'GET' || method === 'HEAD');
}

function readCookie(url: URL, line: string): Cookie | undefined {
  const [pair = '', ...rest] = line.split(';');
  const [name, value] = halves(pair);
  const attributes = new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text]));
  const secure = attributes.has('secure');
  const path = attributes.get('path')?.startsWith('/') === true ? (attributes.get('path') ?? '/') : '/';
  const cookie: Cookie = {
    name,
    value,
    secure,
    path,
    host: url.hostname,
    httpOnly: attributes.has('httponly'),
    sameSite: sameSiteOf(attributes.get('samesite')),
    expiresAt: expiryOf(attributes),
  };
  return isAcceptable(cookie, url, attributes) ? cookie : undefined;
}

/** Secure cookies come over https only; a name with a prefix must keep what the prefix promises. */
function isAcceptable({ name, secure, path }: Cookie, url: URL, attributes: ReadonlyMap<string, string>): boolean {
  if (name === '' || (secure && url.protocol !== 'https:')) return false;
  if (name.startsWith('__Host-')) return secure && path === '/' && !attributes.has('domain');
  return !name.startsWith('__Secure-') || secure;
}

function sameSiteOf(text: string | undefined): Cookie['sameSite'] {
  const word = text?.toLowerCase();
  return word === 'strict' || word === 'none' ? word : 'lax';
}

function expiryOf(attributes: ReadonlyMap<string, string>): number | undefined {
  const maxAge = attributes.get('max-age');
  if (maxAge !== undefined) return Date.now() + Number(maxAge) * 1000;
  const expires = attributes.get('expires');
  return expires === undefined ? undefined : Date.parse(expires);
}

function halves(text: string): [string, string] {
  const equals = text.indexOf('=');
  return equals === -1 ? [text.trim(), ''] : [text.slice(0, equals).trim(), text.slice(equals + 1).trim()];
}
