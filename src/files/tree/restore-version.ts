import { invalid, notFound } from '../../kernel/index.js';
import { keepsVersions } from '../space/abilities.js';
import type { ChangeOptions, Node } from '../space/file-space.js';
import type { Reach } from './reach.js';

/**
 * Writes an older content of a file as a new version, so that nothing is lost. Works for files of this and of other
 * clouds whose space keeps versions. `precondition-failed` when the file changed meanwhile, where the space can tell.
 */
export async function restoreVersion(reach: Reach, version: number, options: ChangeOptions): Promise<Node> {
  const abilities = await reach.call('read', async (space) => keepsVersions(space) && space.abilities);
  if (abilities === false) throw invalid('This cloud keeps no older versions of its files.');
  const now = await reach.call('read', (space, key) => space.stat(key));
  const reading = { version, ...(options.signal && { signal: options.signal }) };
  const opened = await reach.call('read', (space, key) => space.open(key, reading));
  if (opened.outcome !== 'content') throw notFound();
  const content = { body: opened.body, ...(opened.size !== undefined && { length: opened.size }) };
  const writing = { ...options, ...(abilities.conditionalWrites && { conditions: { ifMatch: [now.etag] } }) };
  try {
    return await reach.call('write', (space, key) => space.replace(key, content, writing));
  } finally {
    opened.body.destroy();
  }
}
