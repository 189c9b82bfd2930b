import { Failure, invalid } from '../../../kernel/index.js';
import { childNamed, dav, elementsIn, isNamed, wordOf, type XmlElement, type XmlName } from '../../../webdav/index.js';

/** Most properties that one request names. */
const MOST_NAMES = 200;

/** What a client wants to know of resources (RFC 4918 14.20). */
export type PropFind =
  | { readonly kind: 'prop'; readonly names: readonly XmlName[] }
  | { readonly kind: 'propname' }
  /** The usual properties, and these beside them. */
  | { readonly kind: 'allprop'; readonly include: readonly XmlName[] };

/**
 * Reads the body of PROPFIND; an empty one asks for everything. `isLenient`: `allprop` is taken without a namespace
 * too, as OpenCloud sends it (open-cloud-mesh.md 8). Throws `invalid` for any other body (RFC 4918 9.1).
 */
export function readPropFind(root: XmlElement | undefined, { isLenient = false } = {}): PropFind {
  if (root === undefined) return { kind: 'allprop', include: [] };
  if (!isNamed(root, dav('propfind'))) throw invalid('The body of PROPFIND is a propfind element.');
  const prop = childNamed(root, dav('prop'));
  const bare = isLenient ? childNamed(root, { namespace: '', name: 'allprop' }) : undefined;
  const [propname, allprop] = [childNamed(root, dav('propname')), childNamed(root, dav('allprop')) ?? bare];
  const kinds = [prop, propname, allprop].filter((kind) => kind !== undefined);
  if (kinds.length !== 1) throw invalid('A propfind element asks for prop, propname or allprop.');
  if (prop !== undefined) return { kind: 'prop', names: namesIn(prop) };
  if (propname !== undefined) return { kind: 'propname' };
  const include = childNamed(root, dav('include'));
  return { kind: 'allprop', include: include === undefined ? [] : namesIn(include) };
}

/**
 * The properties that an element names, each once. Content of these elements is ignored: one client sends the values
 * that it hopes for.
 */
export function namesIn(element: XmlElement): XmlName[] {
  const names = new Map(
    elementsIn(element).map(({ namespace, name }) => [wordOf({ namespace, name }), { namespace, name }]),
  );
  if (names.size > MOST_NAMES) throw invalid(`At most ${String(MOST_NAMES)} properties are asked for at once.`);
  return [...names.values()];
}

/** One property that PROPPATCH sets, with the element that is stored as it came, or removes, by its name alone. */
export type PatchStep =
  { readonly kind: 'set'; readonly element: XmlElement } | { readonly kind: 'remove'; readonly name: XmlName };

/** Reads the body of PROPPATCH: its steps in the order of the document (RFC 4918 9.2). Throws `invalid` for what is none. */
export function readPropPatch(root: XmlElement | undefined): PatchStep[] {
  if (root === undefined || !isNamed(root, dav('propertyupdate'))) {
    throw invalid('The body of PROPPATCH is a propertyupdate element.');
  }
  const steps = elementsIn(root).flatMap(stepsIn);
  if (steps.length === 0) throw invalid('A propertyupdate element sets or removes something.');
  if (steps.length > MOST_NAMES) throw invalid(`At most ${String(MOST_NAMES)} properties are changed at once.`);
  return steps;
}

function stepsIn(element: XmlElement): PatchStep[] {
  const isSet = isNamed(element, dav('set'));
  if (!isSet && !isNamed(element, dav('remove'))) return [];
  // A language on `prop` holds for the properties in it, which is why they are read through their parents.
  const props = elementsIn(element).filter((child) => isNamed(child, dav('prop')));
  return props
    .flatMap(elementsIn)
    .map((property) =>
      isSet
        ? { kind: 'set', element: property }
        : { kind: 'remove', name: { namespace: property.namespace, name: property.name } },
    );
}

/**
 * Reads the body of MKCOL (RFC 5689): the properties that the new folder is to have, none for an empty body. Throws
 * `unsupported-type` for another document, as RFC 4918 9.3 wants it.
 */
export function readMkcol(root: XmlElement | undefined): PatchStep[] {
  if (root === undefined) return [];
  if (!isNamed(root, dav('mkcol'))) throw new Failure('unsupported-type', 'The body of MKCOL is a mkcol element.');
  return elementsIn(root)
    .filter((child) => isNamed(child, dav('set')))
    .flatMap(stepsIn);
}

/** A lock as a client wants it (RFC 4918 14.11). */
export interface LockInfo {
  readonly isShared: boolean;
  /** What the client says of who holds the lock; undefined: nothing. */
  readonly owner: XmlElement | undefined;
}

/**
 * Reads the body of LOCK; undefined for an empty one, which refreshes a lock. Throws `invalid` for another document.
 */
export function readLockInfo(root: XmlElement | undefined): LockInfo | undefined {
  if (root === undefined) return undefined;
  if (!isNamed(root, dav('lockinfo'))) throw invalid('The body of LOCK is a lockinfo element.');
  const scope = childNamed(root, dav('lockscope'));
  const type = childNamed(root, dav('locktype'));
  const isShared = scope !== undefined && childNamed(scope, dav('shared')) !== undefined;
  const isExclusive = scope !== undefined && childNamed(scope, dav('exclusive')) !== undefined;
  if (isShared === isExclusive) throw invalid('A lock is exclusive or shared.');
  if (type === undefined || childNamed(type, dav('write')) === undefined) throw invalid('A lock is for writing.');
  return { isShared, owner: childNamed(root, dav('owner')) };
}
