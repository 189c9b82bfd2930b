import type { Request, RequestHandler } from 'express';
import session, { type SessionData, type Store } from 'express-session';
import { randomWord, type Clock, type Random } from '../../../kernel/index.js';
import { SESSION_LIFETIME, type Account } from '../../../accounts/index.js';
import type { Sealer } from '../../../platform/index.js';
import { cookieAttributes, cookieNames, dropTossedCookie, isHttps } from './headers/cookies.js';

/** A message for the next page that is shown: what was done, or why not. */
export interface Notice {
  readonly kind: 'done' | 'trouble';
  readonly text: string;
}

declare module 'express-session' {
  interface SessionData {
    /** When the password was last given, milliseconds. */
    passwordAt: number;
    notice: Notice;
  }
}

/** What sessions need. */
export interface SessionInputs {
  readonly publicUrl: URL;
  readonly store: Store;
  readonly sealer: Sealer;
  readonly random: Random;
}

/** Reads and keeps the sessions of pages; no other door mounts it (WEB-12). */
export function pageSessions({ publicUrl, store, sealer, random }: SessionInputs): RequestHandler {
  const { session: name } = cookieNames(publicUrl);
  const sessions = session({
    name,
    store,
    secret: sealer.derive('sessions').toString('base64url'),
    genid: () => randomWord(random, 43),
    cookie: { ...cookieAttributes(publicUrl), maxAge: SESSION_LIFETIME },
    resave: false,
    rolling: true,
    saveUninitialized: false,
  });
  return (request, response, next) => {
    dropTossedCookie(request, name);
    // Our own URL is always the public one: behind a proxy the socket says http although people use https.
    if (isHttps(publicUrl)) Object.defineProperty(request, 'secure', { value: true, configurable: true });
    sessions(request, response, next);
  };
}

/** Who is signed in; somebody disabled or removed since is nobody. */
export function personOf(http: Request): Account | undefined {
  return http.user;
}

/** Signs somebody in under a new session id; nothing of what was in the session before is kept (WEB-09). */
export async function openSession(http: Request, account: Account, clock: Clock): Promise<void> {
  await settled((done) => http.logIn(account, done));
  http.session.passwordAt = clock.now();
}

/** Ends the session, at the server too. */
export async function closeSession(http: Request): Promise<void> {
  await settled((done) => http.session.destroy(done));
}

/** Leaves a message for the next page of somebody signed in; visitors have no session to keep it (F-61). */
export function leaveNotice(http: Request, notice: Notice): void {
  http.session.notice = notice;
}

/** The message left for this page; forgets it. */
export function takeNotice(http: Request): Notice | undefined {
  // An error page may be shown before there is a session.
  const data = http.session as SessionData | undefined;
  const notice = data?.notice;
  if (data !== undefined && notice !== undefined) delete (data as Partial<SessionData>).notice;
  return notice;
}

function settled(act: (done: (error?: unknown) => void) => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    act((error) => {
      if (error === undefined || error === null) resolve();
      else reject(error instanceof Error ? error : new Error('The session store failed.', { cause: error }));
    });
  });
}
