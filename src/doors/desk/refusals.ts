import { statusOf } from '../../kernel/index.js';
import type { Refuse } from '../door.js';
import { endWhileSending } from '../lingering.js';
import type { DeskRefusal } from './wire.js';

/** Every way of not getting what was asked for is 400 here: desktops know no other (stacksync-api-v2.md 8). */
const BAD_REQUEST: ReadonlySet<number> = new Set([403, 404, 409, 412, 416]);

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
    endWhileSending(request, response, body);
  };
}
