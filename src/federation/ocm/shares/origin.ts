import { Failure, hostOf } from '../../../kernel/index.js';
import { serverUrl } from '../wording/address.js';
import type { OcmRecord } from '../discovery/record.js';
import { malformed } from '../wording/refusal.js';
import type { ReceivedShare } from './share.js';

/** What is to be done before the sender of a share is believed. */
export type OriginCheck =
  | 'believed'
  /** The secret has to open the share at the owner's server first. */
  | 'probe-owner';

/**
 * Whether a share may be announced by this sender (open-cloud-mesh.md 4.3). Signer, sender and owner have to be at one
 * server. The exception is a reshare that the owner's server arranged, whose sender is at another server. `signer` is a
 * host, undefined for an unsigned message. Throws `forbidden` for everything else (OCM-02).
 */
export function checkOrigin({ owner, sender }: ReceivedShare, signer: string | undefined): OriginCheck {
  if (signer === undefined) return sender.host === owner.host ? 'believed' : 'probe-owner';
  if (signer === owner.host) return 'believed';
  throw new Failure('forbidden', 'The share was announced by another server than its owner’s.', {
    detail: `signed by ${signer}, owned at ${owner.host}, sent at ${sender.host}`,
  });
}

/** The hosts whose server may have signed a share: the owner's alone. */
export function signersOf({ owner }: ReceivedShare): string[] {
  return [owner.host];
}

/** The address of a share, and how its secret is shown there first (open-cloud-mesh.md 8). */
export interface Opening {
  /** Absolute. It ends in a slash when it is the root that the server advertises. */
  readonly url: string;
  readonly tries: 'basic' | 'bearer-then-basic';
}

/**
 * The address of a received share. The secret will be sent there, so it has to be on the host of the owner, and https,
 * unless the owner's address says http, as in trials. Throws a refusal with status 400 otherwise (OCM-06).
 */
export function openingOf(share: ReceivedShare, record: OcmRecord): Opening {
  const root = parse(advertisedRoot(share, record), serverUrl(share.owner));
  const uri = share.webdav?.uri;
  if (uri === undefined) return { url: checked(root, share).href, tries: 'basic' };
  const url = /^[a-z][a-z0-9+.-]*:/i.test(uri) ? parse(uri) : below(checked(root, share), uri);
  return { url: checked(url, share).href, tries: 'bearer-then-basic' };
}

/** The path at which Nextcloud serves shares, for servers that advertise none. */
const USUAL_ROOT = '/public.php/webdav/';

/**
 * The path that the server advertises, below the sub-folder of the owner's address, unless it begins with that already.
 */
function advertisedRoot({ owner }: ReceivedShare, { resourceTypes }: OcmRecord): string {
  const advertised = resourceTypes
    .map(({ protocols }) => protocols.webdav)
    .find((path) => path?.startsWith('/') === true);
  const path = advertised ?? USUAL_ROOT;
  return `${path}/`.startsWith(`${owner.path}/`) ? path : owner.path + path;
}

function checked(url: URL | undefined, { owner }: ReceivedShare): URL {
  const host = url === undefined ? undefined : hostOf(url.href);
  const isKnown = host !== undefined && host === owner.host;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && owner.isPlain);
  const isPlain = url?.search === '' && url.hash === '' && url.username === '';
  if (url === undefined || !isKnown || !isSafe || !isPlain) {
    throw malformed([{ name: 'protocol.webdav.uri', message: 'INVALID' }]);
  }
  return url;
}

/** A segment of an address that every program reads alike. */
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,;=@:-]+$/;

/**
 * The address of an id below the root that a server advertises; undefined for an id that some programs would read as a
 * place outside.
 */
function below(root: URL, id: string): URL | undefined {
  if (id.startsWith('//')) return undefined;
  const segments = id.split('/').filter((segment) => segment !== '');
  const isPlain = segments.every((segment) => SEGMENT.test(segment) && segment !== '.' && segment !== '..');
  if (!isPlain || segments.length === 0) return undefined;
  return new URL([root.pathname.replace(/\/$/, ''), ...segments].join('/'), root);
}

function parse(text: string, base?: string): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}
