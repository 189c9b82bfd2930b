import type { Calendars, Desk } from '../../desk/index.js';
import type { Principal } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import type { Arrival, DoorRequest, Refuse } from '../door/door.js';
import type { SignedBody } from '../door/signed-body.js';

/** Who sent a request, after its proof was checked. */
export interface DeskCaller extends SignedBody {
  readonly principal: Principal;
}

/** A request whose body is still on its way. */
export type DeskRequest = DoorRequest<DeskCaller>;

/** What the sync routes need. */
export interface DeskInputs {
  readonly desk: Desk;
  readonly calendars: Calendars;
  /** Checks the proof of a request; the same as for storage calls. */
  readonly authorize: (arrival: Arrival) => Promise<DeskCaller>;
  /** Answers a request without a valid proof; the same as for storage calls. */
  readonly refuseStranger: Refuse;
  readonly log: Log;
}
