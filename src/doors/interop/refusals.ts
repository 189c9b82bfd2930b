import { Failure, statusOf, type FailureCode } from '../../kernel/index.js';
import { challengeOf } from '../../oauth1/index.js';
import type { OnRefused } from '../callers/refused-messages.js';
import type { Refuse } from '../door/door.js';
import { preferred } from '../door/negotiation.js';
import { refusalOf } from '../door/refusal.js';

/**
 * Words refusals of the interop door: as plain text, JSON or a page, as the client prefers (cloudspaces-interop.md 13).
 * `onRefused` is told of each.
 */
export function createInteropRefusals(showPage: Refuse, onRefused: OnRefused): Refuse {
  return (failure, request, response) => {
    onRefused(failure, request);
    const status = statusOf(failure.code);
    if (failure.code === 'unauthenticated') response.setHeader('WWW-Authenticate', challengeOf(failure));
    // A method that only some clouds may use is refused behind its row, which does not know the others.
    const { allow } = failure.facts;
    if (allow !== undefined) response.setHeader('Allow', allow);
    switch (preferred(request, ['text/plain', 'application/json', 'text/html'])) {
      case 'text/html':
        showPage(toPerson(failure), request, response);
        return;
      case 'application/json':
        response.status(status).json(refusalOf(failure));
        return;
      default:
        response.status(status).type('text/plain').send(failure.message);
    }
  };
}

/** Refusals about the message itself: the person whose browser brought it has not written it and cannot correct it. */
const OF_THE_MESSAGE: readonly FailureCode[] = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'method-not-allowed',
  'unsupported-type',
  'too-large',
];

/**
 * Words for a person whom another cloud has sent here, instead of those for somebody who has filled in a form (F-25).
 */
function toPerson(failure: Failure): Failure {
  const { code, message, detail, cause, retryAfter, facts } = failure;
  if (!OF_THE_MESSAGE.includes(code)) return failure;
  const advice = `You have done nothing wrong, and nothing here has changed. Tell the administrators of both clouds what this one said: ${message}`;
  const title = 'This did not come in order';
  const lead = 'Another cloud led you here with a message that this cloud cannot use.';
  return new Failure(code, lead, { detail, cause, retryAfter, facts: { ...facts, title, advice } });
}
