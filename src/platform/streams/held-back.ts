/**
 * The same pieces, each of which `see` is shown before it goes on. The last is held back until `prove` has thrown nothing: a reader
 * that has all announced bytes would take them for the whole. What either throws breaks them off.
 */
export async function* heldBack(
  pieces: AsyncIterable<Buffer>,
  see: (piece: Buffer) => void,
  prove: () => void,
): AsyncGenerator<Buffer> {
  let last: Buffer | undefined;
  for await (const piece of pieces) {
    see(piece);
    if (last !== undefined) yield last;
    last = piece;
  }
  prove();
  if (last !== undefined) yield last;
}
