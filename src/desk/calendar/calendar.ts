/** What names a calendar among those of one account; all of it is data of the person's desktop (stacksync-api-v2.md 8). */
export interface CalendarRef {
  readonly user: string;
  readonly name: string;
  readonly cloud: string;
}

/** A person's calendar. Everything is text as the desktop wrote it. */
export interface Calendar extends CalendarRef {
  readonly description: string;
  readonly timezone: string;
}

/** What names an event among those of one account. */
export interface EventRef {
  readonly user: string;
  readonly calendar: string;
  readonly cloud: string;
  readonly timestart: string;
  readonly timeend: string;
  /** `0` or `1`. */
  readonly isallday: string;
}

/** An entry of a calendar. Everything is text as the desktop wrote it; nothing here computes with it. */
export interface CalendarEvent extends EventRef {
  readonly repetition: string;
  readonly finaltype: string;
  readonly finalvalue: string;
  readonly subject: string;
  readonly location: string;
  readonly description: string;
  readonly repeattype: string;
}

/** A value with what last happened to it. */
export type WithStatus<T> = T & { readonly status: 'NEW' | 'CHANGED' | 'DELETED' };
