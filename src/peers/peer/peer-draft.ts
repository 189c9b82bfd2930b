import { domainToASCII } from 'node:url';
import { invalid, keepText, parseLabel, withoutTrailing } from '../../kernel/index.js';
import { covers, webOriginOf } from './web-origins.js';
import { checkOcm, ocmOrigin, type OcmDraft, type OcmTerms } from './ocm-terms.js';
import {
  DIALECTS,
  TRANSPORTS,
  type ConsumerPair,
  type DialectName,
  type PeerLimits,
  type ProposalTransport,
} from './peer.js';

/** What a cloud says of itself: checked for form, but not proven. */
export interface DiscoveredPeer {
  /** As the cloud calls itself, safe to show. */
  readonly name: string;
  readonly transport: ProposalTransport;
  readonly storageApi: string;
  readonly storageBase: string;
  readonly shareUrl: string;
  readonly unshareUrl: string | undefined;
  readonly credentialsUrl: string;
  readonly returnUrl: string | undefined;
  readonly joinUrl: string | undefined;
  /** Of the endpoints and the storage base. */
  readonly origins: readonly string[];
  readonly emailDomains: readonly string[];
  /** Safe to show. */
  readonly description: string | undefined;
  readonly logoUrl: string | undefined;
}

/** A peer as an administrator writes it down (cloudspaces-interop.md 1). */
export interface PeerDraft {
  readonly name: string;
  readonly shareUrl: string;
  readonly credentialsUrl: string;
  /** Absent or null: the peer is not told of ends. */
  readonly unshareUrl?: string | null | undefined;
  readonly dialect?: DialectName | undefined;
  readonly transport?: ProposalTransport | undefined;
  readonly storageApi?: string | undefined;
  /** Where its storage API is. */
  readonly storageBase?: string | undefined;
  /**
   * Allowed in resource_url and callback, each with a base path if need be. The origins of the endpoints and the storage
   * base are added where no entry covers them.
   */
  readonly origins?: readonly string[] | undefined;
  readonly emailDomains?: readonly string[] | undefined;
  readonly returnUrl?: string | null | undefined;
  readonly description?: string | null | undefined;
  readonly logoUrl?: string | null | undefined;
  readonly limits?: Partial<PeerLimits> | undefined;
  readonly allowUnsigned?: boolean | undefined;
  readonly credentialsByGet?: boolean | undefined;
  /** The pair that the peer issued to us. */
  readonly outbound?: ConsumerPair | undefined;
  /** What it is in Open Cloud Mesh. Absent or null: it does not speak that. */
  readonly ocm?: OcmDraft | null | undefined;
}

/** Changes to a peer: absent or undefined fields stay, null removes. */
export type PeerChanges = { readonly [Key in keyof PeerDraft]?: PeerDraft[Key] | undefined };

/** A checked draft, in the form in which it is stored and compared. */
export interface CheckedPeer {
  readonly name: string;
  readonly dialect: DialectName;
  readonly transport: ProposalTransport;
  readonly storageApi: string;
  readonly shareUrl: string;
  readonly unshareUrl: string | undefined;
  readonly credentialsUrl: string;
  readonly origins: readonly string[];
  readonly emailDomains: readonly string[];
  readonly returnUrl: string | undefined;
  readonly description: string | undefined;
  readonly logoUrl: string | undefined;
  readonly limits: PeerLimits;
  readonly allowUnsigned: boolean;
  readonly credentialsByGet: boolean;
  readonly ocm: OcmTerms | undefined;
}

const LONGEST_DESCRIPTION = 300;
const HIGHEST_LIMIT = 100_000;
const LONGEST_URL = 400;

/**
 * Checks a draft. Throws `invalid` with a sentence for the administrator. Plain http passes only with `allowInsecure`
 * (`FOOTBRIDGE_ALLOW_INSECURE_PEERS`).
 */
