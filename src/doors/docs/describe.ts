import { z } from 'zod';
import type { AnyRow } from '../door/door.js';
import type { Answer, BodyByType, Media, Operation, Parameter, Proof, RequestBody, Tag } from '../door/operation.js';
import type {
  ContentObject,
  MediaObject,
  OpenApi,
  OperationObject,
  ParameterObject,
  RequestBodyObject,
  ResponseObject,
} from './openapi.js';
import { Schemas } from './schemas.js';

/** Rows of one or more doors, and where they are mounted. */
export interface Group {
  /** Path without a slash at its end, such as `/v1`; empty for the root. */
  readonly base: string;
  readonly rows: readonly AnyRow[];
}

/** What the document says of the cloud as a whole. */
export interface Api {
  readonly cloudName: string;
  readonly webOrigin: string;
  readonly groups: readonly Group[];
}

/** The version of the API; the version of the program is not published. */
const VERSION = '1.0';

const DESCRIPTION = [
  'What programs may ask of this cloud: apps that read and write the files of people, and other clouds with which folders are shared.',
  'Programs that speak WebDAV find the same files at `/dav/`; its methods have no place in such a document.',
  'Every call is in this document with every answer that it gives on purpose. Methods that a path does not have are refused with 405 and the list of those it has.',
].join('\n\n');

/** One row that is in the document. */
interface Documented {
  readonly base: string;
  readonly row: AnyRow;
  readonly operation: Operation;
}

/**
 * Assembles the OpenAPI 3.1 document from the rows that have a description; throws when an operationId is used twice.
 */
export function describeApi({ cloudName, webOrigin, groups }: Api): OpenApi {
  const documented = groups.flatMap(({ base, rows }) =>
    rows.flatMap((row) => (row.document === undefined ? [] : [{ base, row, operation: row.document }])),
  );
  refuseTwins(documented);
  const schemas = new Schemas();
  return {
    openapi: '3.1.1',
    info: { title: `The API of ${cloudName}`, version: VERSION, description: DESCRIPTION },
    servers: [{ url: webOrigin }],
    tags: tagsOf(documented),
    paths: pathsOf(documented, schemas),
    components: { schemas: schemas.components(), securitySchemes: proofsOf(documented) },
  };
}

function refuseTwins(documented: readonly Documented[]): void {
  const names = documented.map(({ operation }) => operation.operationId);
  const twin = names.find((name, index) => names.indexOf(name) !== index);
  if (twin !== undefined) throw new Error(`Two operations of the API document are called ${twin}.`);
}

function tagsOf(documented: readonly Documented[]): readonly Tag[] {
  return [...new Map(documented.map(({ operation: { tag } }) => [tag.name, tag])).values()];
}

function proofsOf(documented: readonly Documented[]): Record<string, Proof['scheme']> {
  return Object.fromEntries(
    documented.flatMap(({ operation }) => operation.proofs.map((each) => [each.name, each.scheme])),
  );
}

function pathsOf(documented: readonly Documented[], schemas: Schemas): OpenApi['paths'] {
  const paths = new Map<string, Record<string, OperationObject>>();
  for (const { base, row, operation } of documented) {
    const path = base + row.path.replace(/:(\w+)/g, '{$1}');
    paths.set(path, { ...paths.get(path), [row.method.toLowerCase()]: operationObject(row, operation, schemas) });
  }
  return Object.fromEntries(paths);
}

function operationObject(row: AnyRow, operation: Operation, schemas: Schemas): OperationObject {
  const { operationId, description, tag, parameters, body, answers, proofs, isProofOptional = false } = operation;
  const security: Record<string, never[]>[] = proofs.map(({ name }) => ({ [name]: [] }));
  return {
    operationId,
    summary: row.summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag.name],
    ...(parameters === undefined ? {} : { parameters: parameters.map((each) => parameterObject(each, schemas)) }),
    ...(body === undefined ? {} : { requestBody: bodyObject(body, schemas) }),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, responseObject(answer, schemas)]),
    ),
    security: isProofOptional ? [...security, {}] : security,
  };
}

function parameterObject({ schema, required = false, ...rest }: Parameter, schemas: Schemas): ParameterObject {
  return { ...rest, required: required || rest.in === 'path', schema: schemas.use(schema, 'input') };
}

function bodyObject({ description, required = false, content }: RequestBody, schemas: Schemas): RequestBodyObject {
  return {
    ...(description === undefined ? {} : { description }),
    required,
    content: contentObject(content, schemas, 'input'),
  };
}

function responseObject({ description, headers, content }: Answer, schemas: Schemas): ResponseObject {
  return {
    description,
    ...(headers === undefined ? {} : { headers: headerObjects(headers, schemas) }),
    ...(content === undefined ? {} : { content: contentObject(content, schemas, 'output') }),
  };
}

type Headers = NonNullable<ResponseObject['headers']>;

function headerObjects(headers: NonNullable<Answer['headers']>, schemas: Schemas): Headers {
  const schema = schemas.use(z.string(), 'output');
  return Object.fromEntries(
    Object.entries(headers).map(([name, { required = false, ...rest }]) => [name, { ...rest, required, schema }]),
  );
}

function contentObject(content: BodyByType, schemas: Schemas, io: 'input' | 'output'): ContentObject {
  return Object.fromEntries(Object.entries(content).map(([type, media]) => [type, mediaObject(media, schemas, io)]));
}

function mediaObject({ schema, examples = [] }: Media, schemas: Schemas, io: 'input' | 'output'): MediaObject {
  const named = examples.map((value, index) => [`example-${String(index + 1)}`, { value }]);
  return {
    ...(schema === undefined ? {} : { schema: schemas.use(schema, io) }),
    ...(named.length === 0 ? {} : { examples: Object.fromEntries(named) as MediaObject['examples'] & object }),
  };
}
