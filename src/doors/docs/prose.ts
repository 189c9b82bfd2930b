import { SCHEMAS, type JsonSchema } from './openapi.js';

/** A stretch of text: plain, in the type of code, or a link within the page. */
export interface Span {
  readonly text: string;
  readonly isCode?: boolean;
  readonly href?: string;
}

/** Text with `code` in backticks. */
export function spans(text: string): readonly Span[] {
  return text
    .split(/(`[^`]+`)/)
    .filter((part) => part !== '')
    .map((part) => (part.startsWith('`') ? { text: part.slice(1, -1), isCode: true } : { text: part }));
}

/** Paragraphs, separated by empty lines. */
export function paragraphs(text = ''): readonly (readonly Span[])[] {
  return text
    .split('\n\n')
    .filter((part) => part !== '')
    .map(spans);
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  null: 'null',
  object: 'object',
  array: 'list',
};

/** What kind of value a schema takes, in words; named schemas are links to where they are described. */
export function kindOf(schema: JsonSchema): readonly Span[] {
  const { $ref, const: constant, enum: values, anyOf, items, type } = schema;
  if ($ref !== undefined) return [linkTo($ref.slice(SCHEMAS.length))];
  if (constant !== undefined) return [literal(constant)];
  if (values !== undefined) return alternatives(values.map((value) => [literal(value)]));
  if (anyOf !== undefined) return alternatives(anyOf.map(kindOf));
  if (items !== undefined) return [{ text: 'list of ' }, ...kindOf(items)];
  const types = Array.isArray(type) ? (type as readonly string[]) : [String(type)];
  return alternatives(types.map((each) => [{ text: TYPES[each] ?? 'anything' }]));
}

/** Where a schema is described on the page. */
export function anchorOf(name: string): string {
  return `object-${name}`;
}

function linkTo(name: string): Span {
  return { text: name, href: `#${anchorOf(name)}` };
}

function literal(value: unknown): Span {
  return { text: JSON.stringify(value), isCode: true };
}

function alternatives(kinds: readonly (readonly Span[])[]): readonly Span[] {
  return kinds.flatMap((kind, index) => (index === 0 ? kind : [{ text: ' or ' }, ...kind]));
}
