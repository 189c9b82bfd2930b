import {
  Router,
  type ErrorRequestHandler,
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
} from 'express';
import { Failure, isFailure, notFound, type Fields } from '../../kernel/index.js';
import { formCharset, parsePairs, type Charset } from '../../oauth1/index.js';
import { askedBy, askerOf, troubleOf, turnOfRequest, type Log } from '../../platform/index.js';
import { hasBody, readText, refuseAnnounced } from '../front/bodies.js';
import { whenTooSlow } from '../front/index.js';
import { departureOf } from './departure.js';
import type { Operation } from './operation.js';
import { sendRetryAfter } from './retry-after.js';
import { continueWhenRead } from './signed-body.js';

/** How a row reads the body: none is allowed, it is read completely within the limit, or the handler streams it. */
export type BodyRule =
  | { readonly kind: 'none' }
  /** `application/x-www-form-urlencoded` only; anything else is 415 (OAU-10). */
  | { readonly kind: 'form'; readonly limit: number }
  /** Read as text whatever its media type is; the handler decides. */
  | { readonly kind: 'text'; readonly limit: number }
  /** Left unread for the handler, so that no parser delays uploads. */
  | { readonly kind: 'stream' };

/** The body rule of a row whose requests carry nothing. */
export const NO_BODY = { kind: 'none' } as const satisfies BodyRule;

/** The entry check of a row that is open to everybody: nobody is asked who they are. */
export const anyone = (): Promise<undefined> => Promise.resolve(undefined);

/** One request as a handler sees it, with its caller. */
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

/** The part of a request that an entry check sees: everything but the body, unless the row reads that first. */
export interface Arrival {
  readonly http: Request;
  readonly query: Fields;
  readonly form: Fields;
  readonly text: string;
}

/**
 * An entry check. A door may add data that describe its checks, so that rules about all rows can be tested from them.
 */
export interface Enter<Caller> {
  (arrival: Arrival): Promise<Caller>;
  readonly asks?: object;
}

/** Methods that a row may have: those of HTTP, and those of WebDAV (RFC 4918 9). */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | DavMethod;

/** What WebDAV adds to HTTP, and its reports (RFC 3253 3.6). */
export type DavMethod = 'REPORT' | 'PROPFIND' | 'PROPPATCH' | 'MKCOL' | 'COPY' | 'MOVE' | 'LOCK' | 'UNLOCK';

/** One route as data: mounting, checks and documents derive from it. */
export interface Row<Caller> {
  readonly method: Method;
  /** Express path with `:params`, relative to where the door is mounted. */
  readonly path: string;
  /**
   * What of the path is matched instead, undecoded, where the handler reads the target itself: the row has no parameters then.
   * Without groups.
   */
  readonly match?: RegExp;
  /** One line for the API document. */
  readonly summary: string;
  /** What the API document says of it; routes of pages for people have none. */
  readonly document?: Operation;
  readonly body: BodyRule;
  /**
   * For rows whose {@link enter} needs the body: throws refusals that are possible before it is read. A sender that
   * waits for `100 Continue` has sent nothing until then.
   */
  readonly greet?: (http: Request) => void;
  /** The entry check: turns the proof into a caller or throws. */
  readonly enter: Enter<Caller>;
  readonly handle: (request: DoorRequest<Caller>, response: Response) => Promise<void>;
  /**
   * True for a row that only reads and takes no turns but those of the event loop: its steps need not be tracked to
   * their asker, which is cheaper (`askedBy`). Where reads take turns for connections, they are tracked anyway.
   */
  readonly onlyReads?: boolean;
  /** HEAD is answered like GET unless a row refuses it (RESULT does, WEB-11). */
  readonly refuseHead?: boolean;
}

/** Words a refusal in the format of one door. The answer has not been started when it is called. */
export type Refuse = (failure: Failure, request: Request, response: Response) => void;

/** A row with its caller type hidden, so that rows of different entries stand in one list. */
export type AnyRow = {
  mount(router: Router, refuse: Refuse, log: Log): void;
  readonly method: string;
  /** What a request may say to reach it: HEAD too, where GET answers it. */
  readonly methods: readonly string[];
  readonly path: string;
  readonly match: RegExp | undefined;
  readonly summary: string;
  readonly document: Operation | undefined;
  /** The data of the entry check. */
  readonly asks: object | undefined;
};

/** Makes a row; the caller type links its entry check to its handler. */
export function row<Caller>(definition: Row<Caller>): AnyRow {
  return {
    method: definition.method,
    methods: definition.method === 'GET' && definition.refuseHead !== true ? ['GET', 'HEAD'] : [definition.method],
    path: definition.path,
    match: definition.match,
    summary: definition.summary,
    document: definition.document,
    get asks() {
      return definition.enter.asks;
    },
    mount: (router, refuse, log) => {
      mountRow(definition, router, refuse, log);
    },
  };
}

