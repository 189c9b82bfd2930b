import { hostOf } from '../kernel/index.js';
import { BrokenSignature } from './claim.js';
import { partsOf, valuesOf, type ReceivedRequest } from './request.js';

type Derived = (request: ReceivedRequest) => string;

/** The components that are not header fields (RFC 9421 2.2), without `@query-param` and `@status`. */
const DERIVED: ReadonlyMap<string, Derived> = new Map<string, Derived>([
  ['@method', ({ method }) => method],
  ['@target-uri', ({ origin, target }) => new URL(origin).origin + target],
  ['@authority', ({ origin }) => hostOf(origin) ?? ''],
  ['@scheme', ({ origin }) => new URL(origin).protocol.slice(0, -1)],
  ['@request-target', ({ target }) => target],
  ['@path', ({ target }) => partsOf(target).path],
  ['@query', ({ target }) => `?${partsOf(target).query}`],
]);

/**
 * The value of a covered component. Throws {@link BrokenSignature} when the request has none, or the name is none that
 * we know.
 */
function componentValue(name: string, request: ReceivedRequest): string {
  const derived = DERIVED.get(name);
  if (derived !== undefined) return derived(request);
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) throw new BrokenSignature('a covered component is not known');
  const values = valuesOf(request, name);
  if (values.length === 0) throw new BrokenSignature('a covered field is missing');
  return values.join(', ');
}

/** The text that is signed (RFC 9421 2.5): a line for each component, then the parameters as the header has them. */
export function signatureBase(covered: readonly string[], parameters: string, request: ReceivedRequest): string {
  const lines = covered.map((name) => `"${name}": ${componentValue(name, request)}`);
  return [...lines, `"@signature-params": ${parameters}`].join('\n');
}
