import type { Response, Router } from 'express';
import { invalid } from '../../kernel/index.js';
import { createDoor, row, type AnyRow, type Row } from '../door/door.js';
import type { Operation } from '../door/operation.js';
import * as calendar from './calendar-routes.js';
import { calls } from './document.js';
import * as item from './item-routes.js';
import type { DeskCaller, DeskInputs, DeskRequest } from './ports.js';
import { createDeskRefusals } from './refusals.js';

/**
 * The sync routes of stacksync-api-v2.md 8, to be mounted at the API prefix: comments, locks, calendars and events.
 * Signed like storage calls; the header `StackSync-API` is not asked for. No body is read before its sender is known.
 */
export function createDeskDoor(inputs: DeskInputs): Router {
  const rows = deskRows(inputs);
  const refuse = createDeskRefusals(inputs.refuseStranger);
  const router = createDoor({ rows, refuse, log: inputs.log });
  // Any other path that begins like a call is a bad request in the desktops' format (stacksync-api-v2.md 8).
  const words = new Set(rows.map(({ path }) => path.split('/', 2).join('/')));
  router.all(
    [...words].map((word) => `${word}{/*rest}`),
    (request, response) => {
      refuse(invalid('There is no such call.'), request, response);
    },
  );
  return router;
}

/** Every sync route. */
export function deskRows(inputs: DeskInputs): readonly AnyRow[] {
  return [...commentRows(inputs), ...lockRows(inputs), ...calendarRows(inputs), ...eventRows(inputs)];
}

function commentRows(inputs: DeskInputs): readonly AnyRow[] {
  const { desk } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/comment', calls.postComment, 'Comment on a file or folder', (q, a) => item.postComment(desk, q, a)),
    make(
      'GET',
      '/comment/:id/:cloud',
      calls.listComments,
      'Comments on a file or folder, under one name of the cloud',
      (q, a) => item.sendComments(desk, q, a),
    ),
    make('GET', '/comment/:id/:cloud/:interop', calls.listAllComments, 'All comments on a file or folder', (q, a) =>
      item.sendComments(desk, q, a),
    ),
    make('DELETE', '/comment/:id/:user/:cloud/:time_created', calls.deleteComment, 'Delete a comment', (q, a) =>
      item.deleteComment(desk, q, a),
    ),
  ];
}

function lockRows(inputs: DeskInputs): readonly AnyRow[] {
  const { desk } = inputs;
  const make = rowMaker(inputs);
  return [
    make('GET', '/lockFile/:id/:cloud', calls.getLock, 'The lock of a file, under one name of the cloud', (q, a) =>
      item.sendLock(desk, q, a),
    ),
    make('GET', '/lockFile/:id/:cloud/:interop', calls.getAnyLock, 'The lock of a file', (q, a) =>
      item.sendLock(desk, q, a),
    ),
    make('POST', '/lockFile', calls.lockFile, 'Lock a file for writing', (q, a) => item.postLock(desk, q, a)),
    make('PUT', '/updateTime', calls.keepLock, 'Keep a lock', (q, a) => item.putTime(desk, q, a)),
    make('PUT', '/unLockFile', calls.unlockFile, 'Give a lock back', (q, a) => item.putUnlock(desk, q, a)),
  ];
}

function calendarRows(inputs: DeskInputs): readonly AnyRow[] {
  const { calendars } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/calendar', calls.saveCalendar, 'Create or change a calendar', (q, a) =>
      calendar.saveCalendar(calendars, q, a, 'make'),
    ),
    make('PUT', '/calendar', calls.changeCalendar, 'Change a calendar', (q, a) =>
      calendar.saveCalendar(calendars, q, a, 'change'),
    ),
    make('GET', '/calendar/:user/:cloud', calls.listCalendars, 'Calendars of a desktop user', (q, a) =>
      calendar.sendCalendars(calendars, q, a),
    ),
    make('DELETE', '/calendar/:user/:name/:cloud', calls.deleteCalendar, 'Delete a calendar with its events', (q, a) =>
      calendar.deleteCalendar(calendars, q, a),
    ),
    make('GET', '/calEvents/:user/:cloud', calls.listEverything, 'Calendars and events of a desktop user', (q, a) =>
      calendar.sendEverything(calendars, q, a),
    ),
    make(
      'DELETE',
      '/calUser/:user/:cloud',
      calls.deleteEverything,
      'Delete every calendar and event of a desktop user',
      (q, a) => calendar.deleteUser(calendars, q, a),
    ),
  ];
}

function eventRows(inputs: DeskInputs): readonly AnyRow[] {
  const { calendars } = inputs;
  const make = rowMaker(inputs);
  return [
    make('POST', '/event', calls.saveEvent, 'Create or change an event', (q, a) =>
      calendar.saveEvent(calendars, q, a, 'make'),
    ),
    make('PUT', '/event', calls.changeEvent, 'Change an event', (q, a) =>
      calendar.saveEvent(calendars, q, a, 'change'),
    ),
    make('GET', '/event/:user/:calendar/:cloud', calls.listEvents, 'Events of a calendar', (q, a) =>
      calendar.sendEvents(calendars, q, a),
    ),
    make(
      'DELETE',
      '/event/:user/:calendar/:cloud/:timestart/:timeend/:isallday',
      calls.deleteEvent,
      'Delete an event',
      (q, a) => calendar.deleteEvent(calendars, q, a),
    ),
  ];
}

type Handle = (request: DeskRequest, response: Response) => Promise<void>;

function rowMaker({ authorize: enter }: DeskInputs) {
  return (
    method: Row<DeskCaller>['method'],
    path: string,
    document: Operation,
    summary: string,
    handle: Handle,
  ): AnyRow => {
    const kind = document.body === undefined ? 'none' : 'stream';
    return row<DeskCaller>({ method, path, summary, document, body: { kind }, enter, handle });
  };
}
