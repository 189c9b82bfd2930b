import { describe, expect, it } from 'vitest';
import { Calendars, type Calendar, type CalendarEvent } from '../../src/desk/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { addPerson } from '../files/files-bench.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';

const user = { user: 'eyeana', cloud: 'Stacksync' };

function calendar(name: string, changes: Partial<Calendar> = {}): Calendar {
  return { ...user, name, description: 'all my days', timezone: '0', ...changes };
}

function event(changes: Partial<CalendarEvent> = {}): CalendarEvent {
  return {
    ...user,
    calendar: 'home',
    isallday: '0',
    timestart: '1433512800',
    timeend: '1433516400',
    repetition: 'None',
    finaltype: '1',
    finalvalue: '0',
    subject: 'Dentist',
    location: 'Málaga',
    description: '',
    repeattype: 'n',
    ...changes,
  };
}

async function all<T>(things: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const thing of things) found.push(thing);
  return found;
}

eachDatabase((bench) => {
  async function open() {
    const database = await bench.open();
    const ana: AccountId = (await addPerson(database, 'ana')).accountId;
    const bo: AccountId = (await addPerson(database, 'bo')).accountId;
    return { database, calendars: new Calendars(database), ana, bo };
  }

  describe('calendars', () => {
    it('are made once, changed after that, and deleted with their events', async () => {
      const { calendars, ana } = await open();
      expect(await calendars.save(ana, calendar('home'), 'make')).toEqual({ ...calendar('home'), status: 'NEW' });
      await calendars.save(ana, calendar('work'), 'make');
      const changed = calendar('home', { description: 'my days', timezone: '2' });
      expect(await calendars.save(ana, changed, 'make')).toEqual({ ...changed, status: 'CHANGED' });
      expect(await calendars.save(ana, changed, 'change')).toEqual({ ...changed, status: 'CHANGED' });
      expect((await all(calendars.list(ana, user))).map(({ name }) => name)).toEqual(['home', 'work']);
      await calendars.saveEvent(ana, event(), 'make');
      await calendars.saveEvent(ana, event({ calendar: 'work' }), 'make');
      expect(await calendars.remove(ana, { ...user, name: 'home' })).toEqual({ ...changed, status: 'DELETED' });
      expect((await all(calendars.list(ana, user))).map(({ name }) => name)).toEqual(['work']);
      expect((await all(calendars.events(ana, user))).map((one) => one.calendar)).toEqual(['work']);
    });

    it('that are not there cannot be changed or deleted', async () => {
      const { calendars, ana } = await open();
      expect(await codeOf(calendars.save(ana, calendar('home'), 'change'))).toBe('invalid');
      expect(await codeOf(calendars.remove(ana, { ...user, name: 'home' }))).toBe('invalid');
    });

    it('AUT-10 are their account’s alone, whatever user somebody claims to be', async () => {
      const { calendars, ana, bo } = await open();
      await calendars.save(ana, calendar('home'), 'make');
      await calendars.saveEvent(ana, event(), 'make');
      expect(await all(calendars.list(bo, user))).toEqual([]);
      expect(await all(calendars.events(bo, { ...user, calendar: 'home' }))).toEqual([]);
      expect(await codeOf(calendars.save(bo, calendar('home'), 'change'))).toBe('invalid');
      expect(await codeOf(calendars.remove(bo, { ...user, name: 'home' }))).toBe('invalid');
      expect(await codeOf(calendars.removeEvent(bo, event()))).toBe('invalid');
      await calendars.save(bo, calendar('home', { timezone: '9' }), 'make');
      await calendars.clear(bo, user);
      expect(await all(calendars.list(ana, user))).toEqual([{ ...calendar('home'), status: 'NEW' }]);
      expect(await all(calendars.events(ana, user))).toHaveLength(1);
    });

    it('are of one desktop user at one cloud each', async () => {
      const { calendars, ana } = await open();
      await calendars.save(ana, calendar('home'), 'make');
      await calendars.save(ana, calendar('home', { cloud: 'NEC' }), 'make');
      await calendars.save(ana, calendar('home', { user: 'second' }), 'make');
      expect(await all(calendars.list(ana, { ...user, cloud: 'NEC' }))).toHaveLength(1);
      await calendars.saveEvent(ana, event({ cloud: 'NEC' }), 'make');
      await calendars.clear(ana, { ...user, cloud: 'NEC' });
      expect(await all(calendars.list(ana, { ...user, cloud: 'NEC' }))).toEqual([]);
      expect(await all(calendars.events(ana, { ...user, cloud: 'NEC' }))).toEqual([]);
      expect(await all(calendars.list(ana, user))).toHaveLength(1);
    });

    it('go with their account', async () => {
      const { calendars, ana, bo, database } = await open();
      for (const who of [ana, bo]) {
        await calendars.save(who, calendar('home'), 'make');
        await calendars.saveEvent(who, event(), 'make');
      }
      await database.write((trx) => calendars.accountGone(trx, ana));
      for (const table of ['calendars', 'calendar_events']) {
        expect(await database.read(table).pluck('account_id')).toEqual([bo]);
      }
    });

    it('DOS-03 have bounds of number and length', async () => {
      const { calendars, ana, bo, database } = await open();
      const row = { account_id: ana, ...calendar('x'), status: 'NEW' };
      const rows = Array.from({ length: 99 }, (_, at) => ({ ...row, name: `c${String(at)}` }));
      await database.write((trx) => trx.batchInsert('calendars', rows, 50));
      await calendars.save(ana, calendar('last'), 'make');
      await expect(calendars.save(ana, calendar('more'), 'make')).rejects.toThrow('There are 100 calendars already.');
      await calendars.save(ana, calendar('last', { timezone: '1' }), 'make');
      await calendars.save(bo, calendar('more'), 'make');
      for (const wrong of [{ description: 'x'.repeat(2_001) }, { timezone: 'x'.repeat(101) }, { name: '' }]) {
        expect(await codeOf(calendars.save(bo, calendar('odd', wrong), 'make'))).toBe('invalid');
      }
      expect(await codeOf(all(calendars.list(ana, { ...user, cloud: 'nul\0' })))).toBe('invalid');
    });
  });

  describe('events', () => {
    it('are made once, changed after that, and deleted', async () => {
      const { calendars, ana } = await open();
      expect(await codeOf(calendars.saveEvent(ana, event(), 'change'))).toBe('invalid');
      expect(await calendars.saveEvent(ana, event(), 'make')).toEqual({ ...event(), status: 'NEW' });
      const moved = event({ subject: 'Dentist again', location: '' });
      expect(await calendars.saveEvent(ana, moved, 'make')).toEqual({ ...moved, status: 'CHANGED' });
      expect(await all(calendars.events(ana, { ...user, calendar: 'home' }))).toEqual([
        { ...moved, status: 'CHANGED' },
      ]);
      await calendars.saveEvent(ana, event({ isallday: '1' }), 'make');
      expect(await calendars.removeEvent(ana, event())).toEqual({ ...moved, status: 'DELETED' });
      expect(await codeOf(calendars.removeEvent(ana, event()))).toBe('invalid');
      expect((await all(calendars.events(ana, user))).map(({ isallday }) => isallday)).toEqual(['1']);
    });

    it('are two when made twice at once with different times, one when with the same', async () => {
      const { calendars, ana } = await open();
      const made = ['1', '1', '2'].map((timestart) => calendars.saveEvent(ana, event({ timestart }), 'make'));
      expect((await Promise.all(made)).map(({ status }) => status).sort()).toEqual(['CHANGED', 'NEW', 'NEW']);
      expect(await all(calendars.events(ana, user))).toHaveLength(2);
    });

    it('DOS-03 are listed in pages, and bounded per calendar and account', async () => {
      const { calendars, ana, database } = await open();
      const rows = Array.from({ length: 999 }, (_, at) => ({
        account_id: ana,
        ...event({ timestart: String(at) }),
        status: 'NEW',
      }));
      const insert = (calendarName: string): Promise<unknown> =>
        database.write((trx) =>
          trx.batchInsert(
            'calendar_events',
            rows.map((row) => ({ ...row, calendar: calendarName })),
            50,
          ),
        );
      await insert('home');
      await calendars.saveEvent(ana, event({ timestart: 'last' }), 'make');
      const found = await all(calendars.events(ana, { ...user, calendar: 'home' }));
      expect(found.map(({ timestart }) => timestart)).toEqual([...rows.map(({ timestart }) => timestart), 'last']);
      await expect(calendars.saveEvent(ana, event({ timestart: 'more' }), 'make')).rejects.toThrow(
        'There are 1000 events already.',
      );
      for (const name of ['a', 'b', 'c', 'd']) await insert(name);
      for (const at of ['1', '2', '3', '4']) await calendars.saveEvent(ana, event({ calendar: `new${at}` }), 'make');
      await expect(calendars.saveEvent(ana, event({ calendar: 'e' }), 'make')).rejects.toThrow(
        'There are 5000 events already.',
      );
    });

    it('say whether they take all day in one way only, and keep to their lengths', async () => {
      const { calendars, ana } = await open();
      for (const wrong of [{ isallday: 'true' }, { isallday: '' }, { timestart: '' }, { subject: 's'.repeat(501) }]) {
        expect(await codeOf(calendars.saveEvent(ana, event(wrong), 'make'))).toBe('invalid');
      }
    });
  });
});
