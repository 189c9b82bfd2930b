import { invalid, isVisible, withoutTrailing } from '../../../kernel/index.js';
import { knownPlace, type OcmPlace } from '../../../peers/index.js';

/** A server, as in an address. `isPlain`: it was written with `http://`, as in trials without TLS. */
export type OcmServer = OcmPlace;

/** Somebody at a server of Open Cloud Mesh (open-cloud-mesh.md 2). */
export interface OcmAddress extends OcmServer {
  /** Only its own server understands it: it is opaque, compared letter by letter, and may hold `@`. */
  readonly id: string;
}

/** Longest address, characters: an oCIS id in base64, with its host twice, has some 200. */
const LONGEST_ADDRESS = 1_024;

const UNFIT = /[\p{Cc}\p{Surrogate}]/u;

/**
 * Reads `identifier@host[:port]`, parted at the last `@`, and repairs what servers make of it: a scheme, an end of `/` or
 * `/index.php`, the host said twice. Throws `invalid` for what names nobody.
 */
export function parseAddress(text: string): OcmAddress {
  const address = text.length > LONGEST_ADDRESS || UNFIT.test(text) ? undefined : parted(text);
  if (address === undefined || !isVisible(address.id)) throw invalid('This is no address of the form name@server.');
  return folded(address);
}

/** Splits an address; a repeated host is not cut off yet. */
function parted(text: string): OcmAddress | undefined {
  const at = text.lastIndexOf('@');
  const server = at < 1 ? undefined : parseServer(text.slice(at + 1));
  return server === undefined ? undefined : { id: text.slice(0, at), ...server };
}

const SCHEME = /^https?:\/\//i;

/** Reads a server, with or without scheme, port and sub-folder. Undefined for what is none. */
export function parseServer(text: string): OcmServer | undefined {
  const isPlain = /^http:/i.test(text);
  const rest = text.replace(SCHEME, '');
  const slash = rest.indexOf('/');
  const [host, path] = slash === -1 ? [rest, ''] : [rest.slice(0, slash), withoutEntry(rest.slice(slash))];
  return knownPlace({ host, path, isPlain });
}

const ENTRY = '/index.php';

/** A path without `/index.php` and slashes at its end, which Nextcloud writes, perhaps several times. */
function withoutEntry(path: string): string {
  const plain = withoutTrailing(path, '/');
  return plain.endsWith(ENTRY) ? withoutEntry(plain.slice(0, -ENTRY.length)) : plain;
}

/**
 * Cuts the host off an identifier that ends in it, as at oCIS and OpenCloud, as often as it is repeated. If it ends in
 * another host, it is an identifier like an e-mail address, and stays.
 */
function folded(address: OcmAddress): OcmAddress {
  const inner = parted(address.id);
  if (inner === undefined || inner.host !== address.host || !isVisible(inner.id)) return address;
  const path = address.path === '' ? inner.path : address.path;
  return folded({ ...address, id: inner.id, path, isPlain: address.isPlain || inner.isPlain });
}

/** An address as we write it: clean, without scheme unless the server is on trial without TLS. */
export function printAddress(address: OcmAddress): string {
  return `${address.id}@${printServer(address)}`;
}

/** A server as it stands in addresses and messages, written alike. */
export function printServer({ host, path, isPlain }: OcmServer): string {
  return `${isPlain ? 'http://' : ''}${host}${path}`;
}

/**
 * The address of a contact that was met through an invitation: its `userID` exactly as it was given, although the host may
 * then stand there twice (oCIS and OpenCloud compare the text).
 */
export function printContact(userId: string, host: string): string {
  return `${userId}@${host}`;
}

/** True when two addresses name the same person. Whether a scheme was written makes no difference. */
export function sameAddress(a: OcmAddress, b: OcmAddress): boolean {
  return a.id === b.id && a.host === b.host && a.path === b.path;
}

/** An address at one server, at another one to which that has moved; one elsewhere stays as it is. */
export function movedAddress(text: string, from: OcmServer, to: OcmServer): string {
  const address = parseAddress(text);
  return sameAddress(address, { ...from, id: address.id }) ? printAddress({ ...to, id: address.id }) : text;
}

/** The address below which a server's discovery document is looked for (open-cloud-mesh.md 3.2). */
export { ocmUrl as serverUrl } from '../../../peers/index.js';
