import { describe, expect, it } from 'vitest';
import { Failure, HOUR, MINUTE, SECOND } from '../../src/kernel/index.js';
import { createJoinWire, JoinRequests, PeerEvents, PeerKeys, Peers, Probes, wellKnown } from '../../src/peers/index.js';
import { createLimiter, createLog, createSealer, type OutboundCall } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { noMesh } from './no-mesh.js';

const bench = sqliteBench();

/** Requests of a cloud on a network where every cloud describes itself, but for those of which `isDown`. */
async function open(isDown: (url: string) => boolean = () => false) {
  const database = await bench.open();
  const clock = createHandClock();
  const calls: OutboundCall[] = [];
  const outbound = {
    call: (call: OutboundCall) => {
      calls.push(call);
      const { origin } = new URL(call.url);
      if (isDown(origin)) return Promise.reject(new Failure('peer-timeout', 'The other cloud did not answer.'));
      const document = wellKnown({ name: new URL(origin).host, publicUrl: origin, apiPrefix: '/v1/', joins: true });
      return Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify(document)) });
    },
  };
  const base = { database, clock, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)), outbound };
  const log = createLog('silent');
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const peers = new Peers({ ...base, allowInsecure: false, hooks, logos: { keep: async () => false } });
  const limiter = createLimiter(database, clock, base.sealer);
  const probes = new Probes({
    ...base,
    limiter,
    log,
    peers,
    askOcm: noMesh,
    ping: async () => Promise.reject(new Error('not here')),
  });
  const requests = new JoinRequests({
    ...base,
    limiter,
    log,
    peers,
    probes,
    wire: createJoinWire(outbound),
    webOrigin: 'https://birch.example',
    keys: new PeerKeys({ ...base, peers }),
    events: new PeerEvents(clock),
    onJoined: () => undefined,
  });
  let count = 0;
  return {
    requests,
    clock,
    calls,
    database,
    /** A request for the cloud at `origin`, from an address of its own unless one is named. */
    async ask(origin: string, address = `192.0.2.${String(count)}`) {
      count += 1;
      const discovery = `${origin}/.well-known/cloudspaces`;
      await requests.receive({ join_id: `request-${String(count)}`, discovery, name: origin }, address);
      await requests.readWaiting();
    },
    origins: async () => (await requests.list()).map(({ origin }) => origin),
  };
}

const cloud = (number: number): string => `https://cloud-${String(number)}.example`;

describe('requests to join', () => {
  it('have the document of one origin fetched once a minute, with ten seconds of patience', async () => {
    const { ask, calls, clock, requests } = await open(() => true);
    for (let count = 0; count < 4; count += 1) await ask(cloud(1));
    expect(calls.map(({ url, timeout }) => [url, timeout])).toEqual([
      ['https://cloud-1.example/.well-known/cloudspaces', 10 * SECOND],
    ]);
    clock.advance(MINUTE);
    await requests.readWaiting();
    // Those three that had to wait, and each of them only once.
    expect(calls).toHaveLength(4);
    clock.advance(MINUTE);
    await requests.readWaiting();
    expect(calls).toHaveLength(4);
  });

  it('of a cloud that was read a moment ago need no other fetch', async () => {
    const { ask, calls, requests } = await open();
    await ask(cloud(1));
    await ask(cloud(1));
    expect(calls).toHaveLength(1);
    expect(await requests.list()).toMatchObject([{ origin: cloud(1), state: 'read', name: 'cloud-1.example' }]);
  });

  it('ACC-02 are taken twenty an hour from one address, and two hundred from all', async () => {
    const { ask, clock, requests } = await open();
    for (let count = 0; count < 20; count += 1) await ask(cloud(count), '192.0.2.1');
    await expect(ask(cloud(21), '192.0.2.1')).rejects.toMatchObject({ code: 'too-many' });
    for (let count = 0; count < 180; count += 1) await ask(cloud(1));
    await expect(ask(cloud(22))).rejects.toMatchObject({ code: 'too-many' });
    clock.advance(HOUR);
    await ask(cloud(23), '192.0.2.1');
    expect((await requests.list()).map(({ origin }) => origin)).toContain(cloud(23));
  });

  it('G10 are fifty at most; those that could not be read make room for others, those that were read do not', async () => {
    const { ask, origins, clock } = await open((origin) => origin === cloud(0));
    for (let count = 0; count < 50; count += 1) {
      await ask(cloud(count));
      clock.advance(SECOND);
    }
    expect(await origins()).toHaveLength(50);
    await ask(cloud(50));
    expect(await origins()).not.toContain(cloud(0));
    expect(await origins()).toContain(cloud(50));
    await ask(cloud(51));
    expect(await origins()).not.toContain(cloud(51));
  });

  it('G10 of one cloud are five at most, the newest', async () => {
    const { ask, database, clock, origins } = await open();
    for (let count = 0; count < 7; count += 1) {
      await ask(cloud(1));
      clock.advance(SECOND);
    }
    const kept = await database.read('join_requests').orderBy('created_at').select<{ join_id: string }[]>('join_id');
    expect(kept.map(({ join_id: id }) => id)).toEqual([3, 4, 5, 6, 7].map((number) => `request-${String(number)}`));
    expect(await origins()).toEqual([cloud(1)]);
  });

  it('ACC-02 in the name of a cloud are taken so seldom from one address that its own stays', async () => {
    const { ask, database } = await open();
    await ask(cloud(1), '192.0.2.1');
    for (let count = 0; count < 4; count += 1) await ask(cloud(1), '192.0.2.2');
    await expect(ask(cloud(1), '192.0.2.2')).rejects.toMatchObject({ code: 'too-many' });
    const kept = await database.read('join_requests').where({ join_id: 'request-1' });
    expect(kept).toHaveLength(1);
  });

  it('are found by name and by address; two of one name are told apart by their addresses', async () => {
    const { ask, requests, database } = await open();
    await ask(cloud(1));
    await ask(cloud(2));
    expect(await requests.find('cloud-1.example')).toMatchObject({ origin: cloud(1) });
    expect(await requests.find(`${cloud(2)}/`)).toMatchObject({ origin: cloud(2) });
    await expect(requests.find('cloud-3.example')).rejects.toMatchObject({ code: 'not-found' });
    const [row] = await database.read('join_requests').select<{ document: string }[]>('document');
    await database.write((trx) => trx('join_requests').update({ document: row?.document }));
    await expect(requests.find('cloud-1.example')).rejects.toThrow(`${cloud(1)}, ${cloud(2)}`);
  });

  it('that were not read when they were approved by name must call themselves as they claimed', async () => {
    let isDown = true;
    const { ask, requests } = await open(() => isDown);
    await ask(cloud(1));
    const { id } = await requests.find(cloud(1));
    isDown = false;
    await expect(requests.approve(id, '0000000000', 'bea')).rejects.toThrow('calls itself cloud-1.example');
  });

  it('are approved with something that can be a code only', async () => {
    const { ask, requests, calls } = await open();
    await ask(cloud(1));
    const { id } = await requests.find(cloud(1));
    for (const typed of ['', '123456789', '12345678901', 'ABCDE-FGHJ!', 'ABCDE-FGHJU']) {
      await expect(requests.approve(id, typed, 'bea')).rejects.toThrow('A code has ten letters and digits');
    }
    expect(calls.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});
