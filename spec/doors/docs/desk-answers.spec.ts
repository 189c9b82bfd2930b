import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hex } from '../desk/desktop.js';
import type { Ask, Caller } from './ledger.js';
import { openWorld, type World } from './world.js';

const USER = { user: 'ana', cloud: 'Alder' };
const EVENT = { ...USER, calendar: 'Work', timestart: '1', timeend: '2', isallday: '0' };

type Sheet = Readonly<Record<string, string>>;

const read = (path: string): Ask => ({ method: 'GET', target: `/v1/${path}` });
const drop = (path: string): Ask => ({ ...read(path), method: 'DELETE' });
const send = (method: 'POST' | 'PUT', path: string, sheet: Sheet): Ask => ({
  method,
  target: `/v1/${path}`,
  form: Object.entries(sheet),
});

/** One request of every call about a file, in an order in which all succeed. */
function asksAbout(id: string): Readonly<Record<string, Ask>> {
  const holder = { ...USER, id, ipserver: '192.0.2.7', datetime: hex('2026-11-02 09:00:00') };
  return {
    postComment: send('POST', 'comment', { ...USER, id, text: hex('Looks good') }),
    listComments: read(`comment/${id}/Alder`),
    listAllComments: read(`comment/${id}/Alder/true`),
    deleteComment: drop(`comment/${id}/ana/Alder/20261102090000`),
    lockFile: send('POST', 'lockFile', { ...holder, timelimit: '10' }),
    getLock: read(`lockFile/${id}/Alder`),
    getAnyLock: read(`lockFile/${id}/Alder/true`),
    keepLock: send('PUT', 'updateTime', holder),
    unlockFile: send('PUT', 'unLockFile', holder),
  };
}

/** One request of every call about calendars, in an order in which all succeed. */
const CALENDARS: Readonly<Record<string, Ask>> = {
  saveCalendar: send('POST', 'calendar', { ...USER, name: 'Work' }),
  changeCalendar: send('PUT', 'calendar', { ...USER, name: 'Work', description: 'More' }),
  listCalendars: read('calendar/ana/Alder'),
  saveEvent: send('POST', 'event', EVENT),
  changeEvent: send('PUT', 'event', { ...EVENT, subject: hex('Review') }),
  listEvents: read('event/ana/Work/Alder'),
  listEverything: read('calEvents/ana/Alder'),
  deleteEvent: drop('event/ana/Work/Alder/1/2/0'),
  deleteCalendar: drop('calendar/ana/Work/Alder'),
  deleteEverything: drop('calUser/ana/Alder'),
};

describe('the calls of desktops', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.manor.close());

  /** Each of these must be answered `status`. */
  async function all(status: number, asks: readonly Ask[], by: Caller = world.app): Promise<void> {
    for (const ask of asks) {
      const answer = await by.call(ask);
      expect([ask.target, answer.status, answer.text]).toEqual([ask.target, status, answer.text]);
    }
  }

  it('are answered as the API document has it, with every answer that it has', async () => {
    const { manor, ledger, app, grantee, writable, lose } = world;
    const made = await app.call({
      method: 'POST',
      target: '/v1/file?name=paper.odt',
      body: 'some',
      headers: { 'stacksync-api': 'v2', 'content-type': 'application/octet-stream' },
    });
    const items = Object.values(asksAbout(String(made.json<{ id: number }>().id)));
    const asks = [...items, ...Object.values(CALENDARS)];
    await all(200, asks);
    await all(400, Object.values(asksAbout('987654')));
    await all(400, Object.values(CALENDARS), grantee);
    await all(401, asks, app.stranger());
    const bodies = asks.filter(({ form }) => form !== undefined);
    const plain = { body: 'x', headers: { 'content-type': 'text/plain' } };
    await all(
      415,
      bodies.map(({ method, target }) => ({ method, target, ...plain })),
    );
    const large = { body: 'x'.repeat(70_000), headers: { 'content-type': 'application/json' } };
    await all(
      413,
      bodies.map(({ method, target }) => ({ method, target, ...large })),
    );
    await all(
      421,
      asks.map((ask) => ({ ...ask, headers: { host: 'elsewhere.example' } })),
    );
    world.fallIll();
    for (const ask of Object.values(asksAbout(writable.file))) {
      manor.advance(600_000);
      const answers: number[] = [];
      for (let times = 0; times < 6; times += 1) answers.push((await app.call(ask)).status);
      expect([ask.target, answers[0], answers.at(-1)]).toEqual([ask.target, 502, 503]);
    }
    await lose('clients');
    await all(500, asks);
    // More signed requests than the nonce store holds: spec/oauth1/nonces.spec.ts.
    const flooded = [...Object.keys(asksAbout('')), ...Object.keys(CALENDARS)].map((call) => `${call} 429`);
    // A database that is away: spec/cloud/start.spec.ts.
    const resting = Object.keys(CALENDARS).map((call) => `${call} 503`);
    expect(ledger.missing(['Desktops'], [...flooded, ...resting])).toEqual([]);
  });
});
