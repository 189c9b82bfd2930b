// A flood of tiny chunks must not become a flood of small objects held at once (G10).
const MAX_CHUNKS = 256;

/**
 * Gathers chunks until they hold at least `size` bytes, so that one system call writes what came in many pieces. Nothing
 * is copied; the source is read no further than one batch ahead. `admit` sees each chunk as it comes and may throw.
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