export function checkDraft(draft: PeerDraft, allowInsecure: boolean): CheckedPeer {
  const address = (text: string, what: string): string => checkAddress(text, what, allowInsecure).href;
  const optional = (text: string | null | undefined, what: string): string | undefined =>
    typeof text === 'string' ? address(text, what) : undefined;
  const shareUrl = address(draft.shareUrl, 'share address');
  const credentialsUrl = address(draft.credentialsUrl, 'credentials address');
  const unshareUrl = optional(draft.unshareUrl, 'unshare address');
  const ocm = checkOcm(draft.ocm ?? undefined, allowInsecure);
  const more = [unshareUrl, ocm && ocmOrigin(ocm)].flatMap((text) => text ?? []);
  const endpoints = [shareUrl, credentialsUrl, ...more];
  const dialect = oneOf(DIALECTS, draft.dialect ?? 'spec', 'dialect');
  if (dialect === 'ocm' && ocm === undefined)
    throw invalid('A peer that speaks only Open Cloud Mesh needs its server.');
  return {
    name: parseLabel(draft.name, 'The name of a peer'),
    dialect,
    transport: oneOf(TRANSPORTS, draft.transport ?? 'server-post', 'transport'),
    storageApi: checkWord(draft.storageApi ?? 'stacksync-v2', 'storage API'),
    shareUrl,
    unshareUrl,
    credentialsUrl,
    origins: webOriginsFor(draft, endpoints, allowInsecure),
    emailDomains: [...new Set((draft.emailDomains ?? []).map(checkDomain))],
    returnUrl: optional(draft.returnUrl, 'return address'),
    description: keepText(draft.description ?? '', LONGEST_DESCRIPTION) || undefined,
    logoUrl: optional(draft.logoUrl, 'address of the logo'),
    limits: {
      proposals: checkLimit(draft.limits?.proposals, 'proposals'),
      messages: checkLimit(draft.limits?.messages, 'messages'),
    },
    allowUnsigned: draft.allowUnsigned ?? false,
    credentialsByGet: draft.credentialsByGet ?? false,
    ocm,
  };
}

/** Refuses a pair that could not prove anything (threat model OAU-01: empty secrets cannot be stored). */
export function checkPair({ key, secret }: ConsumerPair): ConsumerPair {
  for (const [what, text] of [
    ['key', key],
    ['secret', secret],
  ] as const) {
    if (!/^[\x21-\x7e]{1,400}$/.test(text))
      throw invalid(`The consumer ${what} must be 1 to 400 visible ASCII characters.`);
  }
  return { key, secret };
}

/** Reads an address that an administrator typed or a discovery document named. */
export function checkAddress(text: string, what: string, allowInsecure: boolean): URL {
  const trimmed = text.trim();
  const url = URL.canParse(trimmed) ? new URL(trimmed) : undefined;
  const isPlain = /^https?:\/\/[^/?#@\\\s]+(?:[/?][^#\\\s]*)?$/i.test(trimmed) && trimmed.length <= LONGEST_URL;
  if (url === undefined || !isPlain) {
    throw invalid(`The ${what} must be an absolute http or https address without user name or fragment.`);
  }
  if (url.protocol !== 'https:' && !allowInsecure) throw invalid(`The ${what} must begin with https://.`);
  return url;
}

function checkLimit(limit: number | undefined, what: string): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 1 && limit <= HIGHEST_LIMIT)) return limit;
  throw invalid(`The number of ${what} a minute is a whole number from 1 to ${String(HIGHEST_LIMIT)}.`);
}

function webOriginsFor(draft: PeerDraft, endpoints: readonly string[], allowInsecure: boolean): string[] {
  const named = (draft.origins ?? []).map((text) => checkWebOrigin(text, allowInsecure));
  const base =
    draft.storageBase === undefined ? [] : [checkAddress(draft.storageBase, 'storage base', allowInsecure).href];
  const implied = [...endpoints, ...base].map((text) => new URL(text));
  const uncovered = implied.filter((url) => !named.some((origin) => covers(origin, url)));
  return [...new Set([...named, ...uncovered.map(webOriginOf)])];
}

function checkWebOrigin(text: string, allowInsecure: boolean): string {
  const url = checkAddress(text, 'origin', allowInsecure);
  if (url.search !== '') throw invalid('An origin has no query.');
  return webOriginOf(url) + withoutTrailing(url.pathname, '/');
}

/** An e-mail domain in the form in which it is compared; undefined for what is none. */
export function readDomain(text: string): string | undefined {
  const domain = domainToASCII(text.trim().replace(/^@/, ''));
  return /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/.test(domain) ? domain : undefined;
}

function checkDomain(text: string): string {
  const domain = readDomain(text);
  if (domain === undefined) throw invalid('An e-mail domain looks like mail.example.');
  return domain;
}

/** What names of storage APIs look like. */
export const STORAGE_API_NAME = /^[a-z0-9][a-z0-9.-]{0,49}$/i;

function checkWord(text: string, what: string): string {
  if (!STORAGE_API_NAME.test(text)) throw invalid(`The ${what} is a short word such as stacksync-v2.`);
  return text;
}

function oneOf<T extends string>(known: readonly T[], text: string, what: string): T {
  const found = known.find((each) => each === text);
  if (found === undefined) throw invalid(`The ${what} must be one of: ${known.join(', ')}.`);
  return found;
}
