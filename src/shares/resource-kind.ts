/** What is shared, a folder or a single file (cloudspaces-interop.md 13), by its address at the storage API of the origin. */
export type ResourceKind = 'file' | 'folder';

/** Reads the address of a proposal; whatever does not name a file counts as a folder. */
export function resourceKind(resourceUrl: string): ResourceKind {
  return /\/file\/[^/]+\/?$/.test(new URL(resourceUrl).pathname) ? 'file' : 'folder';
}
