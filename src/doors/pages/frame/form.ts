import type { Response } from 'express';
import type { Failure, Fields } from '../../../kernel/index.js';
import { row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { EntryCheck, TokenRule } from './entries.js';
import { FORM, attempt, leadTo } from './forms.js';
import type { PageKit } from './kit.js';
import { leaveNotice } from './sessions.js';

/** One form that somebody sent, and what it is about, as far as it is about something that has to be there. */
export interface Visit<Caller, About = unknown> {
  readonly request: DoorRequest<Caller>;
  readonly response: Response;
  readonly about: About;
}

/** The result of a form: another page and a sentence to show there; or a page that is shown in this answer only. */
export type After = { readonly to: string; readonly say?: string } | { readonly show: () => Promise<void> | void };

/** Who may send a form. Its token is checked whoever that is. */
interface Admission<Caller> {
  readonly path: string;
  readonly summary: string;
  readonly from: EntryCheck<Caller>;
  /** What its token is checked for: for any page of ours unless said otherwise. */
  readonly token?: TokenRule;
  /** It takes the password of the last ten minutes; where somebody goes on who had to give it, or true for where they were. */
  readonly recent?: string | true;
  /** Its address is a secret (PRO-15). */
  readonly secret?: boolean;
}

/** The fields of a form by name, each with what reads it, such as `textField`; they are read and judged in this order. */
export type FieldReaders<Typed> = { readonly [Name in keyof Typed]: (form: Fields, name: string) => Typed[Name] };

/** A form as data: what it takes, what it does, and what is shown afterwards. */
export interface Form<Caller, About, Typed> extends Admission<Caller> {
  /** Finds what the form is about, or refuses on a separate page, because without it the form cannot be shown again. */
  readonly about?: (request: DoorRequest<Caller>) => Promise<About>;
  readonly fields?: FieldReaders<Typed>;
  /** Reads the form as a whole, where its fields depend on each other or on what it is about. */
  readonly read?: (form: Fields, visit: Visit<Caller, About>) => Typed;
  /** Does it; what was typed has been read, and what could not be read was `invalid`. */
  readonly act: (typed: Typed, visit: Visit<Caller, About>) => Promise<After>;
  /** Shows the form again as it was typed, with the reason; without it a refusal is a page of its own. */
  readonly again?: (visit: Visit<Caller, About>, failure: Failure) => Promise<void> | void;
}

/**
 * A form that somebody posts: its token is checked, its fields are read, it does its work, and then it leads on. What the
 * person can mend is shown beside the fields as they were typed; everything else is refused on a page of its own.
 */
export function form<Caller, About, Typed>(
  kit: Pick<PageKit, 'entries'>,
  definition: Form<Caller, About, Typed>,
): AnyRow {
  const { path, summary, about, act, again } = definition;
  return row<Caller>({
    method: 'POST',
    path,
    summary,
    body: FORM,
    enter: admission(kit, definition),
    handle: async (request, response) => {
      const visit = { request, response, about: (await about?.(request)) as About };
      const work = async (): Promise<After> => act(typedOf(definition, visit), visit);
      if (again === undefined) return goOn(visit, await work());
      const outcome = await attempt(work);
      if (outcome.kind === 'refused') return again(visit, outcome.failure);
      return goOn(visit, outcome.result);
    },
  });
}

/** A form without anything to type again: it leads back to where it stood in any case, and says there what came of it. */
export interface Button<Caller, Typed> extends Admission<Caller> {
  readonly fields?: FieldReaders<Typed>;
  /** Does it; answers what to say. */
  readonly act: (typed: Typed, visit: Visit<Caller>) => Promise<string>;
  readonly back: (request: DoorRequest<Caller>) => string;
}

/** Makes the row of a {@link Button}. */
export function button<Caller, Typed>(
  kit: Pick<PageKit, 'entries'>,
  { act, back, ...asked }: Button<Caller, Typed>,
): AnyRow {
  return form<Caller, unknown, Typed>(kit, {
    ...asked,
    act: async (typed, visit) => ({ to: back(visit.request), say: await act(typed, visit) }),
    again: ({ request, response }, { message }) => {
      leaveNotice(request.http, { kind: 'trouble', text: message });
      leadTo(response, back(request));
    },
  });
}

/** What was typed, read field by field or as a whole. */
function typedOf<Caller, About, Typed>(
  { fields, read }: Pick<Form<Caller, About, Typed>, 'fields' | 'read'>,
  visit: Visit<Caller, About>,
): Typed {
  const { form: sent } = visit.request;
  if (read !== undefined) return read(sent, visit);
  const readers = Object.entries<FieldReaders<Typed>[keyof Typed]>(fields ?? {});
  return Object.fromEntries(readers.map(([name, reader]) => [name, reader(sent, name)])) as Typed;
}

/** The password is asked for last, so that nobody is sent to enter it for a form that would be refused afterwards. */
function admission<Caller>({ entries }: Pick<PageKit, 'entries'>, asked: Admission<Caller>): EntryCheck<Caller> {
  const { from, token, recent, secret } = asked;
  const posted = entries.posted(from, token);
  const fresh = recent === undefined ? posted : entries.recent(posted, recent === true ? undefined : recent);
  return secret === true ? entries.secret(fresh) : fresh;
}

async function goOn<Caller>({ request, response }: Visit<Caller>, after: After): Promise<void> {
  if ('show' in after) return after.show();
  if (after.say !== undefined) leaveNotice(request.http, { kind: 'done', text: after.say });
  return leadTo(response, after.to);
}
