import { invalid, type AccountId } from '../../kernel/index.js';
import type { Database, Transaction } from '../../platform/index.js';
import type { Calendar, CalendarEvent, CalendarRef, EventRef, WithStatus } from './calendar.js';
import { Shelf } from './shelf.js';

/** Most calendars of an account, most events of an account, and of one calendar. */
const MAX_CALENDARS = 100;
const MAX_EVENTS = 5_000;
const MAX_EVENTS_PER_CALENDAR = 1_000;

/** A desktop's user at one cloud, as the desktop calls both: data that narrows what an account is shown. */
export interface DesktopUser {
  readonly user: string;
  readonly cloud: string;
}

/** The calendars and events of accounts (stacksync-api-v2.md 8). An account's are its own and nobody else's. */
export class Calendars {
  readonly #database: Database;
  readonly #calendars: Shelf<Calendar, keyof CalendarRef>;
  readonly #events: Shelf<CalendarEvent, keyof EventRef>;

  constructor(database: Database) {
    this.#database = database;
    this.#calendars = new Shelf(database, {
      table: 'calendars',
      what: 'calendar',
      key: ['user', 'name', 'cloud'],
      rest: ['description', 'timezone'],
      limits: [{ most: MAX_CALENDARS, alike: [] }],
    });
    this.#events = new Shelf(database, {
      table: 'calendar_events',
      what: 'event',
      key: ['user', 'calendar', 'cloud', 'timestart', 'timeend', 'isallday'],
      rest: ['repetition', 'finaltype', 'finalvalue', 'subject', 'location', 'description', 'repeattype'],
      limits: [
        { most: MAX_EVENTS, alike: [] },
        { most: MAX_EVENTS_PER_CALENDAR, alike: ['user', 'calendar', 'cloud'] },
      ],
    });
  }

  /** Makes a calendar or changes the one of its name; `change`: `invalid` when there is none. */
  async save(accountId: AccountId, calendar: Calendar, how: 'make' | 'change'): Promise<WithStatus<Calendar>> {
    return this.#calendars.save(accountId, calendar, how);
  }

  /** A user's calendars, oldest first. */
  list(accountId: AccountId, { user, cloud }: DesktopUser): AsyncIterable<WithStatus<Calendar>> {
    return this.#calendars.list(accountId, { user, cloud });
  }

  /** Deletes a calendar with its events; `invalid` when there is none. */
  async remove(accountId: AccountId, ref: CalendarRef): Promise<WithStatus<Calendar>> {
    const { user, name: calendar, cloud } = ref;
    return this.#database.write(async (trx) => {
      const removed = await this.#calendars.remove(trx, accountId, ref);
      await this.#events.clear(trx, accountId, { user, calendar, cloud });
      return removed;
    });
  }

  /** Makes an event or changes the one of its name; `change`: `invalid` when there is none. */
  async saveEvent(
    accountId: AccountId,
    event: CalendarEvent,
    how: 'make' | 'change',
  ): Promise<WithStatus<CalendarEvent>> {
    if (!['0', '1'].includes(event.isallday)) throw invalid('isallday must be 0 or 1.');
    return this.#events.save(accountId, event, how);
  }

  /** A user's events, oldest first: of one calendar, or of all. */
  events(
    accountId: AccountId,
    { user, cloud, calendar }: DesktopUser & { readonly calendar?: string },
  ): AsyncIterable<WithStatus<CalendarEvent>> {
    return this.#events.list(accountId, { user, cloud, ...(calendar === undefined ? {} : { calendar }) });
  }

  /** Deletes an event; `invalid` when there is none. */
  async removeEvent(accountId: AccountId, ref: EventRef): Promise<WithStatus<CalendarEvent>> {
    return this.#database.write((trx) => this.#events.remove(trx, accountId, ref));
  }

  /** Deletes all calendars and events of a user. */
  async clear(accountId: AccountId, { user, cloud }: DesktopUser): Promise<void> {
    await this.#database.write((trx) => this.#clear(trx, accountId, { user, cloud }));
  }

  /** Deletes everything of an account that is removed, in the transaction that removes it. */
  async accountGone(trx: Transaction, accountId: AccountId): Promise<void> {
    await this.#clear(trx, accountId, {});
  }

  async #clear(trx: Transaction, accountId: AccountId, whose: Partial<DesktopUser>): Promise<void> {
    await this.#calendars.clear(trx, accountId, whose);
    await this.#events.clear(trx, accountId, whose);
  }
}
