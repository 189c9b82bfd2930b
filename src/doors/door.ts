import {
  Router,
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { Failure, isFailure, type Fields } from '../kernel/index.js';
import { parsePairs } from '../oauth1/index.js';
import { troubleOf, type Log } from '../platform/index.js';
import { readText } from './bodies.js';
import type { Operation } from './operation.js';

/** What a row does with a body: nothing may come, text is read whole within the limit, or the handler streams it. */
export type BodyRule =
  | { readonly kind: 'none' }
  /** `application/x-www-form-urlencoded` only; anything else is 415 (OAU-10). */
  | { readonly kind: 'form'; readonly limit: number }
  /** Read as text whatever its type says; the handler decides. */
  | { readonly kind: 'text'; readonly limit: number }
  /** Left unread: no parser stands in front of uploads. */
  | { readonly kind: 'stream' };

/** One request as a handler sees it: what arrived, as it arrived, and who sent it. */
export interface DoorRequest<Caller> {
  readonly caller: Caller;
  /** Path parameters, decoded once. */
  readonly params: Readonly<Record<string, string>>;
  /** The query, decoded once, in order. */
  readonly query: Fields;
  /** The fields of a form body; empty for other bodies. */
  readonly form: Fields;
  /** The raw text of a `form` or `text` body. */
  readonly text: string;
  /** Aborted when the client goes away before the answer is complete (FLW-03). */
  readonly signal: AbortSignal;
  readonly http: Request;
}

/** What an entry check may look at: everything but the body, unless the row reads it first. */
export interface Arrival {
  readonly http: Request;
  readonly query: Fields;
  readonly form: Fields;
  readonly text: string;
}

/** One route as data: mounting, checks and documents derive from it. */
export interface Row<Caller> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Express path with `:params`, relative to where the door is mounted. */
  readonly path: string;
  /** One line for the API document. */
  readonly summary: string;
  /** What the API document says of it; routes of pages for people have none. */
  readonly document?: Operation;
  readonly body: BodyRule;
  /** Who may come in: turns the proof into a caller or throws. */
  readonly enter: (arrival: Arrival) => Promise<Caller>;
  readonly handle: (request: DoorRequest<Caller>, response: Response) => Promise<void>;
  /** HEAD is answered like GET unless a row refuses it (RESULT does, WEB-11). */
  readonly refuseHead?: boolean;
}

/** Words a refusal in the format of one door. The answer has not been started when it is called. */
export type Refuse = (failure: Failure, request: Request, response: Response) => void;

/** A row with its caller type hidden, so that rows of different entries stand in one list. */
export type AnyRow = {
  mount(router: Router, refuse: Refuse, log: Log): void;
  readonly method: string;
  readonly path: string;
  readonly summary: string;
  readonly document: Operation | undefined;
};

/** Makes a row; the caller type links its entry check to its handler. */
export function row<Caller>(definition: Row<Caller>): AnyRow {
  return {
    method: definition.method,
    path: definition.path,
    summary: definition.summary,
    document: definition.document,
    mount: (router, refuse, log) => {
      mountRow(definition, router, refuse, log);
    },
  };
}

/** What a door is made of. */
export interface DoorOptions {
  readonly rows: readonly AnyRow[];
  readonly refuse: Refuse;
  readonly log: Log;
  /** Stands before the rows and sees every request. */
  readonly first?: RequestHandler;
}

/**
 * Turns rows into a router. A path that has rows but none for the method is 405 with `Allow`; whatever a handler
 * throws is worded by `refuse`; a failure after the answer has begun breaks the connection, so that no cut answer
 * looks whole (PXY-05). An address that cannot be decoded is `invalid`. Letter case and trailing slashes: a trailing slash is tolerated, case is not.
 */
