// Many tiny chunks must not become as many objects in memory at once (G10).
const MAX_CHUNKS = 256;

/**
 * Gathers chunks into batches of at least `size` bytes, so that one system call writes many chunks. Copies nothing, and
 * reads the source at most one batch ahead. `admit` is called with each chunk as it comes and may throw.
 */
export async function* inBatches(
  source: AsyncIterable<Uint8Array>,
  size: number,
  admit: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array[]> {
  let batch: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    if (chunk.length === 0) continue;
    admit(chunk);
    batch.push(chunk);
    held += chunk.length;
    if (held < size && batch.length < MAX_CHUNKS) continue;
    yield batch;
    batch = [];
    held = 0;
  }
  if (held > 0) yield batch;
}
