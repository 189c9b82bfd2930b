import { z } from 'zod';
import type { Answer, AnswersByStatus, Operation, Parameter, RequestBody, Tag } from '../door/operation.js';
import { GRANT_SIGNATURE, PERSON_SIGNATURE } from '../callers/proofs.js';
import { AWAY, refused, RETRY_AFTER } from '../door/refusal.js';
import {
  CalendarAnswer,
  CalendarBody,
  CommentAnswer,
  DeskRefusal,
  EventAnswer,
  EventBody,
  LockAnswer,
  LockClaim,
  LockHolder,
  NewComment,
} from './wire.js';

const DESK: Tag = {
  name: 'Desktops',
  description: [
    "Comments, locks and calendars of web desktops. Signed like the calls of files, without the header `StackSync-API`. Comments and locks belong to files and folders and are seen by whoever can open those; calendars are one person's.",
    'Bodies are forms or JSON, by their content: what does not parse as JSON is read as a form, whatever it is labelled. All values are text. What is refused is 400, and a refused lock is never 200. `user` and `cloud` are what the desktop calls them; who may change what is judged by the account behind the signature.',
  ].join('\n\n'),
};

const WORDS: Readonly<Record<string, readonly [description: string, example: string]>> = {
  id: ['The file or folder.', '31'],
  cloud: ['What the desktop calls the cloud.', 'Alder'],
  interop: ['Anything: the name of the cloud no longer matters.', 'true'],
  user: ['What the desktop calls its user.', 'ana'],
  time_created: ['When the comment was made: 14 digits.', '20261102090000'],
  name: ['The calendar.', 'Work'],
  calendar: ['The calendar.', 'Work'],
  timestart: ['As the event has it.', '1793610000'],
  timeend: ['As the event has it.', '1793613600'],
  isallday: ['As the event has it.', '0'],
};

const inPath = (name: string): Parameter => {
  const [description = '', example = ''] = WORDS[name] ?? [];
  return { in: 'path', name, description, example, schema: z.string() };
};

const json = (description: string, schema: z.ZodType): Answer => ({
  description,
  content: { 'application/json': { schema } },
});

const REFUSALS: Readonly<Record<number, readonly [description: string, sentence: string]>> = {
  408: ['The body took too long.', 'The body did not arrive in time.'],
  413: ['The body is too long.', 'The body may have at most 65536 bytes.'],
  415: [
    'The body is labelled as neither form nor JSON.',
    'Send application/x-www-form-urlencoded or application/json.',
  ],
  421: ['The request is meant for another host.', 'This is not the address of this cloud.'],
  429: ['The app or cloud asks too often.', 'Too many requests.'],
  500: ['A defect of this cloud.', 'Something went wrong here.'],
  502: ['Of a file in another cloud: that cloud cannot be reached or answers nonsense.', ''],
  503: ['This cloud or the other one is resting.', AWAY],
  504: ['Of a file in another cloud: that cloud does not answer in time.', ''],
};

const refusal = (description: string, sentences: readonly string[], status: number): Answer => ({
  ...json(description, DeskRefusal),
  content: {
    'application/json': {
      schema: DeskRefusal,
      examples: sentences.map((descripcion) => ({ error: status, descripcion })),
    },
  },
  ...(status === 429 || status === 503 ? { headers: RETRY_AFTER } : {}),
});

function refusals(statuses: readonly number[], sentences: readonly string[]): AnswersByStatus {
  const others = statuses.map((status) => {
    const [description = '', sentence = ''] = REFUSALS[status] ?? [];
    return [status, refusal(description, sentence === '' ? [] : [sentence], status)] as const;
  });
  const unproven = refused('Nothing proves who asks, or not rightly.', ['Could not authorize request'], {
    'WWW-Authenticate': { description: 'Always `OAuth`.', required: true },
  });
  return {
    400: refusal('It cannot be done; the sentence says why.', sentences, 400),
    401: unproven,
    ...Object.fromEntries(others),
  };
}

interface Call {
  readonly path?: readonly string[];
  readonly body?: z.ZodType;
  readonly answer: Answer;
  readonly sentences: readonly string[];
  readonly description?: string;
}

const ALWAYS = [421, 429, 500, 503];

function call(
  operationId: string,
  { path = [], body, answer, sentences, description }: Call,
  more: Partial<Operation>,
): Operation {
  return {
    operationId,
    tag: DESK,
    proofs: [PERSON_SIGNATURE, GRANT_SIGNATURE],
    ...(description === undefined ? {} : { description }),
    ...(path.length === 0 ? {} : { parameters: path.map(inPath) }),
    ...(body === undefined ? {} : { body: bodyOf(body) }),
    ...more,
    answers: {
      200: answer,
      ...refusals(
        [...ALWAYS, ...(body === undefined ? [] : [408, 413, 415]), ...(more.proofs ? [] : [502, 504])],
        sentences,
      ),
    },
  };
}

function bodyOf(schema: z.ZodType): RequestBody {
  return {
    required: true,
    content: { 'application/x-www-form-urlencoded': { schema }, 'application/json': { schema } },
  };
}