export function createDoor(options: DoorOptions): Router {
  const router = Router({ caseSensitive: true, strict: false });
  if (options.first !== undefined) router.use(options.first);
  for (const each of options.rows) each.mount(router, options.refuse, options.log);
  for (const [path, methods] of methodsByPath(options.rows)) {
    router.all(path, (request, response) => {
      response.setHeader('Allow', methods.join(', '));
      options.refuse(new Failure('method-not-allowed', `Use ${methods.join(' or ')} here.`), request, response);
    });
  }
  router.use(refuseUndecodable(options.refuse));
  return router;
}

/** What the router itself could not read, such as a broken escape in a path. */
function refuseUndecodable(refuse: Refuse): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (!(error instanceof URIError) || response.headersSent) next(error);
    else refuse(new Failure('invalid', 'The request target is malformed.', { cause: error }), request, response);
  };
}

function methodsByPath(rows: readonly AnyRow[]): Map<string, string[]> {
  const paths = new Map<string, string[]>();
  for (const { path, method } of rows) paths.set(path, [...(paths.get(path) ?? []), method]);
  return paths;
}

function mountRow<Caller>(definition: Row<Caller>, router: Router, refuse: Refuse, log: Log): void {
  const verb = definition.method.toLowerCase() as 'get' | 'post' | 'put' | 'delete';
  router[verb](definition.path, (request: Request, response: Response, next: NextFunction) => {
    // Express answers HEAD with GET's handler; a row that refuses it falls through to 405.
    if (request.method === 'HEAD' && definition.refuseHead === true) {
      next();
      return;
    }
    answer(definition, request, response).catch((error: unknown) => {
      settle(error, { request, response, refuse, log, route: `${definition.method} ${definition.path}` });
    });
  });
}

async function answer<Caller>(definition: Row<Caller>, http: Request, response: Response): Promise<void> {
  const text = await bodyText(definition.body, http);
  const query = parsePairs(queryOf(http.originalUrl));
  const form = definition.body.kind === 'form' ? parsePairs(text) : [];
  const caller = await definition.enter({ http, query, form, text });
  const params = http.params as Record<string, string>;
  await definition.handle({ caller, params, query, form, text, http, signal: departure(response) }, response);
}

async function bodyText(rule: BodyRule, http: Request): Promise<string> {
  if (rule.kind === 'stream' || rule.kind === 'none') return '';
  if (rule.kind === 'form' && hasBody(http) && !isForm(http)) {
    throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded.');
  }
  return readText(http, rule.limit);
}

function hasBody(http: Request): boolean {
  return http.headers['transfer-encoding'] !== undefined || Number(http.headers['content-length'] ?? 0) > 0;
}

/** True for exactly the form type, with or without a charset of UTF-8 (OAU-10: no near misses). */
export function isForm(http: Request): boolean {
  return /^application\/x-www-form-urlencoded(?:\s*;\s*charset="?utf-8"?)?$/i.test(http.headers['content-type'] ?? '');
}

/** The raw query of a request target, without its question mark. */
function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? '' : target.slice(mark + 1);
}

/** A signal that is aborted when the connection closes before the answer was completed. */
function departure(response: Response): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}

interface Trouble {
  readonly request: Request;
  readonly response: Response;
  readonly refuse: Refuse;
  readonly log: Log;
  readonly route: string;
}

function settle(error: unknown, { request, response, refuse, log, route }: Trouble): void {
  const failure = isFailure(error)
    ? error
    : (troubleOf(error) ??
      new Failure('internal', 'Something went wrong on our side. Please try again.', { cause: error }));
  if (failure.code === 'internal')
    log.error({ err: failure.cause ?? failure, detail: failure.detail, route }, 'request failed');
  else log.debug({ code: failure.code, why: failure.message, detail: failure.detail, route }, 'request refused');
  if (response.headersSent) {
    response.destroy();
    return;
  }
  if (failure.retryAfter !== undefined) response.setHeader('Retry-After', String(failure.retryAfter));
  // Bytes of a refused upload are not worth reading: say so and let the connection go.
  if (!request.complete && !request.readableEnded && hasBody(request)) response.setHeader('Connection', 'close');
  refuse(failure, request, response);
}
