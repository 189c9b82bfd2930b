import path from 'node:path';
import { Router, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Store } from 'express-session';
import type passport from 'passport';
import { Failure, isFailure, notFound, type Clock, type Random } from '../../../kernel/index.js';
import { askedUntil, askerOf, troubleOf, turnOfRequest, type Log, type Sealer } from '../../../platform/index.js';
import { namePerson } from '../../callers/askers.js';
import { createDoor, type AnyRow, type Refuse } from '../../door/door.js';
import { loadAssets, type Assets } from './assets.js';
import { compressPages } from './headers/compression.js';
import { createEntries, type Entries } from './entries.js';
import { createFormTokens, type FormTokens } from './form-tokens.js';
import { pageHeaders } from './headers/headers.js';
import { createRefusals } from './refusals.js';
import { createRenderer, type Show } from './renderer.js';
import { pageSessions, personOf } from './sessions.js';
import { PageMap } from './way-back.js';
import { loadTemplates } from './templates.js';

/** What every page needs, whoever writes it. */
export interface KitInputs {
  /** The folder `views/`. */
  readonly viewsFolder: string;
  readonly cloudName: string;
  readonly publicUrl: URL;
  /** The switch for insecure peers is on; administrators are told (threat model SSR-06). */
  readonly isTrial?: boolean;
  readonly sessionStore: Store;
  readonly sealer: Sealer;
  /** The strategy `local`, and who a session belongs to (accounts, `createPassport`). */
  readonly passport: passport.Authenticator;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** The parts that pages are made of; other doors that show pages (the callback, OAuth's consent) use it too. */
export interface PageKit {
  readonly cloudName: string;
  readonly publicUrl: URL;
  readonly isTrial: boolean;
  readonly clock: Clock;
  readonly passport: passport.Authenticator;
  readonly entries: Entries;
  readonly tokens: FormTokens;
  readonly assets: Assets;
  /** Sets the security headers of pages; {@link mount} does so by itself. */
  readonly headers: RequestHandler;
  readonly show: Show;
  readonly refuse: Refuse;
  /** Mounts rows with headers and sessions in front of them and page-shaped refusals behind. */
  mount(rows: readonly AnyRow[]): Router;
}

/** Builds the parts once per cloud: templates are compiled, assets read. */
export function createPageKit(inputs: KitInputs): PageKit {
  const { publicUrl, cloudName, clock, random, log, passport } = inputs;
  const tokens = createFormTokens(inputs);
  const assets = loadAssets(path.join(inputs.viewsFolder, 'assets'));
  const headers = pageHeaders(publicUrl);
  const show = createRenderer({ templates: loadTemplates(inputs.viewsFolder), assets, tokens, cloudName, headers });
  const pages = new PageMap(publicUrl);
  const refuse = createRefusals({ show, random, log, pages });
  const sessions = pageSessions({ ...inputs, store: inputs.sessionStore });
  return {
    cloudName,
    publicUrl,
    clock,
    passport,
    tokens,
    assets,
    headers,
    show,
    refuse,
    isTrial: inputs.isTrial ?? false,
    entries: createEntries({ publicUrl, tokens, clock }),
    mount(rows) {
      pages.add(rows);
      const router = Router();
      router.use(
        compressPages,
        headers,
        inTurn,
        sessions,
        passport.session() as RequestHandler,
        nameResident,
        createDoor({ rows, refuse, log }),
        refuseTrouble(refuse),
      );
      return router;
    },
  };
}

/** Answers what no row answers, as the last router of the whole server. */
export function nothingHere(kit: PageKit): Router {
  const router = kit.mount([]);
  router.use((request, response) => kit.refuse(notFound('There is no page at this address.'), request, response));
  return router;
}

/** Reading a session is work too, so the turn comes before it. */
const inTurn: RequestHandler = (request, response, next) => {
  const asker = askerOf(request);
  const begin = (): void => {
    if (asker === undefined) next();
    else response.once('close', askedUntil(asker, next));
  };
  const turn = turnOfRequest(asker);
  if (turn === undefined) begin();
  else turn.then(begin, next);
};

const nameResident: RequestHandler = (request, _response, next) => {
  const person = personOf(request);
  if (person !== undefined) namePerson(request, person.id);
  next();
};

/** Words what goes wrong before a row is reached: a malformed address, a session store that fails. */
function refuseTrouble(refuse: Refuse) {
  return (error: unknown, request: Request, response: Response, next: NextFunction): void => {
    if (response.headersSent) next(error);
    else refuse(asFailure(error), request, response);
  };
}

function asFailure(error: unknown): Failure {
  if (isFailure(error)) return error;
  const malformed = error instanceof URIError || (error as { status?: unknown }).status === 400;
  if (malformed) return new Failure('invalid', 'The address of this page is malformed.', { cause: error });
  return (
    troubleOf(error) ?? new Failure('internal', 'Something went wrong on our side. Please try again.', { cause: error })
  );
}
