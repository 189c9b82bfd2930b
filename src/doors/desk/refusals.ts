import { statusOf } from '../../kernel/index.js';
import type { Refuse } from '../door/door.js';
import type { DeskRefusal } from './wire.js';

/**
 * All refusals of a request with a valid proof are 400 here, because desktops know no other status (stacksync-api-v2.md
 * 8).
 */
const BAD_REQUEST: ReadonlySet<number> = new Set([403, 404, 409, 412, 416, 423]);

/** Words a refusal for desktops, whose key for the reason is Spanish; a missing proof is `refuseStranger`'s. */
export function createDeskRefusals(refuseStranger: Refuse): Refuse {
  return (failure, request, response) => {
    if (failure.code === 'unauthenticated') {
      refuseStranger(failure, request, response);
      return;
    }
    const own = statusOf(failure.code);
    const status = BAD_REQUEST.has(own) ? 400 : own;
    const body = JSON.stringify({ error: status, descripcion: failure.message } satisfies DeskRefusal);
    response.writeHead(status, {
      'Content-Type': 'application/json; charset=UTF-8',
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(body);
  };
}
