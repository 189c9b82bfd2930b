import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ForeignIds } from '../../../src/files/records/foreign-ids.js';
import { itemIdOf } from '../../../src/kernel/index.js';
import { systemClock, type Database } from '../../../src/platform/index.js';
import { ANA, CLEO } from '../../support/seeds.js';
import type { Ask, Caller } from './ledger.js';
import { openWorld, type World } from './world.js';

const V2 = { 'stacksync-api': 'v2' };
const JSON_TYPE = { 'content-type': 'application/json' };
const BYTES = { 'content-type': 'application/octet-stream' };

/** Items that calls are made about. */
interface Place {
  readonly file: string;
  readonly folder: string;
  /** Where something is made. */
  readonly parent: string;
}

let count = 0;
const fresh = (): string => `name ${String((count += 1))}`;

/** One good request of every call, about these items. */
function asksAbout({ file, folder, parent }: Place): Readonly<Record<string, Ask>> {
  const read = (path: string): Ask => ({ method: 'GET', target: `/v1/${path}`, headers: V2 });
  const drop = (path: string): Ask => ({ ...read(path), method: 'DELETE' });
  const json = (method: 'POST' | 'PUT', path: string, body: unknown): Ask => ({
    method,
    target: `/v1/${path}`,
    body: JSON.stringify(body),
    headers: { ...V2, ...JSON_TYPE },
  });
  const bytes = (method: 'POST' | 'PUT', path: string): Ask => ({
    method,
    target: `/v1/${path}`,
    body: 'hello',
    headers: { ...V2, ...BYTES },
  });
  return {
    createFile: bytes('POST', `file?name=${encodeURIComponent(fresh())}&parent=${parent}`),
    getFile: read(`file/${file}`),
    moveFile: json('PUT', `file/${file}`, { name: fresh() }),
    deleteFile: drop(`file/${file}`),
    downloadFile: read(`file/${file}/data`),
    uploadFile: bytes('PUT', `file/${file}/data`),
    listVersions: read(`file/${file}/versions`),
    getFileVersionById: read(`file/${file}/version/1`),
    downloadFileVersionById: read(`file/${file}/version/1/data`),
    getFileVersionsById: read(`file/${file}/versions/1`),
    downloadFileVersionsById: read(`file/${file}/versions/1/data`),
    createFolder: json('POST', 'folder', { name: fresh(), parent }),
    getFolder: read(`folder/${folder}`),
    moveFolder: json('PUT', `folder/${folder}`, { name: fresh() }),
    deleteFolder: drop(`folder/${folder}`),
    listFolder: read(`folder/${folder}/contents`),
    listMembers: read(`folder/${folder}/members`),
    shareFolder: json('POST', `folder/${folder}/share`, [CLEO.email]),
    unshareFolder: json('POST', `folder/${folder}/unshare`, [CLEO.email]),
  };
}

const CALLS = Object.keys(asksAbout({ file: '', folder: '', parent: '' }));
const UNKNOWN = { file: '987654', folder: '987654', parent: '987654' };
const READS_CONTENT = CALLS.filter((call) => call.startsWith('download'));
const CHANGES = ['createFile', 'moveFile', 'deleteFile', 'uploadFile', 'createFolder', 'moveFolder', 'deleteFolder'];
const SHARES = ['shareFolder', 'unshareFolder'];
const TAKES_JSON = ['moveFile', 'createFolder', 'moveFolder', ...SHARES];
const UPLOADS = ['createFile', 'uploadFile'];

