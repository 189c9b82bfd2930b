/** The parts of a received request that signatures cover. */
export interface ReceivedRequest {
  readonly method: string;
  /** Our configured public origin; never taken from Host or forwarded headers (open-cloud-mesh.md 10.2). */
  readonly origin: string;
  /** Path and query exactly as on the wire. */
  readonly target: string;
  /** Node's `rawHeaders`: names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** The whole body, empty if there was none. */
  readonly body: Uint8Array;
}

/** The path and the query of a request target; the query without its question mark. */
export function partsOf(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark === -1 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** All values of a header in their order; Node has trimmed them. */
export function valuesOf({ rawHeaders }: Pick<ReceivedRequest, 'rawHeaders'>, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}
