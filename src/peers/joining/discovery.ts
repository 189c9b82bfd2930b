import { z } from 'zod';
import { Failure, keepLabel, keepText, withoutTrailing } from '../../kernel/index.js';
import { type Outbound, parseForeignJson } from '../../platform/index.js';
import { covers, webOriginOf } from '../peer/web-origins.js';
import { checkAddress, readDomain, STORAGE_API_NAME, type DiscoveredPeer } from '../peer/peer-draft.js';
import { TRANSPORTS } from '../peer/peer.js';

/** What an administrator has confirmed of a discovery document beforehand (threat model ADM-02). */
export interface DiscoveryConsent {
  /** Its endpoints may be on other hosts. */
  readonly allowOtherHosts?: boolean | undefined;
  /** Origins that were named by hand. */
  readonly namedOrigins?: readonly string[] | undefined;
}

const PATH = '/.well-known/cloudspaces';
const MAX_BYTES = 64 * 1024;

const address = z.string().transform((text, context) => {
  try {
    return checkAddress(text, 'address', true).href;
  } catch {
    context.addIssue({ code: 'custom', message: 'not a plain http(s) address' });
    return z.NEVER;
  }
});

/** The keys of cloudspaces-interop.md 1; unknown ones are ignored. */
const documentShape = z.object({
  name: z
    .string()
    .max(1_000)
    .transform((text) => keepLabel(text))
    .pipe(z.string().min(1)),
  protocol_versions: z.array(z.string().max(20)).max(20),
  transport_share: z.enum(TRANSPORTS).default('server-post'),
  endpoint_share: address,
  endpoint_unshare: address.optional(),
  endpoint_credentials: address,
  storage_apis: z.array(z.object({ storage_api: z.string().regex(STORAGE_API_NAME), base: address })).max(20),
  endpoint_join: address.optional(),
  email_domains: z.array(z.string().max(253)).max(50).default([]),
  return_url: address.optional(),
  description: z.string().max(2_000).default(''),
  logo: address.optional().catch(undefined),
});

/**
 * Reads the discovery document of the cloud at `text`. Throws `invalid` for text that is no address, `peer-failed` with
 * the same sentence for every error of the other side (threat model SSR-05; the reason is in `detail`), and `conflict`
 * when the document names other origins than its own and nobody has confirmed that (ADM-02).
 */
export async function discover(
  outbound: Pick<Outbound, 'call'>,
  text: string,
  consent: DiscoveryConsent = {},
): Promise<DiscoveredPeer> {
  const url = documentUrl(text);
  const found = await attempt(async () => readDocument(await fetchDocument(outbound, url)));
  requireConfirmed(found, url, consent);
  return found;
}

/** The address of the cloud whose document is at this address. */
export function cloudAt(discovery: string): string {
  return discovery.endsWith(PATH) ? discovery.slice(0, -PATH.length) : discovery;
}

/** The address of the document of a cloud at an origin. */
export function wellKnownUrl(origin: string): string {
  return new URL(PATH, origin).href;
}

/** The address of the document of the cloud at an address. Throws `invalid`. */
export function documentUrl(text: string): URL {
  const url = checkAddress(text, 'address of the other cloud', true);
  const path = withoutTrailing(url.pathname, '/');
  url.pathname = path.endsWith(PATH) ? path : path + PATH;
  url.search = '';
  return url;
}

async function fetchDocument(outbound: Pick<Outbound, 'call'>, url: URL): Promise<Buffer> {
  const headers = { accept: 'application/json' };
  const answer = await outbound.call({ method: 'GET', url: url.href, headers, maxBytes: MAX_BYTES });
  if (answer.status !== 200) throw new Error(`answered ${String(answer.status)}`);
  return answer.body;
}

function readDocument(body: Buffer): DiscoveredPeer {
  const document = documentShape.parse(parseForeignJson(body));
  if (!document.protocol_versions.includes('1.0')) throw new Error('does not speak version 1.0');
  const { storage_apis: apis } = document;
  const storage = apis.find((each) => each.storage_api === 'stacksync-v2') ?? apis[0];
  if (storage === undefined) throw new Error('names no storage API');
  const { endpoint_share: shareUrl, endpoint_unshare: unshareUrl, endpoint_credentials: credentialsUrl } = document;
  const own = [shareUrl, credentialsUrl, storage.base, ...(unshareUrl === undefined ? [] : [unshareUrl])];
  return {
    name: document.name,
    transport: document.transport_share,
    storageApi: storage.storage_api,
    storageBase: storage.base,
    shareUrl,
    unshareUrl,
    credentialsUrl,
    returnUrl: document.return_url,
    joinUrl: document.endpoint_join,
    origins: [...new Set(own.map((each) => webOriginOf(new URL(each))))],
    // An unusable domain is left out and is no reason to refuse the cloud.
    emailDomains: [...new Set(document.email_domains.flatMap((text) => readDomain(text) ?? []))],
    description: keepText(document.description, 300) || undefined,
    logoUrl: document.logo,
  };
}

async function attempt(work: () => Promise<DiscoveredPeer>): Promise<DiscoveredPeer> {
  try {
    return await work();
  } catch (cause) {
    const detail = cause instanceof Failure ? (cause.detail ?? cause.message) : String(cause);
    throw new Failure('peer-failed', 'No cloud that this one can talk to was found at this address.', {
      detail,
      cause,
    });
  }
}

function requireConfirmed(
  found: DiscoveredPeer,
  url: URL,
  { allowOtherHosts, namedOrigins = [] }: DiscoveryConsent,
): void {
  if (allowOtherHosts === true) return;
  const known = [webOriginOf(url), ...namedOrigins];
  const extra = [found.returnUrl, found.joinUrl, found.logoUrl].filter((each) => each !== undefined);
  const named = [...found.origins, ...extra].map((each) => new URL(each));
  const strangers = named.filter((each) => !known.some((origin) => covers(origin, each))).map(webOriginOf);
  if (strangers.length === 0) return;
  const list = [...new Set(strangers)].join(', ');
  throw new Failure('conflict', `This cloud names addresses elsewhere: ${list}. Confirm them if they are its own.`);
}
