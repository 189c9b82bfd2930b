/** Messages to the thread. Hashes and shared memories are identified by numbers. */
export type Order =
  | { readonly does: 'know'; readonly hash: number; readonly memory: SharedArrayBuffer }
  | {
      readonly does: 'update';
      readonly hash: number;
      readonly memory: number;
      readonly start: number;
      readonly end: number;
    }
  | { readonly does: 'digest' | 'drop'; readonly hash: number };

/** Messages from the thread: a piece has been read, or the digest, hex. */
export interface Done {
  readonly hash: number;
  readonly digest?: string;
}

/**
 * The program of the thread, as text: the built program is a single file, so there is no module that a thread could
 * start.
 */
export const PROGRAM = `
const { createHash } = require('node:crypto');
const { parentPort } = require('node:worker_threads');
const running = new Map();
parentPort.on('message', ({ does, hash, memory, start, end }) => {
  if (does === 'drop') return running.delete(hash);
  if (!running.has(hash)) running.set(hash, { sha256: createHash('sha256'), memories: [] });
  const { sha256, memories } = running.get(hash);
  if (does === 'know') return memories.push(new Uint8Array(memory));
  if (does === 'update') {
    sha256.update(memories[memory].subarray(start, end));
    return parentPort.postMessage({ hash });
  }
  running.delete(hash);
  parentPort.postMessage({ hash, digest: sha256.digest('hex') });
});
`;
