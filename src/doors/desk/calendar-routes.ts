import type { Response } from 'express';
import type { Calendar, CalendarEvent, Calendars, DesktopUser, WithStatus } from '../../desk/index.js';
import { notFound, type AccountId } from '../../kernel/index.js';
import { sendArray, sendJson } from './answers.js';
import { readFields, type SentFields } from './fields.js';
import type { DeskRequest } from './ports.js';
import type { CalendarAnswer, EventAnswer } from './wire.js';

/** `POST calendar`, which also changes one that is there, and `PUT calendar` */
export async function saveCalendar(
  calendars: Calendars,
  request: DeskRequest,
  response: Response,
  how: 'make' | 'change',
): Promise<void> {
  const account = accountOf(request);
  const fields = await readFields(request);
  sendJson(response, calendarOf(await calendars.save(account, readCalendar(fields), how)));
}

/** `GET calendar/:user/:cloud` */
export async function sendCalendars(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  const found = calendars.list(accountOf(request), userOf(request));
  await sendArray(response, each(found, calendarOf), request.signal);
}

/** `DELETE calendar/:user/:name/:cloud` */
export async function deleteCalendar(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  const { name = '' } = request.params;
  sendJson(response, calendarOf(await calendars.remove(accountOf(request), { ...userOf(request), name })));
}

/** `POST event`, which also changes one that is there, and `PUT event` */
export async function saveEvent(
  calendars: Calendars,
  request: DeskRequest,
  response: Response,
  how: 'make' | 'change',
): Promise<void> {
  const account = accountOf(request);
  const fields = await readFields(request);
  sendJson(response, eventOf(await calendars.saveEvent(account, readEvent(fields), how)));
}

/** `GET event/:user/:calendar/:cloud` */
export async function sendEvents(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  const { calendar = '' } = request.params;
  const found = calendars.events(accountOf(request), { ...userOf(request), calendar });
  await sendArray(response, each(found, eventOf), request.signal);
}

/** `DELETE event/:user/:calendar/:cloud/:timestart/:timeend/:isallday` */
export async function deleteEvent(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  const { calendar = '', timestart = '', timeend = '', isallday = '' } = request.params;
  const ref = { ...userOf(request), calendar, timestart, timeend, isallday };
  sendJson(response, eventOf(await calendars.removeEvent(accountOf(request), ref)));
}

/** `GET calEvents/:user/:cloud`: calendars first, then events, in one array */
export async function sendEverything(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  const account = accountOf(request);
  const user = userOf(request);
  async function* everything(): AsyncGenerator<object> {
    yield* each(calendars.list(account, user), calendarOf);
    yield* each(calendars.events(account, user), eventOf);
  }
  await sendArray(response, everything(), request.signal);
}

/** `DELETE calUser/:user/:cloud` */
export async function deleteUser(calendars: Calendars, request: DeskRequest, response: Response): Promise<void> {
  await calendars.clear(accountOf(request), userOf(request));
  sendJson(response, { delete: true });
}

/** Calendars are a person's alone: for a grant there are none. */
function accountOf({ caller: { principal } }: DeskRequest): AccountId {
  if (principal.kind === 'person') return principal.accountId;
  throw notFound();
}

function userOf({ params: { user = '', cloud = '' } }: DeskRequest): DesktopUser {
  return { user, cloud };
}

function readCalendar(fields: SentFields): Calendar {
  return {
    user: fields.text('user'),
    name: fields.text('name'),
    cloud: fields.text('cloud'),
    description: fields.text('description'),
    timezone: fields.text('timezone'),
  };
}

function readEvent(fields: SentFields): CalendarEvent {
  return {
    user: fields.text('user'),
    calendar: fields.text('calendar'),
    cloud: fields.text('cloud'),
    isallday: fields.text('isallday'),
    timestart: fields.text('timestart'),
    timeend: fields.text('timeend'),
    repetition: fields.text('repetition'),
    finaltype: fields.text('finaltype'),
    finalvalue: fields.text('finalvalue'),
    subject: fields.hex('subject'),
    location: fields.hex('location'),
    description: fields.hex('description'),
    repeattype: fields.text('repeattype'),
  };
}

function calendarOf(calendar: WithStatus<Calendar>): CalendarAnswer {
  return { type: 'calendar', ...calendar };
}

function eventOf(event: WithStatus<CalendarEvent>): EventAnswer {
  return { type: 'event', ...event };
}

async function* each<T>(things: AsyncIterable<T>, show: (thing: T) => object): AsyncGenerator<object> {
  for await (const thing of things) yield show(thing);
}
