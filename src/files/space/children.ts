/** Children that are all at hand, in the order of a listing; none for a file. */
export async function* eachOf<T>(children: readonly T[]): AsyncGenerator<T> {
  yield* children;
}

/** The first child with this name; undefined where there is none. Reads no further. */
export async function childNamed<T extends { readonly name: string }>(
  children: AsyncIterable<T>,
  name: string,
): Promise<T | undefined> {
  for await (const child of children) if (child.name === name) return child;
  return undefined;
}
