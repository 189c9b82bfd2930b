import { describe, expect, it } from 'vitest';
import { storageRows } from '../../../src/doors/stacksync/index.js';
import { createLog } from '../../../src/platform/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { mailRecipients } from '../../support/mail-recipients.js';
import { createHandClock } from '../../support/seeds.js';
import { ScriptedSharing } from './scripted-sharing.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();

/** The routes as data, without anything behind them. */
const rows = storageRows({
  tree: {} as never,
  sharing: new ScriptedSharing(),
  leaving: new ScriptedSharing(),
  recipients: mailRecipients,
  authorize: () => Promise.reject(new Error('nobody comes in')),
  tagOf: () => '',
  log: createLog('silent'),
  clock: createHandClock(),
});
const paths = [...new Set(rows.map(({ path }) => path))];

async function ask(storage: Storage, method: string, path: string) {
  const { status, headers } = await storage.call(
    method,
    `/v1${path.replace(':id', '987654').replace(':version', '1')}`,
  );
  return { status, allow: headers['allow'] };
}

describe('every path', () => {
  it.each(paths)('%s answers 405 with Allow to the methods it lacks', async (path) => {
    const storage = await openStorage(bench);
    const own = rows.filter((row) => row.path === path).flatMap(({ methods }) => methods);
    const methods = [...new Set(own)];
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const { status, allow } = await ask(storage, method, path);
      if (methods.includes(method)) expect([method, status]).not.toEqual([method, 405]);
      else expect([method, status, allow]).toEqual([method, 405, methods.join(', ')]);
    }
  });

  it.each(paths)('%s asks who is there before anything else', async (path) => {
    const storage = await openStorage(bench);
    for (const { method } of rows.filter((row) => row.path === path)) {
      const target = `/v1${path.replace(':id', '987654').replace(':version', '1')}`;
      const { status, text } = await storage.bare(method, target).set('StackSync-API', 'v2');
      expect([method, status, text]).toEqual([method, 401, 'Could not authorize request']);
    }
  });
});

describe('what is no path', () => {
  it.each([
    '/v1/file/12/bogus',
    '/v1/folder/12/contents/34',
    '/v1/file/12/data/34',
    '/v1/file/%zz',
    '/v1/folder/..%2f..',
  ])('PTH-02 %s is 400', async (path) => {
    const storage = await openStorage(bench);
    const { status, headers } = await storage.call('GET', path);
    expect([status, headers['content-type']]).toEqual([400, 'text/plain; charset=UTF-8']);
  });

  it.each(['1e3', '0x10', '-1', '01', '1.0', '9007199254740993000', 'abc', '%2012'])(
    'PTH-09 the id %s is 400',
    async (id) => {
      const storage = await openStorage(bench);
      await storage.call('GET', `/v1/file/${id}`).expect(400);
      await storage.call('GET', `/v1/folder/${id}/contents`).expect(400);
    },
  );

  it('PTH-09 neighbours beyond 2^53 are not mistaken for each other', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'a');
    const row = (await storage.database.read('items').where({ id }).first()) as Record<string, unknown>;
    const even = { ...row, id: '9007199254740992', name: 'even.txt' };
    await storage.database.write((trx) => trx('items').insert(even));
    await storage.call('HEAD', '/v1/file/9007199254740992').expect(200);
    await storage.call('GET', '/v1/file/9007199254740993').expect(404);
  });

  it('tolerates a trailing slash', async () => {
    const storage = await openStorage(bench);
    await storage.call('GET', '/v1/folder/0/contents/').expect(200);
  });
});

describe('a refusal', () => {
  it('is the bare sentence', async () => {
    const storage = await openStorage(bench);
    const { text, headers } = await storage.call('GET', '/v1/file/987654').expect(404);
    expect([text, headers['content-type']]).toEqual(['Not found.', 'text/plain; charset=UTF-8']);
  });

  it('is JSON for those that ask for it by name', async () => {
    const storage = await openStorage(bench);
    const call = (accept: string) => storage.call('GET', '/v1/file/987654').set('Accept', accept).expect(404);
    const { text, headers } = await call('text/html, application/json;q=0.9');
    expect(headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(JSON.parse(text)).toEqual({ error: 404, description: 'Not found.' });
    expect((await call('*/*')).text).toBe('Not found.');
  });
});
