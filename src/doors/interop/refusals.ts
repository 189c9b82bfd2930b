import { statusOf } from '../../kernel/index.js';
import type { Refuse } from '../door.js';
import { refusalOf } from '../refusal.js';

/** Refusals of the interop door: plain text, JSON or a page, as the asker prefers (cloudspaces-interop.md 13). */
export function createInteropRefusals(showPage: Refuse): Refuse {
  return (failure, request, response) => {
    const status = statusOf(failure.code);
    // A method that only some clouds may use is refused behind its row, which does not know the others.
    const { allow } = failure.facts;
    if (allow !== undefined) response.setHeader('Allow', allow);
    switch (request.accepts(['text/plain', 'application/json', 'text/html'])) {
      case 'text/html':
        showPage(failure, request, response);
        return;
      case 'application/json':
        response.status(status).json(refusalOf(failure));
        return;
      default:
        response.status(status).type('text/plain').send(failure.message);
    }
  };
}
