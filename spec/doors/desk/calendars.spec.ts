import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ANA } from '../../support/seeds.js';
import { withoutEffect } from '../../journeys/support/world.js';
import { hex, openDeskTown, type DeskTown, type Sheet } from './desktop.js';

const calendar = (name: string): Sheet => ({
  user: 'eyeana',
  name,
  cloud: 'Stacksync',
  description: 'all my days',
  timezone: '0',
});

/** As people mean it. */
const dentist: Sheet = {
  user: 'eyeana',
  calendar: 'home',
  cloud: 'Stacksync',
  isallday: '0',
  timestart: '1433512800',
  timeend: '1433516400',
  repetition: 'None',
  finaltype: '1',
  finalvalue: '0',
  subject: 'Odontólogo',
  location: 'Málaga & Ronda',
  description: '',
  repeattype: 'n',
};

/** As forms carry it. */
const onTheWire = ({ subject = '', location = '', description = '', ...rest }: Sheet): Sheet => ({
  ...rest,
  subject: hex(subject),
  location: hex(location),
  description: hex(description),
});

describe('calendars and events', () => {
  let town: DeskTown;
  beforeAll(async () => (town = await openDeskTown()));
  afterEach(async () => {
    for (const who of [town.ana, town.cleo]) await who.call('DELETE', 'calUser/eyeana/Stacksync');
  });
  afterAll(() => town.close());

  it('are made by signed forms; every value is and stays text', async () => {
    const made = await town.ana.form('POST', 'calendar', calendar('home'));
    expect([made.status, made.json()]).toEqual([200, { type: 'calendar', ...calendar('home'), status: 'NEW' }]);
    const event = await town.ana.form('POST', 'event', onTheWire(dentist));
    expect([event.status, event.json()]).toEqual([200, { type: 'event', ...dentist, status: 'NEW' }]);
    expect((await town.ana.call('GET', 'calendar/eyeana/Stacksync')).json()).toEqual([made.json()]);
    expect((await town.ana.call('GET', 'event/eyeana/home/Stacksync')).json()).toEqual([event.json()]);
    expect((await town.ana.call('GET', 'calEvents/eyeana/Stacksync')).json()).toEqual([made.json(), event.json()]);
  });

  it('are made by true JSON, whose numbers become text', async () => {
    const made = await town.ana.json('POST', 'calendar', { ...calendar('home'), timezone: 0 });
    expect(made.json()).toMatchObject({ timezone: '0' });
    const event = await town.ana.json('POST', 'event', { ...dentist, isallday: 1, timestart: 1433512800 });
    expect(event.json()).toEqual({ type: 'event', ...dentist, isallday: '1', status: 'NEW' });
  });

  it('are not made by a form whose fields were changed on the way', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams({ ...calendar('home') }).toString();
    const answer = await withoutEffect(town, () => town.ana.call('POST', 'calendar', { headers, body }));
    expect(answer.status).toBe(401);
  });

  it('are changed by PUT, and by POST of one that is there', async () => {
    expect((await town.ana.form('PUT', 'calendar', calendar('home'))).status).toBe(400);
    expect((await town.ana.form('PUT', 'event', onTheWire(dentist))).status).toBe(400);
    await town.ana.form('POST', 'calendar', calendar('home'));
    await town.ana.form('POST', 'event', onTheWire(dentist));
    for (const method of ['POST', 'PUT'] as const) {
      const changed = { ...calendar('home'), description: method };
      expect((await town.ana.form(method, 'calendar', changed)).json()).toMatchObject({
        ...changed,
        status: 'CHANGED',
      });
      const moved = { ...dentist, location: method };
      expect((await town.ana.form(method, 'event', onTheWire(moved))).json()).toMatchObject({
        ...moved,
        status: 'CHANGED',
      });
    }
    expect((await town.ana.call('GET', 'calEvents/eyeana/Stacksync')).json()).toHaveLength(2);
  });

  it('are deleted under their names, a calendar with its events', async () => {
    await town.ana.form('POST', 'calendar', calendar('home'));
    await town.ana.form('POST', 'event', onTheWire(dentist));
    await town.ana.form('POST', 'event', onTheWire({ ...dentist, isallday: '1' }));
    const gone = await town.ana.call('DELETE', 'event/eyeana/home/Stacksync/1433512800/1433516400/1');
    expect(gone.json()).toEqual({ type: 'event', ...dentist, isallday: '1', status: 'DELETED' });
    expect((await town.ana.call('DELETE', 'event/eyeana/home/Stacksync/1433512800/1433516400/1')).status).toBe(400);
    const { json } = await town.ana.call('DELETE', 'calendar/eyeana/home/Stacksync');
    expect(json()).toEqual({ type: 'calendar', ...calendar('home'), status: 'DELETED' });
    expect((await town.ana.call('GET', 'calEvents/eyeana/Stacksync')).text).toBe('[]');
  });

  it('of one desktop user go all at once, and nobody else’s', async () => {
    await town.ana.form('POST', 'calendar', calendar('home'));
    await town.ana.form('POST', 'calendar', { ...calendar('home'), cloud: 'NEC' });
    await town.ana.form('POST', 'event', onTheWire(dentist));
    expect((await town.ana.call('DELETE', 'calUser/eyeana/Stacksync')).text).toBe('{"delete":true}');
    expect((await town.ana.call('GET', 'calEvents/eyeana/Stacksync')).text).toBe('[]');
    expect((await town.ana.call('GET', 'calEvents/eyeana/NEC')).json()).toHaveLength(1);
    await town.ana.call('DELETE', 'calUser/eyeana/NEC');
  });

  it('AUT-10 belong to the account, not to whoever sends its user', async () => {
    await town.ana.form('POST', 'calendar', calendar('home'));
    await town.ana.form('POST', 'event', onTheWire(dentist));
    for (const path of ['calendar/eyeana/Stacksync', 'event/eyeana/home/Stacksync', 'calEvents/eyeana/Stacksync']) {
      expect([path, (await town.cleo.call('GET', path)).text]).toEqual([path, '[]']);
    }
    const untouched = [
      () => town.cleo.form('PUT', 'calendar', calendar('home')),
      () => town.cleo.form('PUT', 'event', onTheWire(dentist)),
      () => town.cleo.call('DELETE', 'calendar/eyeana/home/Stacksync'),
      () => town.cleo.call('DELETE', 'event/eyeana/home/Stacksync/1433512800/1433516400/0'),
    ];
    for (const act of untouched) expect((await withoutEffect(town, act)).status).toBe(400);
    expect((await withoutEffect(town, () => town.cleo.call('DELETE', 'calUser/eyeana/Stacksync'))).status).toBe(200);
  });

  it('with odd fields are refused with a reason', async () => {
    const wrong: readonly (readonly [string, Sheet])[] = [
      ['calendar', { ...calendar('') }],
      ['calendar', { ...calendar('home'), description: 'x'.repeat(2_001) }],
      ['event', { ...onTheWire(dentist), subject: 'Dentist' }],
      ['event', { ...onTheWire(dentist), isallday: 'yes' }],
      ['event', { ...onTheWire(dentist), timeend: '' }],
    ];
    for (const [path, fields] of wrong) {
      const answer = await withoutEffect(town, () => town.ana.form('POST', path, fields));
      expect([answer.status, answer.json()]).toMatchObject([400, { error: 400 }]);
    }
    const nul = await town.ana.call('GET', 'calendar/eye%00ana/Stacksync');
    expect([nul.status, nul.json()]).toMatchObject([400, { error: 400 }]);
  });

  it('CNT-03 with markup and quotes in them are JSON like any other', async () => {
    const odd = { ...dentist, subject: '</script>"\\\u2028', location: ']]>', description: 'a\nb' };
    await town.ana.form('POST', 'event', onTheWire(odd));
    const listing = await town.ana.call('GET', 'event/eyeana/home/Stacksync');
    expect(listing.json()).toEqual([{ type: 'event', ...odd, status: 'NEW' }]);
    expect(listing.headers['content-type']).toBe('application/json; charset=UTF-8');
  });

  it('go with their account', async () => {
    const { services } = town.alder;
    await town.ana.form('POST', 'calendar', calendar('home'));
    await town.ana.form('POST', 'event', onTheWire(dentist));
    await services.people.accounts.disable(ANA.email);
    expect((await town.ana.call('GET', 'calEvents/eyeana/Stacksync')).status).toBe(401);
    expect(await services.base.database.read('calendars').select('*')).toHaveLength(1);
    await services.people.accounts.remove(ANA.email);
    for (const table of ['calendars', 'calendar_events']) {
      expect(await services.base.database.read(table).select('*')).toEqual([]);
    }
  });
});
