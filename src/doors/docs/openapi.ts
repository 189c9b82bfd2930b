import type { Proof, Tag } from '../door/operation.js';

/** An OpenAPI 3.1 document, as far as we write it. */
export interface OpenApi {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly Tag[];
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly securitySchemes: Readonly<Record<string, Proof['scheme']>>;
  };
}

/** Operations by lower-case method. */
export type PathItem = Readonly<Record<string, OperationObject>>;

/** One method of one path, of which every answer and every proof that it takes is named. */
export interface OperationObject {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags: readonly string[];
  readonly parameters?: readonly ParameterObject[];
  readonly requestBody?: RequestBodyObject;
  readonly responses: Readonly<Record<string, ResponseObject>>;
  readonly security: readonly Readonly<Record<string, readonly never[]>>[];
}

/** A value in path, query or headers. */
export interface ParameterObject {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly required: boolean;
  readonly description: string;
  readonly schema: JsonSchema;
  readonly example?: string | number;
}

/** What may be sent. */
export interface RequestBodyObject {
  readonly description?: string;
  readonly required: boolean;
  readonly content: ContentObject;
}

/** The answer of one status, whoever gets it. */
export interface ResponseObject {
  readonly description: string;
  readonly headers?: Readonly<Record<string, HeaderObject>>;
  readonly content?: ContentObject;
}

/** A header of an answer. */
export interface HeaderObject {
  readonly description: string;
  readonly required: boolean;
  readonly schema: JsonSchema;
  readonly example?: string;
}

/** Bodies by media type. */
export type ContentObject = Readonly<Record<string, MediaObject>>;

/** A body of one media type. */
export interface MediaObject {
  readonly schema?: JsonSchema;
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>;
}

/** A JSON Schema of draft 2020-12, as far as zod writes it from our schemas. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly examples?: readonly unknown[];
}

/** Where named schemas stand in the document. */
export const SCHEMAS = '#/components/schemas/';

/** The schema behind a reference, its own words beside it kept; itself when it is none. */
export function resolved(schema: JsonSchema, document: OpenApi): JsonSchema {
  const name = schema.$ref?.slice(SCHEMAS.length);
  const found = name === undefined ? undefined : document.components.schemas[name];
  return found === undefined ? schema : { ...found, ...schema };
}
