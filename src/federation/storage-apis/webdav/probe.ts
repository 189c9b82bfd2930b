import { readRetryAfter } from '../../../client/index.js';
import { isFailure } from '../../../kernel/index.js';
import type { FolderProbe } from '../../ports/storage-api.js';
import type { Looking } from './looking.js';

/**
 * Refusals that mean the same: servers differ in which of them they send for wrong credentials or an ended share
 * (ruling F-06). One of them ends nothing; a share ends only when it is refused again and again.
 */
const REFUSALS: readonly number[] = [401, 403, 404, 410];

/** Asks once about the shared item itself. Never throws because of what a peer does. */
export async function probeRoot(looking: Looking): Promise<FolderProbe> {
  try {
    const { answer, found } = await looking.root();
    const { status, headers } = answer;
    if (REFUSALS.includes(status)) return { kind: 'refused', detail: `answered ${String(status)}` };
    if (status !== 207) {
      const retryAfter = readRetryAfter(headers['retry-after'], headers['date']);
      return { kind: 'trouble', note: `The other cloud answered ${String(status)}.`, retryAfter };
    }
    if (found === undefined) return { kind: 'wrong', note: 'The other cloud does not tell what is shared.' };
    const { node, resource } = found;
    const { permission, expiresAt } = resource;
    return { kind: 'ok', name: node.name, node, keepsDesk: false, permission, expiresAt };
  } catch (error) {
    if (!isFailure(error) || error.code === 'internal') throw error;
    return { kind: 'trouble', note: error.message, detail: error.detail, retryAfter: error.retryAfter };
  }
}
