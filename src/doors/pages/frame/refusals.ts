import type { Request, Response } from 'express';
import { Failure, randomWord, statusOf, type FailureCode, type Random } from '../../../kernel/index.js';
import type { Log } from '../../../platform/index.js';
import type { Refuse } from '../../door/door.js';
import { preferred } from '../../door/negotiation.js';
import { leadTo } from './forms.js';
import type { Show } from './renderer.js';
import { personOf } from './sessions.js';
import { leadingBack, type PageMap } from './way-back.js';

/** What a code is called on a page, and what the reader can do about it. */
const WORDS: Readonly<Record<FailureCode, { readonly title: string; readonly advice: string }>> = {
  invalid: { title: 'That did not work', advice: 'Go back, change what the message says and try again.' },
  unauthenticated: { title: 'Please sign in', advice: 'Sign in and try again.' },
  forbidden: {
    title: 'This is not allowed',
    advice: 'If you think it should be, ask the owner of the folder or the administrator of this cloud.',
  },
  'not-found': {
    title: 'There is nothing here',
    advice: 'The link may be old or mistyped, or what it led to is gone or not shared with you.',
  },
  'method-not-allowed': { title: 'This address works differently', advice: 'Go back and use the buttons of the page.' },
  'too-slow': { title: 'That took too long', advice: 'Check your connection and try again.' },
  conflict: {
    title: 'This does not fit any more',
    advice: 'Something changed in the meantime. Load the page again to see how things stand.',
  },
  'precondition-failed': {
    title: 'This has changed meanwhile',
    advice: 'Load the page again and repeat what you did.',
  },
  'too-large': { title: 'That is too large', advice: 'Send less at once.' },
  quota: {
    title: 'There is no room left',
    advice: 'Delete something that is no longer needed, or ask the administrator for more room.',
  },
  full: {
    title: 'This cloud has no room left',
    advice: 'You can still read files and end shares. The administrator has to make room; then try again.',
  },
  'unsupported-type': {
    title: 'This form came in an unknown format',
    advice: 'Go back, load the page again and repeat what you did.',
  },
  'range-not-satisfiable': { title: 'That part of the file does not exist', advice: 'Download the whole file again.' },
  unprocessable: {
    title: 'This was sent before with another content',
    advice: 'Load the page again and repeat what you did.',
  },
  locked: {
    title: 'Somebody is working on this',
    advice: 'Nothing has changed. Try again when they have finished, or ask them to close it.',
  },
  misdirected: { title: 'This is another cloud', advice: 'Check the address of the page.' },
  'too-many': { title: 'That was too often', advice: 'Wait a little, then try again.' },
  'peer-failed': { title: 'The other cloud has trouble', advice: 'Nothing is lost. Try again in a few minutes.' },
  'peer-timeout': { title: 'The other cloud does not answer', advice: 'Nothing is lost. Try again in a few minutes.' },
  unavailable: { title: 'Please come back in a moment', advice: 'Try again in a few minutes.' },
  internal: {
    title: 'Something went wrong on our side',
    advice: 'Please try again. If it happens again, tell the administrator the number below.',
  },
};

/** Where a refusal names the page that would help, such as the one to sign in at. */
const WAY_IN = 'wayIn';

/** Refuses with the way in: a browser is led there and comes back afterwards, to `target` if it cannot be told where it was. */
export function signInFirst(wayIn: '/login' | '/login/confirm', target?: string): Failure {
  const message = wayIn === '/login' ? 'Please sign in first.' : 'Please enter your password again first.';
  return new Failure('unauthenticated', message, {
    facts: { [WAY_IN]: wayIn, ...(target !== undefined && { target }) },
  });
}

/** What refusals need. */
export interface RefusalInputs {
  readonly show: Show;
  readonly random: Random;
  readonly log: Log;
  readonly pages: PageMap;
}

/** Words refusals as calm pages, or as JSON or text for clients that prefer those. */
export function createRefusals({ show, random, log, pages }: RefusalInputs): Refuse {
  return (failure, http, response) => {
    const requestId = failure.code === 'internal' ? requestIdOf(response, random) : undefined;
    if (requestId !== undefined) log.error({ requestId, err: failure.cause ?? failure }, 'page failed');
    const format = preferred(http, ['html', 'json', 'text']);
    if (format === 'json') sendJson(failure, response, requestId);
    else if (format === 'text') sendText(failure, response, requestId);
    else if (!ledToWayIn(pages, failure, http, response)) showRefusal(failure, http, response, requestId);
  };

  function showRefusal(failure: Failure, http: Request, response: Response, requestId: string | undefined): void {
    // A door whose visitors do not come from a page of ours may have its own words.
    const { title, advice } = { ...WORDS[failure.code], ...ownWords(failure) };
    const model = { message: failure.message, advice, requestId };
    show(http, response, personOf(http), { template: 'errors/refusal', title, status: statusOf(failure.code), model });
  }
}

function ownWords({ facts }: Failure): { title?: string; advice?: string } {
  const { title, advice } = facts;
  return typeof title === 'string' && typeof advice === 'string' ? { title, advice } : {};
}

function ledToWayIn(pages: PageMap, failure: Failure, http: Request, response: Response): boolean {
  const wayIn = failure.facts[WAY_IN];
  if (typeof wayIn !== 'string') return false;
  const named = failure.facts['target'];
  const target = pages.whereaboutsOf(http, typeof named === 'string' ? named : undefined);
  leadTo(response, leadingBack(wayIn, target));
  return true;
}

function sendJson(failure: Failure, response: Response, requestId: string | undefined): void {
  response.status(statusOf(failure.code)).json({ error: failure.code, message: failure.message, requestId });
}

function sendText(failure: Failure, response: Response, requestId: string | undefined): void {
  const suffix = requestId === undefined ? '' : ` (${requestId})`;
  response.status(statusOf(failure.code)).type('text/plain').send(`${failure.message}${suffix}\n`);
}

/** The number under which the log knows this request: the one that the server gave it, or a fresh one. */
function requestIdOf(response: Response, random: Random): string {
  const given = response.getHeader('X-Request-Id');
  if (typeof given === 'string') return given;
  const made = randomWord(random, 12);
  response.setHeader('X-Request-Id', made);
  return made;
}
