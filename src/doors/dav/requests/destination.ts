import { Failure, invalid, notFound } from '../../../kernel/index.js';
import { parseDavPath, type DavPath, type RootPath } from './paths.js';

/** The hosts under which this cloud is reached: its public address, and the one that the request names. */
export interface OwnHosts {
  /** The public address, or its origin. */
  readonly publicUrl: string;
  /** The `Host` of the request. */
  readonly host: string | undefined;
}

/** The roots of this door: whoever asks through one of them reaches nothing through another. */
const ROOTS = /^\/(?:dav|public\.php\/webdav)(?:\/|$)/;

/** Scheme and authority of an address, its path, and what follows. */
const ADDRESS = /^(?:(https?):\/\/([^/?#]*))?(\/[^?#]*)?([?#].*)?$/i;

/**
 * Reads an address that a client names in `Destination` or `If`, a whole URI or a path, as the path below one root (RFC
 * 4918 10.3). Schemes are not compared, since TLS may end before us. `outside`: on another host, or below no root of
 * this door; `at another root`: below another root. Throws `invalid` for what is no address, or can name nothing here.
 */
export function readAddress(text: string, root: RootPath, hosts: OwnHosts): DavPath | 'outside' | 'at another root' {
  const [whole, scheme, authority, path = '/', rest] = ADDRESS.exec(text.trim()) ?? [];
  if (whole === undefined || rest !== undefined) throw invalid('This is no address of a file or folder.');
  if (authority !== undefined && !isOurs(authority, scheme ?? 'http', hosts)) return 'outside';
  if (path !== root.path && !path.startsWith(`${root.path}/`)) {
    if (authority === undefined && whole === '') throw invalid('This is no address of a file or folder.');
    return ROOTS.test(path) ? 'at another root' : 'outside';
  }
  return parseDavPath(path.slice(root.path.length), root);
}

/**
 * Where `COPY` or `MOVE` is to go. Throws `peer-failed` (502, RFC 4918 9.8.5) for what is not ours, `not-found` for what is
 * out of the reach of this root (DAV-02).
 */
export function readDestination(text: string | undefined, root: RootPath, hosts: OwnHosts): DavPath {
  if (text === undefined || text.trim() === '') throw invalid('The header Destination is missing.');
  const path = readAddress(text, root, hosts);
  if (path === 'at another root') throw notFound();
  if (path === 'outside') throw new Failure('peer-failed', 'This cloud does not copy or move to other places.');
  return path;
}

function isOurs(authority: string, scheme: string, { publicUrl, host }: OwnHosts): boolean {
  const wanted = hostOf(`${scheme}://${authority}`);
  if (wanted === undefined) throw invalid('This is no address of a file or folder.');
  // The request says no scheme: behind a proxy it may be either.
  const own = [publicUrl, ...(host === undefined ? [] : [`http://${host}`, `https://${host}`])].map(hostOf);
  return own.includes(wanted);
}

/** Host and port, without a port that is the default of the scheme. */
function hostOf(address: string): string | undefined {
  if (!URL.canParse(address)) return undefined;
  const { hostname, port, username, password } = new URL(address);
  return username === '' && password === '' ? `${hostname.replace(/\.$/, '')}:${port}` : undefined;
}
