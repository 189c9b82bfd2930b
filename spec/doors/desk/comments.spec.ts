import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLEO } from '../../support/seeds.js';
import { send } from '../../journeys/support/wire.js';
import { withoutEffect } from '../../journeys/support/world.js';
import { hex, openDeskTown, type DeskTown } from './desktop.js';

let town: DeskTown;
beforeAll(async () => (town = await openDeskTown()));
afterAll(() => town.close());

let count = 0;

/** A new file of Ana's, in a folder of its own. */
async function newFile(): Promise<{ id: string; folder: number }> {
  count += 1;
  const folder = (await town.ana.files.makeFolder(`Notes ${String(count)}`)).id;
  const { id } = await town.ana.files.makeFile('notes.txt', 'some', folder);
  return { id: String(id), folder };
}

const sheet = (id: string, text = 'Qué tal? 😀') => ({ id, user: 'eyeana', text: hex(text), cloud: 'Stacksync' });

describe('comments', () => {
  it('are posted as a form that is labelled JSON, with the text in hexadecimal digits', async () => {
    const { id } = await newFile();
    const answer = await town.ana.mislabelled('POST', 'comment', sheet(id));
    expect([answer.status, answer.headers['content-type']]).toEqual([200, 'application/json; charset=UTF-8']);
    expect(answer.json()).toEqual({
      id,
      user: 'eyeana',
      text: 'Qué tal? 😀',
      cloud: 'Stacksync',
      time_created: '20261102090000',
      status: 'NEW',
    });
    expect((await town.ana.call('GET', `comment/${id}/Stacksync`)).json()).toEqual([answer.json()]);
  });

  it('are posted as true JSON with plain text, the id a number or text', async () => {
    const { id } = await newFile();
    for (const sent of [id, Number(id)]) {
      const body = { id: sent, user: 'eyeana', text: 'cafe', cloud: 'Stacksync' };
      expect((await town.ana.json('POST', 'comment', body)).json()).toMatchObject({ id, text: 'cafe' });
    }
  });

  it('are posted as a form under its own label, which is then under the signature', async () => {
    const { id } = await newFile();
    expect((await town.ana.form('POST', 'comment', sheet(id))).status).toBe(200);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = `id=${id}&user=eyeana&cloud=Stacksync&text=61`;
    expect((await town.ana.call('POST', 'comment', { headers, body })).status).toBe(401);
  });

  it('need no StackSync-API header, but a proof, and are refused without one as storage calls are', async () => {
    const { id } = await newFile();
    for (const path of [`comment/${id}/Stacksync`, `lockFile/${id}/Stacksync`, 'calendar/eyeana/Stacksync']) {
      const asked = await withoutEffect(town, () => send(`${town.alder.url}/v1/${path}`));
      const storage = await send(`${town.alder.url}/v1/file/${id}`, { headers: { 'stacksync-api': 'v2' } });
      const shown = ({ status, text, headers }: typeof asked) => [
        ...[status, text, headers['content-type'], headers['www-authenticate']],
      ];
      expect(shown(asked)).toEqual([401, 'Could not authorize request', 'text/plain; charset=UTF-8', 'OAuth']);
      expect(shown(asked)).toEqual(shown(storage));
    }
  });

  it('OAU-08 are refused when a proof stands in two places', async () => {
    const { id } = await newFile();
    const answer = await withoutEffect(town, () => town.ana.call('GET', `comment/${id}/Stacksync?oauth_nonce=1`));
    expect([answer.status, answer.json()]).toMatchObject([400, { error: 400 }]);
  });

  it('of the same second have different names, in the order in which they came', async () => {
    const { id } = await newFile();
    for (const text of ['1', '2', '3']) await town.ana.mislabelled('POST', 'comment', sheet(id, text));
    const found = (await town.ana.call('GET', `comment/${id}/Stacksync`)).json<Record<string, string>[]>();
    expect(found.map(({ text, time_created: at }) => [text, at])).toEqual([
      ['1', '20261102090000'],
      ['2', '20261102090001'],
      ['3', '20261102090002'],
    ]);
  });

  it('are listed under one name of the cloud, and under all with a fifth segment, whatever it says', async () => {
    const { id } = await newFile();
    await town.ana.mislabelled('POST', 'comment', sheet(id));
    expect((await town.ana.call('GET', `comment/${id}/NEC`)).json()).toEqual([]);
    for (const interop of ['true', '1', 'false']) {
      expect((await town.ana.call('GET', `comment/${id}/NEC/${interop}`)).json()).toHaveLength(1);
    }
  });

  it('are deleted under their whole name and answered as deleted', async () => {
    const { id } = await newFile();
    const odd = { ...sheet(id), user: 'eye ana/ñ', cloud: 'Stack sync' };
    const { time_created: at } = (await town.ana.mislabelled('POST', 'comment', odd)).json<{ time_created: string }>();
    const path = `comment/${id}/${encodeURIComponent(odd.user)}/Stack%20sync/${at}`;
    expect((await town.ana.call('DELETE', path)).json()).toMatchObject({ user: odd.user, status: 'DELETED' });
    expect((await town.ana.call('GET', `comment/${id}/Stack%20sync`)).text).toBe('[]');
    const again = await town.ana.call('DELETE', path);
    expect([again.status, again.json()]).toEqual([
      400,
      { error: 400, descripcion: 'There is no such comment of yours.' },
    ]);
  });

  it('AUT-10 are not Cleo’s to delete by calling herself Ana, but the owner’s of the file', async () => {
    const { id, folder } = await newFile();
    await town.ana.files.json(`folder/${String(folder)}/share`, 'POST', [CLEO.email]);
    const { time_created: at } = (await town.ana.mislabelled('POST', 'comment', sheet(id))).json<{
      time_created: string;
    }>();
    const refused = await withoutEffect(town, () => town.cleo.call('DELETE', `comment/${id}/eyeana/Stacksync/${at}`));
    expect(refused.status).toBe(400);
    const hers = (await town.cleo.mislabelled('POST', 'comment', { ...sheet(id), user: 'eyecleo' })).json<{
      time_created: string;
    }>();
    const path = `comment/${id}/eyecleo/Stacksync/${hers.time_created}`;
    expect((await town.ana.call('DELETE', path)).status).toBe(200);
  });

  it('AUT-02 on a file of somebody else are refused like those on no file at all', async () => {
    const { id } = await newFile();
    await town.ana.mislabelled('POST', 'comment', sheet(id));
    for (const other of [id, '999999', '0']) {
      const seen = await withoutEffect(town, () => town.cleo.call('GET', `comment/${other}/Stacksync/true`));
      expect([seen.status, seen.text]).toEqual([400, '{"error":400,"descripcion":"Not found."}']);
      const made = await withoutEffect(town, () => town.cleo.mislabelled('POST', 'comment', sheet(other)));
      expect([made.status, made.text]).toEqual([400, '{"error":400,"descripcion":"Not found."}']);
    }
    expect((await town.cleo.call('HEAD', `comment/${id}/Stacksync`)).status).toBe(400);
  });

  it('SEC-05 have no fields beside those that are named', async () => {
    const { id } = await newFile();
    const more = {
      time_created: '19990101000000',
      status: 'DELETED',
      actor: 'person:x',
      home: 'Birch',
    };
    const body = JSON.stringify({ ...sheet(id, ''), text: 'x', ...more }).replace('}', ',"__proto__":{"user":"eve"}}');
    const headers = { 'content-type': 'application/json' };
    const answer = await town.ana.call('POST', 'comment', { headers, body });
    expect(answer.status).toBe(400);
    const clean = await town.ana.json('POST', 'comment', { ...sheet(id), text: 'x', ...more });
    expect(clean.json()).toMatchObject({ user: 'eyeana', status: 'NEW', time_created: '20261102090000' });
    expect(clean.json<object>()).not.toHaveProperty('home');
  });

  it.each([
    ['no id', { id: '' }],
    ['an id that is none', { id: '01' }],
    ['no user', { user: '' }],
    ['no cloud', { cloud: '' }],
    ['no text', { text: '' }],
    ['half a byte', { text: '616' }],
    ['letters beyond f', { text: 'zz' }],
    ['bytes that are no UTF-8', { text: 'ff' }],
    ['a NUL', { text: '00' }],
    ['too long a text', { text: '61'.repeat(2_001) }],
  ])('with %s are refused with a reason in the key that desktops read', async (_what, wrong) => {
    const { id } = await newFile();
    const answer = await withoutEffect(town, () =>
      town.ana.mislabelled('POST', 'comment', { ...sheet(id, 'fine'), ...wrong }),
    );
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ error: 400, descripcion: expect.any(String) as string });
    expect(answer.headers['content-type']).toBe('application/json; charset=UTF-8');
  });

  it.each([
    ['a list', '[1]'],
    ['a number', '12'],
    ['null', 'null'],
    ['fields within fields', '{"id":{"a":1}}'],
    ['a number too long to be exact', '{"id":9007199254740993}'],
    ['a field twice', 'id=1&id=2'],
    ['a hundred and one fields', Array.from({ length: 101 }, (_, at) => `f${String(at)}=1`).join('&')],
    ['a broken escape', 'id=%zz'],
    ['deep brackets', `{"id":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
    ['nothing', ''],
  ])('DOS-02 in a body that is %s are 400', async (_what, body) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await withoutEffect(town, () => town.ana.call('POST', 'comment', { headers, body }));
    expect([answer.status, Object.keys(answer.json<object>())]).toEqual([400, ['error', 'descripcion']]);
  });

  it('DOS-02 in a body that is too long or packed are refused unread', async () => {
    const headers = { 'content-type': 'application/json' };
    const long = await town.ana.call('POST', 'comment', { headers, body: 'x'.repeat(70_000) });
    expect([long.status, long.json()]).toMatchObject([413, { error: 413 }]);
    const packed = await town.ana.call('POST', 'comment', {
      headers: { ...headers, 'content-encoding': 'gzip' },
      body: 'x',
    });
    expect(packed.status).toBe(415);
  });

  it.each([
    '',
    'text/plain',
    'application/x-www-form-urlencoded;charset=latin1',
    'application/jsonp',
    'multipart/form-data',
  ])('OAU-10 in a body labelled “%s” are 415', async (type) => {
    const { id } = await newFile();
    const headers = type === '' ? {} : { 'content-type': type };
    const body = `id=${id}&user=eyeana&cloud=Stacksync&text=61`;
    const answer = await withoutEffect(town, () => town.ana.call('POST', 'comment', { headers, body }));
    expect([answer.status, answer.json()]).toMatchObject([415, { error: 415 }]);
  });

  it.each(['comment/1', 'comment/1/', 'lockFile/1', 'event/eyeana/Personal', 'calEvents', 'calUser/eyeana'])(
    'and all else that is kept for desktops: %s is no call, and 400 in their own form',
    async (path) => {
      const answer = await town.ana.call('GET', path);
      expect(answer.status).toBe(400);
      expect(answer.json()).toEqual({ error: 400, descripcion: 'There is no such call.' });
    },
  );

  it('are not known by other methods: 405 names those that are', async () => {
    for (const [method, path, allow] of [
      ['GET', 'comment', 'POST'],
      ['DELETE', 'comment/1/Stacksync', 'GET, HEAD'],
      ['GET', 'comment/1/eyeana/Stacksync/20261102090000', 'DELETE'],
      ['POST', 'updateTime', 'PUT'],
      ['GET', 'unLockFile', 'PUT'],
      ['DELETE', 'event', 'POST, PUT'],
      ['POST', 'calEvents/eyeana/Stacksync', 'GET, HEAD'],
      ['GET', 'calUser/eyeana/Stacksync', 'DELETE'],
    ] as const) {
      const answer = await town.ana.call(method, path);
      expect([path, answer.status, answer.headers['allow']]).toEqual([path, 405, allow]);
    }
  });
});
