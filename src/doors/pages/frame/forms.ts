import type { Response } from 'express';
import {
  firstField,
  invalid,
  isFailure,
  notFound,
  parseEmail,
  parseItemId,
  parseName,
  type Email,
  type Failure,
  type Fields,
  type ItemId,
} from '../../../kernel/index.js';

/** The limit of a form that people fill in by hand, bytes. */
const FORM_LIMIT = 64 * 1024;

/** The body rule of such a form. */
export const FORM = { kind: 'form', limit: FORM_LIMIT } as const;

/** A field as typed, blanks around it removed; empty when it is missing. */
export function textField(form: Fields, name: string): string {
  return (firstField(form, name) ?? '').trim();
}

/** A field that must be filled in; `label` is what the form calls it. */
export function requiredField(form: Fields, name: string, label: string): string {
  const text = textField(form, name);
  if (text === '') throw invalid(`${label} is missing.`);
  return text;
}

/** Reads a field that must be filled in; `label` is what the form calls it. */
export function required(label: string) {
  return (form: Fields, name: string): string => requiredField(form, name, label);
}

/** A field with the e-mail address of somebody. */
export function addressField(form: Fields, name: string): Email {
  return parseEmail(requiredField(form, name, 'The address'));
}

/** What is said to a name that no folder here can hold. */
const NO_NAME =
  'A name has no “/”, no “\\” and no control characters, is neither “.” nor “..”, and has at most 255 bytes.';

/** The name of a file or folder as it was given: blanks belong to it. Throws `invalid`, saying what names are. */
export function parseItemName(text: string): string {
  return parseName(text, NO_NAME);
}

/** A field with the name of a file or folder; see {@link parseItemName}. */
export function itemNameField(form: Fields, name: string): string {
  const text = firstField(form, name) ?? '';
  if (text === '') throw invalid('The name is missing.');
  return parseItemName(text);
}

/** A password exactly as typed: blanks belong to it. */
export function passwordField(form: Fields, name: string): string {
  return firstField(form, name) ?? '';
}

/** True when a box is ticked. */
export function checkedField(form: Fields, name: string): boolean {
  return firstField(form, name) === 'yes';
}

/** The value of a path parameter. */
export function param(params: Readonly<Record<string, string>>, name: string): string {
  return params[name] ?? '';
}

/** The item that a path names. */
export function itemParam(params: Readonly<Record<string, string>>): ItemId {
  return parseItemId(param(params, 'id'));
}

/** The number of a version in a path; `not-found` for anything else. */
export function versionNumber(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw notFound();
  return Number(text);
}

/**
 * Redirects after a POST, so that a reload repeats nothing. The answer has no body: with one, express-session sends the
 * headers before it has stored the session, and the next request could come before the notice is there.
 */
export function leadTo(response: Response, target: string): void {
  response.status(303).location(target).end();
}

/** Codes that a form shows beside its fields instead of on a page of their own. */
const MENDABLE = [
  'invalid',
  'conflict',
  'locked',
  'unauthenticated',
  'too-many',
  'too-large',
  'peer-failed',
  'peer-timeout',
  'unavailable',
] as const;

/** Runs what a form asks for; a refusal that the person can mend is answered instead of thrown. */
export async function attempt<Result>(
  act: () => Promise<Result>,
): Promise<
  { readonly kind: 'done'; readonly result: Result } | { readonly kind: 'refused'; readonly failure: Failure }
> {
  try {
    return { kind: 'done', result: await act() };
  } catch (error) {
    if (isFailure(error) && MENDABLE.some((code) => code === error.code) && error.facts['wayIn'] === undefined) {
      return { kind: 'refused', failure: error };
    }
    throw error;
  }
}

/** A new password, which is typed twice and must be the same twice. */
export function newPasswordField(form: Fields): string {
  const password = passwordField(form, 'password');
  if (password !== passwordField(form, 'repeat')) throw invalid('The two passwords are not the same.');
  return password;
}
