import { STATUS_CODES } from 'node:http';
import { resolved, type ContentObject, type JsonSchema, type OpenApi, type OperationObject } from './openapi.js';

/** Words for values of which the schema gives no example. */
const PLAIN: Readonly<Record<string, unknown>> = {
  string: 'text',
  integer: 1,
  number: 1,
  boolean: true,
  null: null,
};

/** A value that fits a schema: its own example, or one put together from those of its parts. */
function sampleOf(schema: JsonSchema, document: OpenApi): unknown {
  const { examples, const: constant, enum: values, anyOf, type, items, ...rest } = resolved(schema, document);
  if (examples?.[0] !== undefined) return examples[0];
  if (constant !== undefined) return constant;
  if (values?.[0] !== undefined) return values[0];
  if (anyOf?.[0] !== undefined) return sampleOf(anyOf[0], document);
  if (items !== undefined) return [sampleOf(items, document)];
  if (rest.properties !== undefined) {
    const wanted = Object.entries(rest.properties).filter(([name]) => rest.required?.includes(name));
    return Object.fromEntries(wanted.map(([name, part]) => [name, sampleOf(part, document)]));
  }
  return PLAIN[String(Array.isArray(type) ? type[0] : type)];
}

/** The body of an example by its media type, as it goes over the wire; undefined when there is nothing to show. */
function bodyOf(content: ContentObject | undefined, document: OpenApi): { type: string; text: string } | undefined {
  const [entry] = Object.entries(content ?? {});
  if (entry === undefined) return undefined;
  const [type, { schema, examples = {} }] = entry;
  if (schema === undefined) return { type: type === '*/*' ? 'text/plain; charset=utf-8' : type, text: 'Hello' };
  const value = Object.values(examples)[0]?.value ?? sampleOf(schema, document);
  if (type === 'text/html') return undefined;
  if (type === 'application/x-www-form-urlencoded') {
    return { type, text: new URLSearchParams(value as Record<string, string>).toString() };
  }
  return { type, text: typeof value === 'string' ? value : JSON.stringify(value, undefined, 2) };
}

/** A request as a client might send it. */
export function requestSample(method: string, path: string, operation: OperationObject, document: OpenApi): string {
  const { parameters = [], requestBody, security } = operation;
  const wanted = parameters.filter(({ required }) => required);
  const target = path.replace(/\{(\w+)\}/g, (_match, name: string) =>
    String(wanted.find((each) => each.in === 'path' && each.name === name)?.example ?? name),
  );
  const query = wanted
    .filter((each) => each.in === 'query')
    .map(({ name, example = '' }) => `${name}=${String(example)}`);
  const headers = wanted
    .filter((each) => each.in === 'header')
    .map(({ name, example = '' }) => `${name}: ${String(example)}`);
  const body = bodyOf(requestBody?.content, document);
  return [
    `${method} ${[target, ...(query.length === 0 ? [] : [query.join('&')])].join('?')} HTTP/1.1`,
    `Host: ${new URL(document.servers[0]?.url ?? 'http://localhost').host}`,
    ...(security.length === 0 ? [] : ['Authorization: OAuth oauth_consumer_key="…", …, oauth_signature="…"']),
    ...headers,
    ...(body === undefined ? [] : [`Content-Type: ${body.type}`, '', body.text]),
  ].join('\n');
}

/** The first answer of success, as it might come. */
export function answerSample({ responses }: OperationObject, document: OpenApi): string {
  const [status = '200', response] = Object.entries(responses)[0] ?? [];
  const body = bodyOf(response?.content, document);
  const headers = Object.entries(response?.headers ?? {}).filter(([, { required }]) => required);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...headers.map(([name, { example = '…' }]) => `${name}: ${example}`),
    ...(body === undefined ? [] : [`Content-Type: ${body.type}`, '', body.text]),
  ].join('\n');
}
