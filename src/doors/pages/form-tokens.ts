import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { DAY, Failure, randomWord, type Random } from '../../kernel/index.js';
import type { Sealer } from '../../platform/index.js';
import { cookieAttributes, cookieNames, cookieOf } from './cookies.js';
import { personOf } from './sessions.js';

/** The form field that carries a token; it comes first in multipart forms. */
export const TOKEN_FIELD = 'token';

/** Tokens that only a page of ours can put into a form: a keyed digest of session and purpose (WEB-01, WEB-02). */
export interface FormTokens {
  /** A token for forms of this purpose; visitors who have not signed in get a cookie to bind it to. */
  issue(http: Request, response: Response, purpose: string): string;
  /** Throws `forbidden` unless `token` was issued to this browser for this purpose. */
  check(http: Request, purpose: string, token: string | undefined): void;
}

/** What tokens need. */
export interface TokenInputs {
  readonly publicUrl: URL;
  readonly sealer: Sealer;
  readonly random: Random;
}

/** Tokens without a store: opening a page makes no row, however often a scanner does it (PRO-10). */
export function createFormTokens({ publicUrl, sealer, random }: TokenInputs): FormTokens {
  const { visitor } = cookieNames(publicUrl);
  const digest = (binding: string, purpose: string): string => sealer.digest(`${binding} ${purpose}`, 'form-token');
  return {
    issue(http, response, purpose) {
      const known = bindingOf(http, visitor) ?? freshBinding(response);
      if (known !== undefined) return digest(known, purpose);
      const word = randomWord(random);
      response.cookie(visitor, word, { ...cookieAttributes(publicUrl), maxAge: DAY });
      response.locals[FRESH] = `visitor:${word}`;
      return digest(`visitor:${word}`, purpose);
    },
    check(http, purpose, token) {
      const binding = bindingOf(http, visitor);
      if (binding === undefined || token === undefined || !same(token, digest(binding, purpose))) throw staleForm();
    },
  };
}

/** Where an answer keeps the binding it has just made, for the other forms of the same page. */
const FRESH = 'freshBinding';

function freshBinding(response: Response): string | undefined {
  return response.locals[FRESH] as string | undefined;
}

function bindingOf(http: Request, visitorCookie: string): string | undefined {
  if (personOf(http) !== undefined) return `session:${http.sessionID}`;
  const word = cookieOf(http, visitorCookie);
  return word !== undefined && /^[A-Za-z0-9]{32}$/.test(word) ? `visitor:${word}` : undefined;
}

function same(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** The refusal of a form that no page of ours made for this session, or whose session has changed since. */
export function staleForm(): Failure {
  return new Failure(
    'forbidden',
    'This form is not valid any more. Go back, load the page again and repeat what you did.',
  );
}

/**
 * Refuses posts that another site made (WEB-01). `no-referrer` pages post `Origin: null`: then `Sec-Fetch-Site` decides.
 * Clients that send neither are no browsers; their token still has to fit.
 */
export function checkOrigin(http: Request, publicUrl: URL): void {
  const origin = http.headers.origin;
  const site = http.headers['sec-fetch-site'];
  const named = origin !== undefined && origin !== 'null';
  const ours = named ? origin === publicUrl.origin : site === 'same-origin' || (origin === undefined && isOpen(site));
  if (!ours)
    throw new Failure(
      'forbidden',
      `This form did not come from a page of ${publicUrl.origin}. Open the page there and try again.`,
    );
}

function isOpen(site: string | string[] | undefined): boolean {
  return site === undefined || site === 'none';
}