/** What {@link createDoor} needs. */
export interface DoorOptions {
  readonly rows: readonly AnyRow[];
  readonly refuse: Refuse;
  readonly log: Log;
  /** Middleware before the rows; it sees every request. */
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
  for (const { path, methods } of methodsByPath(options.rows)) {
    router.all(path, (request, response) => {
      response.setHeader('Allow', methods.join(', '));
      const use = methods.filter((method) => method !== 'HEAD').join(' or ');
      options.refuse(new Failure('method-not-allowed', `Use ${use} here.`), request, response);
    });
  }
  router.use(refuseUndecodable(options.refuse));
  return router;
}

/** Errors of the router itself, such as a broken escape in a path. */
function refuseUndecodable(refuse: Refuse): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (!(error instanceof URIError) || response.headersSent) next(error);
    else refuse(new Failure('invalid', 'The request target is malformed.', { cause: error }), request, response);
  };
}

function methodsByPath(rows: readonly AnyRow[]): { readonly path: string | RegExp; readonly methods: string[] }[] {
  const paths = new Map<string, { path: string | RegExp; methods: string[] }>();
  for (const { path, match, methods } of rows) {
    const known = paths.get(path)?.methods ?? [];
    paths.set(path, { path: match ?? path, methods: [...known, ...methods] });
  }
  return [...paths.values()];
}

function mountRow<Caller>(definition: Row<Caller>, router: Router, refuse: Refuse, log: Log): void {
  const verb = definition.method.toLowerCase() as Lowercase<Method>;
  router[verb](definition.match ?? definition.path, (request: Request, response: Response, next: NextFunction) => {
    // Express answers HEAD with GET's handler; a row that refuses it falls through to 405.
    if (request.method === 'HEAD' && definition.refuseHead === true) {
      next();
      return;
    }
    const fail = (error: unknown): void =>
      settle(error, { request, response, refuse, log, route: `${definition.method} ${definition.path}` });
    whenTooSlow(request, fail);
    const work = (): Promise<void> => answer(definition, request, response);
    const asker = askerOf(request);
    const isFollowed = asker !== undefined && (asker.readsInTurn || definition.onlyReads !== true);
    (isFollowed ? askedBy(asker, work) : work()).catch(fail);
  });
}

const CONTROL = /\p{Cc}/u;

async function answer<Caller>(definition: Row<Caller>, http: Request, response: Response): Promise<void> {
  const params = http.params as Record<string, string>;
  // Such a name cannot exist here, so the database is not asked (ruling F-47).
  for (const name in params) if (CONTROL.test(params[name] ?? '')) throw notFound();
  const turn = turnOfRequest(askerOf(http));
  if (turn !== undefined) await turn;
  continueWhenRead(http, response);
  const text = await bodyText(definition, http);
  const query = parsePairs(queryOf(http.originalUrl));
  const form = definition.body.kind === 'form' ? parsePairs(text, charsetOf(http)) : [];
  const caller = await definition.enter({ http, query, form, text });
  const departure = departureOf(response);
  const request: DoorRequest<Caller> = {
    caller,
    params,
    query,
    form,
    text,
    http,
    get signal() {
      return departure();
    },
  };
  await definition.handle(request, response);
}

async function bodyText({ body: rule, greet }: Pick<Row<never>, 'body' | 'greet'>, http: Request): Promise<string> {
  if ('limit' in rule) refuseAnnounced(http, rule.limit);
  greet?.(http);
  if (rule.kind === 'stream' || rule.kind === 'none') return '';
  if (rule.kind === 'form' && hasBody(http) && !isForm(http)) {
    throw new Failure('unsupported-type', 'Send application/x-www-form-urlencoded.');
  }
  return readText(http, rule.limit);
}

/** True for exactly the form type, with or without a charset that is known (OAU-10, F-43: no near misses). */
export function isForm(http: Request): boolean {
  return formCharset(http.headers['content-type']) !== undefined;
}

/** The charset of a form by its label; for {@link parsePairs} and the check of a signature (F-43). */
export function charsetOf(http: Request): Charset {
  return formCharset(http.headers['content-type']) ?? 'utf-8';
}

/** The raw query of a request target, without its question mark. */
export function queryOf(target: string): string {
  const mark = target.indexOf('?');
  return mark === -1 ? '' : target.slice(mark + 1);
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
  sendRetryAfter(response, failure);
  refuse(failure, request, response);
}
