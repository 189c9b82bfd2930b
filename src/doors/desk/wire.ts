import { z } from 'zod';

const text = z.string();
const typed = (description: string) => z.string().meta({ description });

const COMMENT = {
  id: '31',
  user: 'ana',
  cloud: 'Alder',
  text: 'Looks good',
  time_created: '20261102090000',
  status: 'NEW',
};
const LOCK = { id: '31', cloud: 'Alder', user: 'ana', ipserver: '192.0.2.7', datetime: '2026-11-02 09:00:00' };
const CALENDAR = { user: 'ana', name: 'Work', cloud: 'Alder', description: '', timezone: '0' };
const EVENT = {
  user: 'ana',
  calendar: 'Work',
  cloud: 'Alder',
  isallday: '0',
  timestart: '1793610000',
  timeend: '1793613600',
  repetition: 'None',
  finaltype: '1',
  finalvalue: '0',
  repeattype: 'n',
};
const SUBJECT = { subject: 'Review', location: 'Here', description: 'Plans' };

/** A comment as it is answered (stacksync-api-v2.md 8). */
export const CommentAnswer = z
  .object({
    id: text,
    user: typed('What the desktop calls the writer; no proof of who it was.'),
    text,
    cloud: typed('What the desktop calls the cloud.'),
    time_created: z
      .string()
      .regex(/^\d{14}$/)
      .meta({ description: '`YYYYMMDDhhmmss`, by the clock of the cloud.' }),
    status: z.enum(['NEW', 'DELETED']),
  })
  .meta({ id: 'Comment', description: 'A comment on a file or folder.', examples: [COMMENT] });
export type CommentAnswer = z.infer<typeof CommentAnswer>;

/** A lock as it is answered. */
export const LockAnswer = z
  .object({ id: text, cloud: text, user: text, ipserver: text, datetime: text, status: z.enum(['open', 'close']) })
  .meta({ id: 'Lock', description: 'Who has a file open for writing.', examples: [{ ...LOCK, status: 'open' }] });
export type LockAnswer = z.infer<typeof LockAnswer>;

const status = z.enum(['NEW', 'CHANGED', 'DELETED']);
const calendar = { user: text, name: text, cloud: text, description: text, timezone: text };

/** A calendar as it is answered. */
export const CalendarAnswer = z
  .object({ type: z.literal('calendar'), ...calendar, status })
  .meta({ id: 'Calendar', examples: [{ type: 'calendar', ...CALENDAR, status: 'NEW' }] });
export type CalendarAnswer = z.infer<typeof CalendarAnswer>;

const reference = {
  user: text,
  calendar: text,
  cloud: text,
  isallday: typed('`0` or `1`.'),
  timestart: text,
  timeend: text,
};
const repetition = { repetition: text, finaltype: text, finalvalue: text, repeattype: text };

/** An event as it is answered. */
export const EventAnswer = z
  .object({
    type: z.literal('event'),
    ...reference,
    ...repetition,
    subject: text,
    location: text,
    description: text,
    status,
  })
  .meta({
    id: 'Event',
    description: 'An entry of a calendar. All values are text.',
    examples: [{ type: 'event', ...EVENT, ...SUBJECT, status: 'NEW' }],
  });
export type EventAnswer = z.infer<typeof EventAnswer>;

/** The body of a refusal; its key is Spanish. */
export const DeskRefusal = z
  .object({ error: z.int(), descripcion: z.string() })
  .meta({ id: 'DeskRefusal', examples: [{ error: 400, descripcion: 'You do not have this file open.' }] });
export type DeskRefusal = z.infer<typeof DeskRefusal>;

const hex = (what: string) => typed(`${what} In a form: hexadecimal UTF-8; in JSON as it is.`);
const sent = <Shape extends z.core.$ZodShape>(id: string, shape: Shape, example: object) =>
  z.looseObject(shape).meta({ id, examples: [example] });

const holder = { id: typed('The file.'), cloud: text, user: text, ipserver: typed('The server of the desktop.') };
const datetime = hex('`YYYY-MM-DD hh:mm:ss`.');

/** The fields of bodies, as JSON carries them. Values that are no text are taken as text. */
export const NewComment = sent(
  'NewComment',
  { id: text, user: text, text: hex('The comment.'), cloud: text },
  {
    id: '31',
    user: 'ana',
    text: 'Looks good',
    cloud: 'Alder',
  },
);
export const LockClaim = sent(
  'LockClaim',
  {
    ...holder,
    datetime,
    timelimit: typed('Minutes for which the lock holds unless it is kept.'),
    interop: text.optional(),
  },
  { ...LOCK, timelimit: '10' },
);
export const LockHolder = sent('LockHolder', { ...holder, datetime }, LOCK);
export const CalendarBody = sent(
  'CalendarBody',
  { ...calendar, description: text.optional(), timezone: text.optional() },
  CALENDAR,
);
export const EventBody = sent(
  'EventBody',
  {
    ...reference,
    ...z.object(repetition).partial().shape,
    subject: hex('What it is about.').optional(),
    location: hex('Where.').optional(),
    description: hex('More.').optional(),
  },
  { ...EVENT, ...SUBJECT },
);
