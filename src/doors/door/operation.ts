import type { z } from 'zod';

/**
 * What the API document says of one route beside its method, path and summary: an Operation Object of OpenAPI 3.1, with
 * the schemas that the handlers read and write by. Texts are paragraphs with an empty line between, `code` in backticks.
 */
export interface Operation {
  /** Unique among all operations; the documentation page makes anchors of it. */
  readonly operationId: string;
  readonly tag: Tag;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  readonly body?: RequestBody;
  /** By status. */
  readonly answers: AnswersByStatus;
  /** Any one of these proves who asks. Empty: no proof is needed. */
  readonly proofs: readonly Proof[];
  /** Some callers may do without a proof; the description says which. */
  readonly isProofOptional?: boolean;
}

/** A chapter of the document. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** A value in path, query or headers. Those in the path are always required. */
export interface Parameter {
  readonly in: 'path' | 'query' | 'header';
  readonly name: string;
  readonly description: string;
  readonly schema: z.ZodType;
  readonly required?: boolean;
  readonly example?: string | number;
}

/** What may be sent. */
export interface RequestBody {
  readonly description?: string;
  readonly required?: boolean;
  readonly content: BodyByType;
}

/** Bodies by media type, or by a range of types where the type is that of a person's file. */
export type BodyByType = Readonly<Record<string, Media>>;

/** A body of one media type. */
export interface Media {
  /** Absent for content without a schema. */
  readonly schema?: z.ZodType;
  /** Whole bodies as they go over the wire. */
  readonly examples?: readonly unknown[];
}

/** What a call may answer: one entry for each HTTP status that it has. */
export type AnswersByStatus = Readonly<Record<number, Answer>>;

/** One answer. Without content it has no body. */
export interface Answer {
  readonly description: string;
  readonly headers?: Readonly<Record<string, AnswerHeader>>;
  readonly content?: BodyByType;
}

/** A header of an answer, as the document tells of it. */
export interface AnswerHeader {
  readonly description: string;
  /** It is on every such answer. */
  readonly required?: boolean;
  readonly example?: string;
}

/** A way to prove who asks: a Security Scheme Object of OpenAPI 3.1 and its name in the document. */
export interface Proof {
  readonly name: string;
  readonly scheme:
    | { readonly type: 'http'; readonly scheme: string; readonly description: string }
    | { readonly type: 'apiKey'; readonly in: 'query'; readonly name: string; readonly description: string };
}
