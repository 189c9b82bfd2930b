import { Failure } from '../../kernel/index.js';

/** The name of a property: an XML namespace and a local name. */
export interface PropertyName {
  /** A URI as the program wrote it; empty for none. */
  readonly namespace: string;
  readonly name: string;
}

/** A property that a program stores on an item; its value is not interpreted here. */
export interface Property extends PropertyName {
  /**
   * The whole element as self-contained XML: with its namespace declarations, language and white space as they were
   * given.
   */
  readonly xml: string;
}

/** One step of a change: sets or removes a property. */
export type PropertyStep =
  { readonly kind: 'set'; readonly property: Property } | { readonly kind: 'remove'; readonly name: PropertyName };

/** Most properties of an item, most bytes of one including its name, and most bytes of all of an item together. */
export const MOST = { count: 100, each: 8 * 1024, together: 64 * 1024 } as const;

/** The properties of an item after some steps in their order, given those before; keyed by {@link propertyKey}. */
export function afterSteps(before: readonly Property[], steps: readonly PropertyStep[]): ReadonlyMap<string, Property> {
  const found = new Map(before.map((property) => [propertyKey(property), property]));
  for (const step of steps) {
    if (step.kind === 'set') found.set(propertyKey(step.property), step.property);
    else found.delete(propertyKey(step.name));
  }
  return found;
}

/** Throws `quota` when these are more properties than one item may have. */
export function refuseTooMuch(properties: readonly Property[]): void {
  const sizes = properties.map(sizeOf);
  const together = sizes.reduce((sum, size) => sum + size, 0);
  const isTooMuch =
    properties.length > MOST.count || together > MOST.together || sizes.some((size) => size > MOST.each);
  if (isTooMuch) throw new Failure('quota', 'This is more than is kept about one file or folder.');
}

/** A property's name as one text: unambiguous, because neither part can contain a blank. */
export function propertyKey({ namespace, name }: PropertyName): string {
  return `${name} ${namespace}`;
}

function sizeOf({ namespace, name, xml }: Property): number {
  return Buffer.byteLength(namespace) + Buffer.byteLength(name) + Buffer.byteLength(xml);
}
