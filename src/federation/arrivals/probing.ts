import { isFailure } from '../../kernel/index.js';
import type { Outbound } from '../../platform/index.js';
import type { Opening } from '../ocm/index.js';

const BODY = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:resourcetype/></d:prop></d:propfind>';

const REFUSALS = [401, 403, 404];

/** The content of the answer does not matter, so little of it is read. */
const MAX_BYTES = 64 * 1024;

/**
 * True when a secret opens a share at the address in it (open-cloud-mesh.md 4.3). Asks only that server, once for each
 * way of showing the secret, and follows no redirect. False when it does not answer.
 */
export async function opensThere(outbound: Pick<Outbound, 'call'>, opening: Opening, secret: string): Promise<boolean> {
  return (await lookedAt(outbound, opening, secret)) === 'open';
}

/** Like {@link opensThere}; `refused` when that server answers that the secret opens nothing, `unclear` for every other answer. */
export async function lookedAt(
  outbound: Pick<Outbound, 'call'>,
  { url, tries }: Opening,
  secret: string,
): Promise<'open' | 'refused' | 'unclear'> {
  const basic = `Basic ${Buffer.from(`${secret}:`).toString('base64')}`;
  const proofs = tries === 'basic' ? [basic] : [`Bearer ${secret}`, basic];
  const statuses: number[] = [];
  for (const authorization of proofs) {
    const status = await asked(outbound, url, authorization);
    if (status === 207) return 'open';
    statuses.push(status);
  }
  return statuses.every((status) => REFUSALS.includes(status)) ? 'refused' : 'unclear';
}

async function asked(outbound: Pick<Outbound, 'call'>, address: string, authorization: string): Promise<number> {
  const url = new URL(address);
  const headers = { authorization, depth: '0', 'content-type': 'application/xml' };
  const body = Buffer.from(BODY);
  const limits = { maxBytes: MAX_BYTES, cutsLong: true, pinnedOrigins: [url.origin] };
  try {
    return (await outbound.call({ method: 'PROPFIND', url, headers, body, ...limits })).status;
  } catch (error) {
    if (isFailure(error)) return 0;
    throw error;
  }
}
