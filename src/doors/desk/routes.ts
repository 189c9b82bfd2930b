import type { Response, Router } from 'express';
import { createDoor, row, type AnyRow, type Row } from '../door.js';
import * as calendar from './calendar-routes.js';
import * as item from './item-routes.js';
import type { DeskCaller, DeskInputs, DeskRequest } from './ports.js';
import { createDeskRefusals } from './refusals.js';

/**
 * The sync routes of stacksync-api-v2.md 8, to be mounted at the API prefix: comments, locks, calendars and events.
 * Signed like storage calls; the header `StackSync-API` is not asked for. No body is read before its sender is known.
 */
export function createDeskDoor(inputs: DeskInputs): Router {
  const { refuseStranger, log } = inputs;
  return createDoor({ rows: deskRows(inputs), refuse: createDeskRefusals(refuseStranger), log });
}

/** Every sync route. */
export function deskRows(inputs: DeskInputs): readonly AnyRow[] {
  return [...commentRows(inputs), ...lockRows(inputs), ...calendarRows(inputs), ...eventRows(inputs)];
}

function commentRows(inputs: DeskInputs): readonly AnyRow[] {
  const { desk } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/comment', 'comment on a file or folder', (q, a) => item.postComment(desk, q, a)),
    make('GET', '/comment/:id/:cloud', 'comments on a file or folder, under one name of the cloud', (q, a) =>
      item.sendComments(desk, q, a),
    ),
    make('GET', '/comment/:id/:cloud/:interop', 'all comments on a file or folder', (q, a) =>
      item.sendComments(desk, q, a),
    ),
    make('DELETE', '/comment/:id/:user/:cloud/:time_created', 'delete a comment', (q, a) =>
      item.deleteComment(desk, q, a),
    ),
  ];
}

function lockRows(inputs: DeskInputs): readonly AnyRow[] {
  const { desk } = inputs;
  const make = rowMaker(inputs);
  return [
    make('GET', '/lockFile/:id/:cloud', 'the lock of a file, under one name of the cloud', (q, a) =>
      item.sendLock(desk, q, a),
    ),
    make('GET', '/lockFile/:id/:cloud/:interop', 'the lock of a file', (q, a) => item.sendLock(desk, q, a)),
    make('POST', '/lockFile', 'lock a file for writing', (q, a) => item.postLock(desk, q, a)),
    make('PUT', '/updateTime', 'keep a lock', (q, a) => item.putTime(desk, q, a)),
    make('PUT', '/unLockFile', 'give a lock back', (q, a) => item.putUnlock(desk, q, a)),
  ];
}

function calendarRows(inputs: DeskInputs): readonly AnyRow[] {
  const { calendars } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/calendar', 'create or change a calendar', (q, a) => calendar.saveCalendar(calendars, q, a, 'make')),
    make('PUT', '/calendar', 'change a calendar', (q, a) => calendar.saveCalendar(calendars, q, a, 'change')),
    make('GET', '/calendar/:user/:cloud', 'calendars of a desktop user', (q, a) =>
      calendar.sendCalendars(calendars, q, a),
    ),
    make('DELETE', '/calendar/:user/:name/:cloud', 'delete a calendar with its events', (q, a) =>
      calendar.deleteCalendar(calendars, q, a),
    ),
    make('GET', '/calEvents/:user/:cloud', 'calendars and events of a desktop user', (q, a) =>
      calendar.sendEverything(calendars, q, a),
    ),
    make('DELETE', '/calUser/:user/:cloud', 'delete every calendar and event of a desktop user', (q, a) =>
      calendar.deleteUser(calendars, q, a),
    ),
  ];
}

function eventRows(inputs: DeskInputs): readonly AnyRow[] {
  const { calendars } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/event', 'create or change an event', (q, a) => calendar.saveEvent(calendars, q, a, 'make')),
    make('PUT', '/event', 'change an event', (q, a) => calendar.saveEvent(calendars, q, a, 'change')),
    make('GET', '/event/:user/:calendar/:cloud', 'events of a calendar', (q, a) =>
      calendar.sendEvents(calendars, q, a),
    ),
    make('DELETE', '/event/:user/:calendar/:cloud/:timestart/:timeend/:isallday', 'delete an event', (q, a) =>
      calendar.deleteEvent(calendars, q, a),
    ),
  ];
}

type Handle = (request: DeskRequest, response: Response) => Promise<void>;

function rowMaker({ authorize: enter }: DeskInputs) {
  return (method: Row<DeskCaller>['method'], path: string, summary: string, handle: Handle): AnyRow => {
    const kind = method === 'POST' || method === 'PUT' ? 'stream' : 'none';
    return row<DeskCaller>({ method, path, summary, body: { kind }, enter, handle });
  };
}
