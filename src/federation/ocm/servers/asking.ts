import { Failure, isFailure, SECOND } from '../../../kernel/index.js';
import { tryForeignJson, type Outbound, type OutboundAnswer } from '../../../platform/index.js';
import { DISCOVERY_PATHS, readDiscovery } from '../discovery/reading.js';
import type { OcmRecord } from '../discovery/record.js';
import { serverUrl, type OcmServer } from '../wording/address.js';

/** The calls to other servers, all through the one guarded client (threat model SSR-04). */
export type GuardedCalls = Pick<Outbound, 'call'>;

const PATIENCE = 10 * SECOND;
const MAX_BYTES = 64 * 1024;
const MOST_HOPS = 3;

/**
 * Asks a server what it says of itself, at each path in turn (open-cloud-mesh.md 3.2). Throws `unavailable` when it has sharing
 * switched off, and `peer-failed` or `peer-timeout` with one text for whatever else goes wrong (SSR-05).
 */
export async function askServer(outbound: GuardedCalls, server: OcmServer): Promise<OcmRecord> {
  const base = serverUrl(server);
  for (const path of DISCOVERY_PATHS) {
    const document = await fetchDocument(outbound, new URL(base + path));
    if (document !== undefined) return readDiscovery(document, base);
  }
  throw new Failure('peer-failed', NOT_THERE, { detail: 'no document at any path' });
}

const NOT_THERE = 'No server that this cloud can share with was found there.';

/**
 * The JSON at an address, over at most three redirects of the same scheme; undefined when there is none, for instance
 * where a server answers every path with its web page.
 */
async function fetchDocument(outbound: GuardedCalls, start: URL): Promise<unknown> {
  let url = start;
  for (let hop = 0; hop <= MOST_HOPS; hop += 1) {
    const answer = await get(outbound, url);
    const next = locationOf(answer, url);
    if (next === undefined) return answer.status === 200 ? tryForeignJson(answer.body) : undefined;
    url = next;
  }
  return undefined;
}

/** The JSON at an address that is asked once, without a redirect. Throws as {@link askServer} does. */
export async function fetchJson(outbound: GuardedCalls, url: string): Promise<unknown> {
  const answer = await get(outbound, new URL(url));
  const document = answer.status === 200 ? tryForeignJson(answer.body) : undefined;
  if (document === undefined)
    throw new Failure('peer-failed', NOT_THERE, { detail: `answered ${String(answer.status)}` });
  return document;
}

async function get(outbound: GuardedCalls, url: URL): Promise<OutboundAnswer> {
  const headers = { accept: 'application/json' };
  try {
    return await outbound.call({ method: 'GET', url, headers, maxBytes: MAX_BYTES, timeout: PATIENCE });
  } catch (cause) {
    if (!isFailure(cause)) throw cause;
    const code = cause.code === 'peer-timeout' ? 'peer-timeout' : 'peer-failed';
    throw new Failure(code, NOT_THERE, { detail: cause.detail ?? cause.message, cause });
  }
}

/** Where a redirect leads; undefined for every other answer, and for one that changes the scheme (threat model SSR-03). */
function locationOf({ status, headers }: OutboundAnswer, from: URL): URL | undefined {
  const { location } = headers;
  if (![301, 302, 303, 307, 308].includes(status) || typeof location !== 'string') return undefined;
  const next = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  return next?.protocol === from.protocol ? next : undefined;
}
