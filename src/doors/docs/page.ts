import { STATUS_CODES } from 'node:http';
import type { Proof } from '../door/operation.js';
import {
  resolved,
  type ContentObject,
  type JsonSchema,
  type OpenApi,
  type OperationObject,
  type ResponseObject,
} from './openapi.js';
import { anchorOf, kindOf, paragraphs, spans, type Span } from './prose.js';
import { answerSample, requestSample } from './samples.js';

/** A value with a name: a parameter, a header, a property. */
interface Field {
  readonly name: string;
  /** Where it stands, such as `query`; empty for properties. */
  readonly place: string;
  readonly isRequired: boolean;
  readonly kind: readonly Span[];
  readonly description: readonly Span[];
}

interface BodyModel {
  readonly types: string;
  readonly kind: readonly Span[];
}

interface AnswerModel {
  readonly status: string;
  readonly name: string;
  readonly isSuccess: boolean;
  readonly description: readonly Span[];
  readonly headers: readonly Field[];
  readonly bodies: readonly BodyModel[];
  /** What it says in plain text. */
  readonly sentences: readonly string[];
}

interface CallModel {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly description: readonly (readonly Span[])[];
  readonly proofs: readonly string[];
  readonly isOpen: boolean;
  readonly fields: readonly Field[];
  readonly bodyHint: readonly Span[];
  readonly bodies: readonly BodyModel[];
  readonly answers: readonly AnswerModel[];
  readonly refusals: readonly AnswerModel[];
  readonly request: string;
  readonly answer: string;
}

/** What the template of the documentation shows, all of it from the document. */
export interface DocsModel {
  readonly title: string;
  readonly origin: string;
  readonly description: readonly (readonly Span[])[];
  readonly chapters: readonly {
    readonly name: string;
    readonly anchor: string;
    readonly description: readonly (readonly Span[])[];
    readonly calls: readonly CallModel[];
  }[];
  readonly proofs: readonly { readonly name: string; readonly description: readonly (readonly Span[])[] }[];
  readonly objects: readonly {
    readonly name: string;
    readonly anchor: string;
    readonly description: readonly (readonly Span[])[];
    readonly kind: readonly Span[];
    readonly fields: readonly Field[];
    readonly example: string;
  }[];
}

/** Turns the document into plain data for the page. */
export function docsModel(document: OpenApi): DocsModel {
  return {
    title: document.info.title,
    origin: document.servers.map(({ url }) => url).join(', '),
    description: paragraphs(document.info.description),
    chapters: document.tags.map(({ name, description }) => ({
      name,
      anchor: `chapter-${slug(name)}`,
      description: paragraphs(description),
      calls: callsOf(document, name),
    })),
    proofs: Object.entries(document.components.securitySchemes).map(proofModel),
    objects: Object.entries(document.components.schemas).map(([name, schema]) => objectModel(name, schema)),
  };
}

function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
}

function callsOf(document: OpenApi, tag: string): readonly CallModel[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => callModel(document, method.toUpperCase(), path, operation)),
  );
}

function callModel(document: OpenApi, method: string, path: string, operation: OperationObject): CallModel {
  const { operationId: id, summary, requestBody, parameters = [], security } = operation;
  const answers = Object.entries(operation.responses).map(([status, response]) =>
    answerModel(status, response, document),
  );
  return {
    id,
    method,
    path,
    summary,
    description: paragraphs(operation.description),
    proofs: security.flatMap((each) => Object.keys(each)),
    isOpen: security.length === 0 || security.some((each) => Object.keys(each).length === 0),
    fields: parameters.map(({ in: place, name, required, schema, description }) =>
      fieldOf(name, place, required, schema, description),
    ),
    bodyHint: spans(requestBody?.description ?? ''),
    bodies: bodiesOf(requestBody?.content),
    answers: answers.filter(({ isSuccess }) => isSuccess),
    refusals: answers.filter(({ isSuccess }) => !isSuccess),
    request: requestSample(method, path, operation, document),
    answer: answerSample(operation, document),
  };
}

function answerModel(
  status: string,
  { description, headers = {}, content }: ResponseObject,
  document: OpenApi,
): AnswerModel {
  const plain = content?.['text/plain'];
  const sentences = Object.values(plain?.examples ?? {}).map(({ value }) => String(value));
  const isSuccess = Number(status) < 400;
  return {
    status,
    isSuccess,
    sentences,
    name: STATUS_CODES[status] ?? '',
    description: spans(description),
    headers: Object.entries(headers).map(([name, { required, schema, description: words }]) =>
      fieldOf(name, 'header', required, resolved(schema, document), words),
    ),
    bodies: isSuccess ? bodiesOf(content) : [],
  };
}

function bodiesOf(content: ContentObject = {}): readonly BodyModel[] {
  return Object.entries(content).map(([type, { schema }]) => ({
    types: type === '*/*' ? 'the type of the file' : type,
    kind: schema === undefined ? [{ text: 'bytes' }] : kindOf(schema),
  }));
}

function fieldOf(name: string, place: string, isRequired: boolean, schema: JsonSchema, description = ''): Field {
  return { name, place, isRequired, kind: kindOf(schema), description: spans(description) };
}

function proofModel([name, { description }]: [string, Proof['scheme']]): DocsModel['proofs'][number] {
  return { name, description: paragraphs(description) };
}

function objectModel(name: string, schema: JsonSchema): DocsModel['objects'][number] {
  const { properties = {}, required = [], description, examples = [] } = schema;
  return {
    name,
    anchor: anchorOf(name),
    description: paragraphs(description),
    kind: kindOf(schema),
    fields: Object.entries(properties).map(([key, part]) =>
      fieldOf(key, '', required.includes(key), part, part.description),
    ),
    example: examples.map((each) => JSON.stringify(each, undefined, 2)).join('\n\n'),
  };
}
