import { apiRequest, readRetryAfter } from '../../../client/index.js';
import { isFailure } from '../../../kernel/index.js';
import type { FolderProbe } from '../../ports/storage-api.js';
import { readKeepsDesk } from './desk-wire.js';
import type { SharedResource } from './resource.js';
import type { PeerTransport } from './transport.js';
import { readTerms, readTop } from './wire.js';

/**
 * Treated alike, because clouds differ in which of them they answer for a grant that they do not accept (ruling F-06).
 */
const REFUSALS: readonly number[] = [401, 403, 404];

/** Reads the metadata of a share's top once, freshly signed. Never throws because of what a peer does. */
export async function probeShare(transport: PeerTransport, { base, id, kind }: SharedResource): Promise<FolderProbe> {
  try {
    const { status, headers, value, unreadable } = await transport.askRaw(
      apiRequest(base, { method: 'GET', path: `${kind}/${id}` }),
    );
    if (REFUSALS.includes(status)) return { kind: 'refused', detail: `answered ${String(status)}` };
    if (status !== 200) {
      const wait = readRetryAfter(headers['retry-after'], headers['date']);
      return trouble(`The other cloud answered ${String(status)}.`, wait);
    }
    return unreadable === undefined ? judge(value, { id, kind }) : trouble('The other cloud did not answer JSON.');
  } catch (error) {
    if (isFailure(error) && error.code !== 'internal')
      return { ...trouble(error.message, error.retryAfter), detail: error.detail };
    throw error;
  }
}

function judge(answer: unknown, { id, kind }: Pick<SharedResource, 'id' | 'kind'>): FolderProbe {
  const node = readTop(answer);
  const terms = readTerms(answer);
  if (node === undefined || terms === undefined) return wrong('The metadata of the shared folder cannot be read.');
  if (node.key !== id || node.kind !== kind) return wrong('The other cloud answers for another item.');
  if (node.status === 'DELETED') return wrong('The shared folder has been deleted.');
  const keepsDesk = readKeepsDesk(answer);
  return { kind: 'ok', name: node.name, node: { ...node, parentKey: null }, keepsDesk, ...terms };
}

function trouble(note: string, retryAfter?: number): Extract<FolderProbe, { kind: 'trouble' }> {
  return { kind: 'trouble', note, retryAfter };
}

function wrong(note: string): FolderProbe {
  return { kind: 'wrong', note };
}
