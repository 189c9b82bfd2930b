import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { describeApi } from '../../../src/doors/docs/index.js';

/** The API document. */
export type Api = ReturnType<typeof describeApi>;

/** An answer as it came, and to what. */
export interface Exchange {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
}

/** What a documented call answered once. */
export interface Seen {
  readonly operationId: string;
  readonly status: number;
  readonly text: string;
}

type Operation = Api['paths'][string][string];
type Response = Operation['responses'][string];

/** Holds real answers against the API document. */
export class Contract {
  readonly #api: Api;
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #routes: readonly { readonly pattern: RegExp; readonly path: string }[];

  constructor(api: Api) {
    this.#api = api;
    addFormats.default(this.#ajv);
    this.#ajv.addSchema(api, 'api');
    // A path without parameters wins over one that has some.
    const paths = Object.keys(api.paths).sort((a, b) => a.split('{').length - b.split('{').length);
    this.#routes = paths.map((path) => ({ path, pattern: patternOf(path) }));
  }

  /**
   * What is wrong with an answer: a status, type, header or shape that is not documented. Addresses and methods that are
   * not in the document are somebody else's.
   */
  faultsOf(exchange: Exchange): readonly string[] {
    const found = this.#find(exchange);
    if (found === undefined) return [];
    const { path, verb, operation } = found;
    const response = operation.responses[String(exchange.status)];
    const place = `${operation.operationId} ${String(exchange.status)}`;
    if (response === undefined) return [`${place}: the status is not documented (${exchange.text.slice(0, 200)})`];
    const at = ['paths', path, verb, 'responses', String(exchange.status)];
    const isHead = exchange.method === 'HEAD';
    return [...missingHeaders(response, exchange), ...(isHead ? [] : this.#bodyFaults(response, at, exchange))].map(
      (fault) => `${place}: ${fault}`,
    );
  }

  /** Throws when something is wrong, else tells what was seen; undefined for what is not in the document. */
  check(exchange: Exchange): Seen | undefined {
    const faults = this.faultsOf(exchange);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const { operationId } = this.#find(exchange)?.operation ?? {};
    return operationId === undefined ? undefined : { operationId, status: exchange.status, text: exchange.text };
  }

  /** What is wrong with a value at this place of the document. */
  valueFaults(pointer: readonly string[], value: unknown): readonly string[] {
    const ref = `api#/${pointer.map((part) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'))).join('/')}`;
    const validate = this.#validators.get(ref) ?? this.#ajv.compile({ $ref: ref });
    this.#validators.set(ref, validate);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      [instancePath, message ?? '', JSON.stringify(params)].join(' '),
    );
  }

  #find({ method, target, status }: Exchange) {
    // HEAD is another method than GET and is not documented.
    if (method === 'HEAD' && status === 405) return undefined;
    const [pathname = ''] = target.split('?');
    const path = this.#routes.find(({ pattern }) => pattern.test(pathname))?.path;
    const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
    const operation = path === undefined ? undefined : this.#api.paths[path]?.[verb];
    return path === undefined || operation === undefined ? undefined : { path, verb, operation };
  }

  #bodyFaults({ content }: Response, at: readonly string[], { headers, text }: Exchange): readonly string[] {
    if (content === undefined) return text === '' ? [] : [`no body is documented, but: ${text.slice(0, 200)}`];
    const type = String(headers['content-type'] ?? '').split(';')[0] ?? '';
    const key = type in content ? type : '*/*';
    const media = content[key];
    if (media === undefined) return [`the type ${type} is not documented`];
    if (media.schema === undefined) return [];
    return this.valueFaults([...at, 'content', key, 'schema'], readBody(type, text));
  }
}

function patternOf(path: string): RegExp {
  const literal = path.replace(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${literal.replace(/\{\w+\}/g, '[^/]+')}/?$`);
}

function missingHeaders({ headers = {} }: Response, exchange: Exchange): readonly string[] {
  return Object.entries(headers)
    .filter(([name, { required }]) => required && exchange.headers[name.toLowerCase()] === undefined)
    .map(([name]) => `the header ${name} is missing`);
}

function readBody(type: string, text: string): unknown {
  if (type === 'application/json') return JSON.parse(text);
  return type === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(text)) : text;
}
