import type { Request, Response } from 'express';
import { DAY } from '../../../kernel/index.js';
import { cookieAttributes, cookieNames, cookieOf } from './headers/cookies.js';
import type { PageKit } from './kit.js';
import { ownPath } from './way-back.js';

/** As long as the mailed link lives with which a new password is chosen. */
const LIFE = DAY;

/** Browsers keep cookies of 4 096 bytes, name and attributes included. */
const LONGEST = 3_500;

/**
 * Keeps in the browser where somebody goes on who leaves for their mailbox to choose a new password: the link that is
 * mailed must not carry it, because anybody may ask for that link. A longer way than a cookie can hold is not kept.
 */
export function keepWay({ publicUrl }: PageKit, response: Response, target: string | undefined): void {
  const value = encodeURIComponent(ownPath(target) ?? '');
  if (value === '' || value.length > LONGEST) return;
  response.cookie(cookieNames(publicUrl).way, value, { ...attributes(publicUrl), maxAge: LIFE });
}

/** The way that this browser keeps; a cookie comes from outside, so it is judged again (WEB-10). */
export function keptWay({ publicUrl }: PageKit, http: Request): string | undefined {
  const value = cookieOf(http, cookieNames(publicUrl).way);
  if (value === undefined) return undefined;
  try {
    return ownPath(decodeURIComponent(value));
  } catch {
    return undefined;
  }
}

/** Forgets it, once somebody has signed in. */
export function forgetWay({ publicUrl }: PageKit, http: Request, response: Response): void {
  const { way } = cookieNames(publicUrl);
  if (cookieOf(http, way) !== undefined) response.clearCookie(way, attributes(publicUrl));
}

/** The value is encoded already, in exactly one way. */
function attributes(publicUrl: URL) {
  return { ...cookieAttributes(publicUrl), encode: (value: string) => value };
}