/** Calls about a file or folder, which may be in another cloud. */
const ofItem = (operationId: string, parts: Call): Operation => call(operationId, parts, {});
/** Calls about things that belong to one person only. */
const ofPerson = (operationId: string, parts: Call): Operation =>
  call(operationId, parts, { proofs: [PERSON_SIGNATURE] });

const done = (key: string): Answer => json('Done.', z.object({ [key]: z.literal(true) }));
const NOT_FOUND = 'Not found.';
const NOT_YOURS = 'You do not have this file open.';
const NO_CALENDAR = 'There is no such calendar.';
const NO_EVENT = 'There is no such event.';
const EVENT_KEY = ['user', 'calendar', 'cloud', 'timestart', 'timeend', 'isallday'];

/** What the API document says of the sync routes. */
export const calls = {
  postComment: ofItem('postComment', {
    body: NewComment,
    answer: json('The comment.', CommentAnswer),
    sentences: ['text is missing.', NOT_FOUND],
  }),
  listComments: ofItem('listComments', {
    path: ['id', 'cloud'],
    answer: json('Oldest first.', z.array(CommentAnswer)),
    sentences: [NOT_FOUND],
  }),
  listAllComments: ofItem('listAllComments', {
    path: ['id', 'cloud', 'interop'],
    answer: json('Oldest first.', z.array(CommentAnswer)),
    sentences: [NOT_FOUND],
  }),
  deleteComment: ofItem('deleteComment', {
    description: "One's own, or anybody's on what one owns.",
    path: ['id', 'user', 'cloud', 'time_created'],
    answer: json('The comment as it was: `DELETED`.', CommentAnswer),
    sentences: ['There is no such comment of yours.', 'time_created must look like 20261231180000.'],
  }),
  getLock: ofItem('getLock', {
    path: ['id', 'cloud'],
    answer: json('The lock, or an empty list.', z.array(LockAnswer).max(1)),
    sentences: [NOT_FOUND],
  }),
  getAnyLock: ofItem('getAnyLock', {
    path: ['id', 'cloud', 'interop'],
    answer: json('The lock, or an empty list.', z.array(LockAnswer).max(1)),
    sentences: [NOT_FOUND],
  }),
  lockFile: ofItem('lockFile', {
    description:
      'Free is what nobody locked, what was given back, what the same user at the same server holds, and what was not kept in its time.',
    body: LockClaim,
    answer: done('lockFile'),
    sentences: ['ana has this file open.', 'timelimit must be a number of minutes.'],
  }),
  keepLock: ofItem('keepLock', { body: LockHolder, answer: done('updateFile'), sentences: [NOT_YOURS] }),
  unlockFile: ofItem('unlockFile', { body: LockHolder, answer: done('unLockFile'), sentences: [NOT_YOURS] }),
  saveCalendar: ofPerson('saveCalendar', {
    body: CalendarBody,
    answer: json('The calendar: `NEW`, or `CHANGED` if there was one.', CalendarAnswer),
    sentences: ['name is missing.'],
  }),
  changeCalendar: ofPerson('changeCalendar', {
    body: CalendarBody,
    answer: json('The calendar: `CHANGED`.', CalendarAnswer),
    sentences: [NO_CALENDAR],
  }),
  listCalendars: ofPerson('listCalendars', {
    path: ['user', 'cloud'],
    answer: json('Oldest first.', z.array(CalendarAnswer)),
    sentences: [NOT_FOUND],
  }),
  deleteCalendar: ofPerson('deleteCalendar', {
    path: ['user', 'name', 'cloud'],
    answer: json('The calendar as it was: `DELETED`.', CalendarAnswer),
    sentences: [NO_CALENDAR],
  }),
  listEverything: ofPerson('listEverything', {
    path: ['user', 'cloud'],
    answer: json('Calendars first, then events.', z.array(z.union([CalendarAnswer, EventAnswer]))),
    sentences: [NOT_FOUND],
  }),
  deleteEverything: ofPerson('deleteEverything', {
    path: ['user', 'cloud'],
    answer: done('delete'),
    sentences: [NOT_FOUND],
  }),
  saveEvent: ofPerson('saveEvent', {
    body: EventBody,
    answer: json('The event: `NEW`, or `CHANGED` if there was one.', EventAnswer),
    sentences: ['isallday must be 0 or 1.'],
  }),
  changeEvent: ofPerson('changeEvent', {
    body: EventBody,
    answer: json('The event: `CHANGED`.', EventAnswer),
    sentences: [NO_EVENT],
  }),
  listEvents: ofPerson('listEvents', {
    path: ['user', 'calendar', 'cloud'],
    answer: json('Oldest first.', z.array(EventAnswer)),
    sentences: [NOT_FOUND],
  }),
  deleteEvent: ofPerson('deleteEvent', {
    path: EVENT_KEY,
    answer: json('The event as it was: `DELETED`.', EventAnswer),
    sentences: [NO_EVENT],
  }),
};
