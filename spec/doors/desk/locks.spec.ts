import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CLEO } from '../../support/seeds.js';
import { withoutEffect } from '../../journeys/support/world.js';
import { hex, openDeskTown, type DeskTown, type Sheet } from './desktop.js';

const MINUTE = 60_000;

describe('locks', () => {
  let town: DeskTown;
  let id: string;
  let count = 0;

  beforeAll(async () => (town = await openDeskTown()));
  afterAll(() => town.close());

  /** A new file that Ana and Cleo may change. */
  beforeEach(async () => {
    count += 1;
    const folder = (await town.ana.files.makeFolder(`Papers ${String(count)}`)).id;
    id = String((await town.ana.files.makeFile('paper.odt', 'some', folder)).id);
    await town.ana.files.json(`folder/${String(folder)}/share`, 'POST', [CLEO.email]);
  });

  const sheet = (user: string, changes: Sheet = {}): Sheet => ({
    id,
    cloud: 'Stacksync',
    user,
    ipserver: '192.0.2.7',
    datetime: hex('2015-05-12 10:50:00'),
    timelimit: '10',
    ...changes,
  });

  it('are taken, refreshed and given back by forms that are labelled JSON', async () => {
    expect((await town.ana.call('GET', `lockFile/${id}/Stacksync`)).text).toBe('[]');
    expect((await town.ana.mislabelled('POST', 'lockFile', sheet('eyeana'))).text).toBe('{"lockFile":true}');
    const lock = { id, cloud: 'Stacksync', user: 'eyeana', ipserver: '192.0.2.7', datetime: '2015-05-12 10:50:00' };
    expect((await town.cleo.call('GET', `lockFile/${id}/Stacksync`)).json()).toEqual([{ ...lock, status: 'open' }]);
    const later = sheet('eyeana', { datetime: hex('2015-05-12 10:55:00') });
    expect((await town.ana.mislabelled('PUT', 'updateTime', later)).text).toBe('{"updateFile":true}');
    expect((await town.ana.mislabelled('PUT', 'unLockFile', later)).text).toBe('{"unLockFile":true}');
    expect((await town.cleo.call('GET', `lockFile/${id}/Stacksync/true`)).json()).toEqual([
      { ...lock, datetime: '2015-05-12 10:55:00', status: 'close' },
    ]);
  });

  it('are taken by true JSON with a plain time and a number of minutes', async () => {
    const body = { ...sheet('eyeana'), datetime: '2015-05-12 10:50:00', timelimit: 10, interop: 'true' };
    expect((await town.ana.json('POST', 'lockFile', body)).json()).toEqual({ lockFile: true });
  });

  it('that are refused are 400 and have no key lockFile, which desktops would take for a yes', async () => {
    await town.ana.mislabelled('POST', 'lockFile', sheet('eyeana'));
    const answer = await withoutEffect(town, () => town.cleo.mislabelled('POST', 'lockFile', sheet('eyecleo')));
    expect([answer.status, answer.text]).toEqual([400, '{"error":400,"descripcion":"eyeana has this file open."}']);
  });

  it('AUT-10 are not had by sending the holder’s user and ipserver', async () => {
    await town.ana.mislabelled('POST', 'lockFile', sheet('eyeana'));
    for (const [method, path] of [
      ['POST', 'lockFile'],
      ['PUT', 'updateTime'],
      ['PUT', 'unLockFile'],
    ] as const) {
      const answer = await withoutEffect(town, () => town.cleo.mislabelled(method, path, sheet('eyeana')));
      expect([path, answer.status, Object.keys(answer.json<object>())]).toEqual([path, 400, ['error', 'descripcion']]);
    }
  });

  it('run out by the server’s clock after the minutes of their holder', async () => {
    await town.ana.mislabelled('POST', 'lockFile', sheet('eyeana'));
    town.advance(10 * MINUTE + 1);
    expect((await town.cleo.mislabelled('POST', 'lockFile', sheet('eyecleo'))).status).toBe(200);
    expect((await town.ana.mislabelled('PUT', 'updateTime', sheet('eyeana'))).status).toBe(400);
  });

  it('go to one of two who want them at once', async () => {
    const answers = await Promise.all([
      town.ana.mislabelled('POST', 'lockFile', sheet('eyeana')),
      town.cleo.mislabelled('POST', 'lockFile', sheet('eyecleo')),
    ]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
  });

  it.each([
    { timelimit: '' },
    { timelimit: '0' },
    { timelimit: '-1' },
    { timelimit: '1441' },
    { timelimit: 'ten' },
    { datetime: '2015-05-12 10:50:00' },
    { datetime: hex('yesterday') },
    { ipserver: '' },
    { user: '' },
    { cloud: 'c'.repeat(101) },
    { id: '999999' },
  ])('with %j are refused', async (wrong) => {
    const answer = await withoutEffect(town, () =>
      town.ana.mislabelled('POST', 'lockFile', { ...sheet('eyeana'), ...wrong }),
    );
    expect([answer.status, answer.json()]).toMatchObject([400, { error: 400 }]);
  });
});
