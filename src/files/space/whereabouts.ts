/**
 * What a node is on the server that keeps it, whichever share it is reached through: two shares may show one folder, or one of them
 * what lies in the other.
 */
export interface Whereabouts {
  /** The server and the protocol; nothing is said about nodes of two. */
  readonly server: string;
  /** The address of what is shared. A server may give each share the same one, and tell them apart by their secrets. */
  readonly root: string;
  /** The address of the node itself, with a slash at its end. */
  readonly address: string;
  /** What the server calls the node, for good; undefined where it does not say. */
  readonly id: string | undefined;
}

/** Whether one node is known to be the other, or to lie in it. False where nothing is known. */
export function isAtOrBelow(inner: Whereabouts, outer: Whereabouts): boolean {
  if (inner.server !== outer.server) return false;
  if (outer.id !== undefined && outer.id === inner.id) return true;
  return inner.root !== outer.root && inner.address.startsWith(outer.address);
}
