import type { Request, Response } from 'express';
import { firstField } from '../../../kernel/index.js';
import type { Stoppable } from '../../../mail/index.js';
import { parsePairs } from '../../../oauth1/index.js';
import { isForm, NO_BODY, row, type AnyRow } from '../../door/door.js';
import { lookUpSecret } from '../../callers/guesses.js';
import type { Visitor } from '../frame/entries.js';
import { param, textField } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import { LETTER_WORDS } from './letter-words.js';
import type { PageServices } from '../frame/services.js';

declare module '../frame/templates.js' {
  interface Views {
    'letters/stop': { readonly isStopped: boolean; readonly what: string; readonly isNotice: boolean };
  }
}

type Services = Pick<PageServices, 'letterWishes' | 'limiter'>;

const PATH = '/letters/:token';

/** Mail programs post it in either form, so the body is read as text (RFC 8058 3.1). */
const POSTED = { kind: 'text', limit: 4 * 1024 } as const;

/** The link at the foot of a letter: its holder can do without more of them, signed in or not. */
export function letterRows(kit: PageKit, services: Services): AnyRow[] {
  return [questionRow(kit, services), answerRow(kit, services)];
}

function questionRow(kit: PageKit, services: Services): AnyRow {
  const { entries } = kit;
  return row<Visitor>({
    method: 'GET',
    path: PATH,
    summary: 'Asks whether to stop letters of a kind; changes nothing.',
    body: NO_BODY,
    enter: entries.secret(entries.visitor),
    handle: async ({ http, caller, params }, response) => {
      const letters = await lettersOf(services, http, param(params, 'token'));
      await show(kit, services, { http, response, caller }, letters);
    },
  });
}

function answerRow(kit: PageKit, services: Services): AnyRow {
  return row<Visitor>({
    method: 'POST',
    path: PATH,
    summary: 'Stops letters of a kind, or sends them again; mail programs post here by themselves.',
    body: POSTED,
    enter: posted(kit),
    handle: async ({ http, caller, params, text }, response) => {
      const letters = await lettersOf(services, http, param(params, 'token'));
      const again = textField(formOf(http, text), 'again') === 'yes';
      await services.letterWishes.wish(letters, again);
      await show(kit, services, { http, response, caller }, letters);
    },
  });
}

/**
 * A mail program that stops letters with one click has no page, cookie or form token: the address alone, which nobody
 * can guess, says who it speaks for. Everything else that is posted comes from our page.
 */
function posted({ entries }: PageKit) {
  const fromPage = entries.posted(entries.visitor, {
    purpose: 'letters',
    fields: ({ http, text }) => formOf(http, text),
    unless: {
      why: 'a mail program posts one click to an address that only the reader of the letter knows (RFC 8058)',
      is: ({ http, text }) => isOneClick(http, text),
    },
  });
  return entries.secret(fromPage);
}

/** `List-Unsubscribe=One-Click`, as a form of either kind. */
function isOneClick(http: Request, text: string): boolean {
  if (isForm(http)) return firstField(parsePairs(text), 'List-Unsubscribe') === 'One-Click';
  return /name="List-Unsubscribe"\r\n(?:[^\r\n]+\r\n)*\r\nOne-Click\r\n/.test(text);
}

function formOf(http: Request, text: string) {
  return isForm(http) ? parsePairs(text) : [];
}

async function lettersOf({ letterWishes, limiter }: Services, http: Request, token: string): Promise<Stoppable> {
  // A promise, so that a token that was made up counts as a miss.
  return lookUpSecret(limiter, http, async () => letterWishes.read(token));
}

interface Visit {
  readonly http: Request;
  readonly response: Response;
  readonly caller: Visitor;
}

async function show(
  kit: PageKit,
  { letterWishes }: Services,
  { http, response, caller }: Visit,
  letters: Stoppable,
): Promise<void> {
  const isStopped = await letterWishes.isStopped(letters);
  kit.show(http, response, caller.person, {
    template: 'letters/stop',
    title: isStopped ? 'No more of these mails' : 'Fewer mails',
    model: { isStopped, ...wordsOf(letters, kit.cloudName) },
  });
}

function wordsOf(letters: Stoppable, cloudName: string): { readonly what: string; readonly isNotice: boolean } {
  return letters.kind === 'invitations'
    ? { what: `invitations from ${cloudName} to ${letters.to}`, isNotice: false }
    : { what: `mails from ${cloudName} when ${LETTER_WORDS[letters.letters]}`, isNotice: true };
}
