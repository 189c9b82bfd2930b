import { z } from 'zod';
import { SCHEMAS, type JsonSchema } from './openapi.js';

/** Turns zod schemas into JSON Schema; those with a `meta` id become components that others refer to. */
export class Schemas {
  readonly #components = new Map<string, JsonSchema>();

  /** The schema as it stands in the document. `input`: as it is sent to us; `output`: as we send it. */
  use(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
    // As part of another a named schema becomes a reference.
    const whole = z.toJSONSchema(z.object({ it: schema }), { target: 'draft-2020-12', io });
    const { properties, $defs = {} } = inDocument(whole) as {
      properties: { it: JsonSchema };
      $defs?: Record<string, JsonSchema & { id?: string }>;
    };
    for (const [name, { id: _id, ...named }] of Object.entries($defs)) this.#add(name, named);
    return properties.it;
  }

  /** The named ones, by name. */
  components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].sort(([a], [b]) => a.localeCompare(b, 'en')));
  }

  #add(name: string, schema: JsonSchema): void {
    const known = this.#components.get(name);
    if (known !== undefined && JSON.stringify(known) !== JSON.stringify(schema)) {
      throw new Error(`Two schemas of the API document are called ${name}.`);
    }
    this.#components.set(name, schema);
  }
}

/** A copy whose references lead to the components of the document. */
function inDocument(schema: object): unknown {
  return JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? value.replace('#/$defs/', SCHEMAS) : value,
  );
}