describe('the storage API', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.manor.close());

  /** New items of Ana's, shared with Cleo. */
  async function own(): Promise<Place> {
    const { manor, app } = world;
    const { sharing } = manor.alder.services.agreements;
    const create = async (call: 'createFile' | 'createFolder', parent: string): Promise<string> => {
      const { id } = (await app.call(askOf(call, { file: '', folder: '', parent }))).json<{ id: number }>();
      return String(id);
    };
    await manor.forgetLimits();
    const folder = await create('createFolder', '0');
    await sharing.share(manor.ana.accountId, folder as never, { addresses: [CLEO.email], permission: 'read-only' });
    return { folder, file: await create('createFile', folder), parent: folder };
  }

  /** Two items in a folder that is shared with Quill, which Ana has locked for herself. */
  async function locked(): Promise<Place> {
    const { manor, app, granted } = world;
    const make = async (call: 'createFile' | 'createFolder'): Promise<string> => {
      const made = await app.call(askOf(call, { file: '', folder: '', parent: granted }));
      return String(made.json<{ id: number }>().id);
    };
    const place = { file: await make('createFile'), folder: await make('createFolder'), parent: granted };
    const ana = { kind: 'person', accountId: manor.ana.accountId } as const;
    const wish = { isShared: false, isDeep: true, name: 'Ana', note: '' };
    await manor.alder.services.files.locks.take(ana, itemIdOf(granted), wish);
    return place;
  }

  function askOf(call: string, place: Place, headers: Readonly<Record<string, string>> = {}): Ask {
    const ask = asksAbout(place)[call];
    if (ask === undefined) throw new Error(`there is no ${call}`);
    return { ...ask, headers: { ...ask.headers, ...headers } };
  }

  /** Makes these calls, each about `place`; all must be answered `status`, wherever the document has it. */
  async function all(
    status: number,
    calls: readonly string[],
    place: () => Place | Promise<Place>,
    { by = world.app, headers = {}, change = (ask: Ask): Ask => ask }: Variation = {},
  ): Promise<void> {
    for (const call of calls) {
      const { status: found, text } = await by.call(change(askOf(call, await place(), headers)));
      expect([call, found, text]).toEqual([call, status, text]);
    }
  }

  interface Variation {
    readonly by?: Caller;
    readonly headers?: Readonly<Record<string, string>>;
    readonly change?: (ask: Ask) => Ask;
  }

  it('gives every answer that the API document has, and each as it is written there', async () => {
    const { manor, ledger, app, grantee, granted, writable, readable } = world;
    const mounted = ({ file, folder }: Place): Place => ({ file, folder, parent: folder });
    const made = CALLS.filter((call) => call === 'createFile' || call === 'createFolder' || SHARES.includes(call));
    await all(201, made, own);
    await all(
      200,
      CALLS.filter((call) => !made.includes(call)),
      own,
    );
    await all(206, READS_CONTENT, own, { headers: { range: 'bytes=0-1' } });
    await all(304, READS_CONTENT, own, { headers: { 'if-none-match': '*' } });
    await all(304, ['listFolder'], () => ({ ...UNKNOWN, folder: granted }), {
      by: grantee,
      headers: { 'if-none-match': '*' },
    });
    await all(400, CALLS, own, { headers: { 'stacksync-api': 'v1' } });
    await all(401, CALLS, own, { by: app.stranger() });
    await all(403, [...CHANGES, ...SHARES], () => mounted({ ...readable, parent: '' }));
    await all(
      404,
      CALLS.filter((call) => !SHARES.includes(call)),
      () => UNKNOWN,
    );
    await all(404, SHARES, own, { by: grantee });
    await all(403, SHARES, () => ({ ...UNKNOWN, folder: granted }), { by: grantee });
    await all(412, [...CHANGES, ...READS_CONTENT], own, { headers: { 'if-match': '"stale"' } });
    for (const call of CHANGES) {
      const key = { 'idempotency-key': `key-of-${call}` };
      await app.call(askOf(call, await own(), key));
      expect([call, (await app.call(askOf(call, await own(), key))).status]).toEqual([call, 409]);
    }
    for (const call of UPLOADS) {
      const ask = askOf(call, await own(), { 'idempotency-key': `bytes-of-${call}` });
      await app.call({ ...ask, body: 'one' });
      expect([call, (await app.call({ ...ask, body: 'two' })).status]).toEqual([call, 422]);
    }
    const kept = await locked();
    await all(423, CHANGES, () => kept, { by: grantee });
    await all(413, TAKES_JSON, own, { change: (ask) => ({ ...ask, body: ' '.repeat(70_000) }) });
    await all(415, [...TAKES_JSON, ...UPLOADS], own, { headers: { 'content-encoding': 'gzip' } });
    await all(416, READS_CONTENT, own, { headers: { range: 'bytes=99-' } });
    await all(421, CALLS, own, { headers: { host: 'elsewhere.example' } });
    const place = await own();
    // The same person is invited to one folder after the other: a repeat would spend nothing (F-10).
    const abroad = (ask: Ask): Ask => ({ ...ask, body: JSON.stringify(['bo@birch.example']) });
    const others = [await own(), await own(), await own(), await own(), await own()];
    for (const other of others) await app.call(abroad(askOf('shareFolder', other)));
    await all(429, ['shareFolder'], () => place, { change: abroad });
    const { accounts } = manor.alder.services.people;
    await accounts.set(ANA.email, { quota: 1 });
    await all(413, UPLOADS, () => place, { change: (ask) => ({ ...ask, body: 'more than before' }) });
    await accounts.set(ANA.email, { quota: null });
    const unseen = await neverSeen(manor.alder.services.base.database, writable.file);
    world.fallIll();
    for (const call of CALLS) {
      manor.advance(600_000);
      // The members of what was seen before are told without asking the other cloud.
      const folder = call === 'listMembers' ? unseen : writable.folder;
      const ask = (): Promise<number> =>
        app.call(askOf(call, mounted({ ...writable, folder, parent: '' }))).then(({ status }) => status);
      const answers = [await ask(), await ask(), await ask(), await ask(), await ask(), await ask()];
      expect([call, answers[0], answers.at(-1)]).toEqual([call, 502, 503]);
    }
    const last = await own();
    await world.lose('clients');
    await all(500, CALLS, () => last);
    // More signed requests than the nonce store holds: spec/oauth1/nonces.spec.ts.
    const flooded = CALLS.filter((call) => call !== 'shareFolder').map((call) => `${call} 429`);
    // A disk that is full: spec/journeys/full-disk.
    const full = CHANGES.map((call) => `${call} 507`);
    expect(ledger.missing(['Files', 'Folders', 'Sharing'], [...flooded, ...full])).toEqual([]);
  });
});

/** An id beside that of a foreign file, as it was given before a restart: nobody remembers what it is. */
async function neverSeen(database: Database, file: string): Promise<string> {
  const row: { mount_id: number } | undefined = await database.read('foreign_items').where({ id: file }).first();
  const mountId = itemIdOf(row?.mount_id ?? 0);
  return (await new ForeignIds({ database, clock: systemClock }).idsOf(mountId, ['4711'])).get('4711') ?? '';
}
