import { expect, it } from 'vitest';
import { createJoinWire, JoinRequests, PeerEvents, PeerKeys, Peers, Probes, wellKnown } from '../../src/peers/index.js';
import { createLimiter, createLog, createSealer, type Outbound } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom } from '../support/seeds.js';
import { noMesh } from './no-mesh.js';

const ALDER = 'https://alder.example';
const PAIR = { consumer_key: 'K'.repeat(32), consumer_secret: 'S'.repeat(43) };

/** Whoever comes waits until so many are there. */
function meeting(size: number): () => Promise<void> {
  let present = 0;
  let begin: () => void;
  const complete = new Promise<void>((resolve) => {
    begin = resolve;
  });
  return () => {
    present += 1;
    if (present === size) begin();
    return complete;
  };
}

/** Birch, asked by Alder, which takes every code once two have come, and issues the same pair to both. */
async function openAsked(bench: Bench) {
  const base = { database: await bench.open(), clock: createHandClock(), random: createSeededRandom() };
  const document = wellKnown({ name: 'Alder', publicUrl: ALDER, apiPrefix: '/v1/', joins: true });
  const codes = meeting(2);
  const call: Outbound['call'] = async ({ method }) => {
    const answer = method === 'GET' ? document : PAIR;
    if (method === 'POST') await codes();
    return { status: 200, headers: {}, body: Buffer.from(JSON.stringify(answer)) };
  };
  const outbound = { call };
  const parts = { ...base, outbound, sealer: createSealer(Buffer.alloc(32, 7)), log: createLog('silent') };
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const peers = new Peers({ ...parts, allowInsecure: false, hooks, logos: { keep: async () => false } });
  const limiter = createLimiter(base.database, base.clock, parts.sealer);
  const pong = { status: 200, headers: {}, body: Buffer.from('{"name":"Alder"}') };
  const requests = new JoinRequests({
    ...parts,
    peers,
    limiter,
    wire: createJoinWire(outbound),
    webOrigin: 'https://birch.example',
    keys: new PeerKeys({ ...parts, peers }),
    events: new PeerEvents(base.clock),
    onJoined: () => undefined,
    probes: new Probes({ ...parts, limiter, peers, askOcm: noMesh, ping: async () => pong }),
  });
  const message = { join_id: 'request-1', discovery: `${ALDER}/.well-known/cloudspaces`, name: 'Alder' };
  await requests.receive(message, '192.0.2.1');
  await requests.readWaiting();
  return { requests, peers };
}

eachDatabase((bench) => {
  it('a cloud that is approved by two administrators at once becomes one peer, and both are told so', async () => {
    const { requests, peers } = await openAsked(bench);
    const { id } = await requests.find('Alder');
    const approvals = ['ada', 'bea'].map((actor) => requests.approve(id, '0123456789', actor));
    const outcomes = (await Promise.all(approvals)).map(({ peer, outcome }) => [peer.name, outcome]);
    expect(outcomes).toEqual([
      ['Alder', 'well'],
      ['Alder', 'well'],
    ]);
    expect(await peers.list()).toHaveLength(1);
  });
});
