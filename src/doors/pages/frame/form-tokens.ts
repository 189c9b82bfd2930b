import { timingSafeEqual } from 'node:crypto';
import type { Request, Response } from 'express';
import { DAY, Failure, randomWord, type Random } from '../../../kernel/index.js';
import type { Sealer } from '../../../platform/index.js';
import { cookieAttributes, cookieNames, cookieOf } from './headers/cookies.js';
import { personOf } from './sessions.js';

/** The form field that carries a token; it comes first in multipart forms. */
export const TOKEN_FIELD = 'token';

/**
 * The purpose of the forms of people who are not signed in yet. They are bound to the browser alone, so that one that
 * was opened before its reader signed in, in another tab, still leads on (F-51).
 */
const LOGIN = 'login';

/** The rule of such a form. */
export const LOGIN_FORM = { purpose: LOGIN } as const;

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

/** Tokens without storage: opening a page writes no row, however often a scanner does it (PRO-10). */
export function createFormTokens({ publicUrl, sealer, random }: TokenInputs): FormTokens {
  const { visitor } = cookieNames(publicUrl);
  const digest = (binding: string, purpose: string): string => sealer.digest(`${binding} ${purpose}`, 'form-token');
  const bind = (response: Response): string => {
    const word = randomWord(random);
    response.cookie(visitor, word, { ...cookieAttributes(publicUrl), maxAge: DAY });
    return (response.locals[FRESH] = `visitor:${word}`);
  };
  return {
    issue(http, response, purpose) {
      const binding = bindingOf(http, visitor, purpose) ?? freshBinding(response) ?? bind(response);
      return once(response, `${binding} ${purpose}`, () => masked(digest(binding, purpose), maskOf(response, random)));
    },
    check(http, purpose, token) {
      const binding = bindingOf(http, visitor, purpose);
      if (binding === undefined || token === undefined || !same(unmasked(token), digest(binding, purpose)))
        throw staleForm();
    },
  };
}

/** The property of an answer that keeps the binding it has just made, for the other forms of the page. */
const FRESH = 'freshBinding';

function freshBinding(response: Response): string | undefined {
  return response.locals[FRESH] as string | undefined;
}

function bindingOf(http: Request, visitorCookie: string, purpose: string): string | undefined {
  if (personOf(http) !== undefined && purpose !== LOGIN) return `session:${http.sessionID}`;
  const word = cookieOf(http, visitorCookie);
  return word !== undefined && /^[A-Za-z0-9]{32}$/.test(word) ? `visitor:${word}` : undefined;
}

/** The property of an answer that keeps its tokens: a list has the same one in the form of each of its rows. */
const ISSUED = 'issuedFormTokens';

function once({ locals }: Response, name: string, make: () => string): string {
  const issued = (locals[ISSUED] ??= new Map<string, string>()) as Map<string, string>;
  const known = issued.get(name);
  if (known !== undefined) return known;
  const made = make();
  issued.set(name, made);
  return made;
}

/** Bytes of a digest, and of the mask before it. */
const DIGEST_BYTES = 32;
/** The property of an answer that keeps the mask of its tokens: one for all, so that the page still compresses well. */
const MASK = 'formTokenMask';

function maskOf({ locals }: Response, random: Random): Buffer {
  return (locals[MASK] ??= random.bytes(DIGEST_BYTES)) as Buffer;
}

/** Masks a token differently in every answer, so that the compressed length does not reveal it (F-56, BREACH). */
function masked(digest: string, mask: Buffer): string {
  return Buffer.concat([mask, xor(Buffer.from(digest, 'hex'), mask)]).toString('base64url');
}

/** The bytes of the digest in a token; too few for anything that is none. */
function unmasked(token: string): Buffer {
  const bytes = Buffer.from(token, 'base64url');
  const isToken = bytes.length === 2 * DIGEST_BYTES && bytes.toString('base64url') === token;
  return isToken ? xor(bytes.subarray(DIGEST_BYTES), bytes) : Buffer.alloc(0);
}

function xor(bytes: Buffer, mask: Buffer): Buffer {
  return Buffer.from(bytes.map((byte, at) => byte ^ (mask[at] ?? 0)));
}

function same(given: Buffer, expected: string): boolean {
  const wanted = Buffer.from(expected, 'hex');
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

/** The refusal of a form that no page of ours made for this session, or whose session has changed since. */
export function staleForm(): Failure {
  return new Failure(
    'forbidden',
    'This form is not valid any more. Go back, load the page again and repeat what you did.',
  );
}

/**
 * Refuses posts that another site made (WEB-01). Our pages whose address is a secret send no referrer, so their forms
 * come with `Origin: null`, as do those of a sandboxed page elsewhere: they are taken only where nothing shows another
 * site, and like all others only with a token that fits (F-48).
 */
export function checkOriginHeader(http: Request, publicUrl: URL): void {
  const origin = http.headers.origin;
  const isNamed = origin !== undefined && origin !== 'null';
  if (isNamed ? origin !== publicUrl.origin : showsAnotherSite(http, publicUrl))
    throw new Failure(
      'forbidden',
      `This form did not come from a page of ${publicUrl.origin}. Open the page there and try again.`,
    );
}

function showsAnotherSite({ headers }: Request, publicUrl: URL): boolean {
  const site = headers['sec-fetch-site'] ?? 'none';
  const { origin, referer } = headers;
  // A request with a null origin and a referrer elsewhere is not from a page of ours.
  const isReferred =
    origin !== undefined &&
    referer !== undefined &&
    (!URL.canParse(referer) || new URL(referer).origin !== publicUrl.origin);
  return isReferred || (site !== 'same-origin' && site !== 'none');
}
