/**
 * Every value of a header as it came, by its name in lower case: the parser keeps one of two hosts and says nothing.
 * `rawHeaders` are names and values in turn.
 */
export function headerValues(rawHeaders: readonly string[], name: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const other = rawHeaders[at];
    // Most differ in length already.
    if (other?.length === name.length && other.toLowerCase() === name) found.push(rawHeaders[at + 1] ?? '');
  }
  return found;
}
