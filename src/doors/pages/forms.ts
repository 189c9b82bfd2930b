import type { Response } from 'express';
import {
  firstField,
  invalid,
  isFailure,
  parseItemId,
  type Failure,
  type Fields,
  type ItemId,
} from '../../kernel/index.js';

/** The limit of a form that people fill in by hand, bytes. */
const FORM_LIMIT = 64 * 1024;

/** The body rule of such a form. */
export const FORM = { kind: 'form', limit: FORM_LIMIT } as const;
/** The body rule of a page that is only looked at. */
export const NO_BODY = { kind: 'none' } as const;

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

/** Leads on after a POST, so that a reload repeats nothing. */
export function leadTo(response: Response, target: string): void {
  response.redirect(303, target);
}

/** Codes that a form shows beside its fields instead of on a page of their own. */
const MENDABLE = [
  'invalid',
  'conflict',
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

/** A password typed twice must be the same twice. */
export function invalidUnlessSame(password: string, repeated: string): void {
  if (password !== repeated) throw invalid('The two passwords are not the same.');
}
