import express from 'express';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { createDoor, row } from '../../../src/doors/door/door.js';
import { createOcmEntry, OCM_BODY, type OcmCaller } from '../../../src/doors/ocm/entry.js';
import { refuseOcm } from '../../../src/doors/ocm/refusals.js';
import { KnownServers, OcmRefusal, OcmVerifier, OcmWire, OwnKeys, parseServer } from '../../../src/federation/index.js';
import type { PeerId } from '../../../src/kernel/index.js';
import type { Peer } from '../../../src/peers/index.js';
import { createLimiter, createLog, createOutbound, createSealer } from '../../../src/platform/index.js';
import { handClock, openNonces } from '../../oauth1/support.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { sqliteBench } from '../../support/each-database.js';
import { giveOcmKeys } from '../../support/ocm-keys.js';

const bench = sqliteBench();
const Said = z.object({ from: z.string() });

/** Who a message comes from, as the handler was told. */
type Heard = Pick<OcmCaller<unknown>, 'signer' | 'peer'>;

/** A server with one call that says for which server it speaks, as a message of Open Cloud Mesh does. */
async function open({ isOpen = false, peer }: { isOpen?: boolean; peer?: object } = {}) {
  const [database, clock] = [await bench.open(), handClock()];
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const webOrigin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const sealer = createSealer(Buffer.alloc(32, 7));
  const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
  onTestFinished(async () => {
    await outbound.close();
    server.close();
  });
  await giveOcmKeys(database, sealer);
  const keys = new OwnKeys({ database, sealer, clock, webOrigin });
  const servers = new KnownServers({ outbound, clock });
  const nonces = await openNonces(clock);
  const verifier = new OcmVerifier({
    clock,
    servers,
    seen: nonces,
    policy: 'opportunistic',
    onFirstSigned: () => Promise.resolve(),
  });
  const blocked: string[] = [];
  const entry = createOcmEntry({
    limiter: createLimiter(database, clock, sealer),
    webOrigin,
    verifier,
    isOpen,
    peerAt: (host) =>
      Promise.resolve(
        host === new URL(webOrigin).host ? ({ limits: {}, ...peer, id: 'p1' as PeerId } as Peer) : undefined,
      ),
    isBlocked: (host) => Promise.resolve(blocked.includes(host)),
  });
  const heard: Heard[] = [];
  const sent: { headers: Record<string, string>; body: string }[] = [];
  const { publicKey } = await keys.get();
  const app = express();
  app.get('/.well-known/ocm', (_request, response) =>
    response.json({
      apiVersion: '1.1.0',
      endPoint: `${webOrigin}/ocm`,
      resourceTypes: [],
      publicKey: { keyId: publicKey.keyId, publicKeyPem: publicKey.pem },
    }),
  );
  app.use(
    createDoor({
      rows: [
        row<OcmCaller<string>>({
          method: 'POST',
          path: '/ocm/shares',
          summary: '',
          body: OCM_BODY,
          greet: entry.greet,
          enter: entry.message({
            read: ({ text }) => readFrom(text),
            serversOf: (from) => (from === '' ? [] : [parseServer(from) ?? expect.fail(from)]),
            counts: 'proposals',
          }),
          handle: ({ http, text, caller: { signer, peer: sender } }, response) => {
            sent.push({ headers: http.headers as Record<string, string>, body: text });
            heard.push({ signer, peer: sender });
            response.status(201).json({});
            return Promise.resolve();
          },
        }),
      ],
      refuse: refuseOcm,
      log: createLog('silent'),
    }),
  );
  server.on('request', app);
  const wire = new OcmWire({ outbound, clock, keys, servers });
  return { webOrigin, heard, sent, blocked, clock, wire, nonces };
}

function readFrom(text: string): string {
  const { data, success } = Said.safeParse(JSON.parse(text));
  if (!success)
    throw new OcmRefusal(400, 'Some fields are missing or cannot be used.', [{ name: 'from', message: 'REQUIRED' }]);
  return data.from;
}

function post(webOrigin: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  return send(`${webOrigin}/ocm/shares`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

describe('a message at the door of Open Cloud Mesh', () => {
  it('is taken with the name of who signed it, once (OCM-03)', async () => {
    const { webOrigin, heard, sent, wire } = await open();
    const there = parseServer(webOrigin) ?? expect.fail();
    expect((await wire.post(there, 'shares', { from: webOrigin })).status).toBe(201);
    expect(heard).toMatchObject([{ signer: { scheme: 'cavage', host: there.host }, peer: { id: 'p1' } }]);
    // A message that was overheard is sent again.
    const [{ headers, body }] = sent as [(typeof sent)[0]];
    const copy = await send(`${webOrigin}/ocm/shares`, { method: 'POST', headers, body });
    expect(copy.status).toBe(401);
    expect(heard).toHaveLength(1);
    expect((await wire.post(there, 'shares', { from: webOrigin })).status).toBe(201);
  });

  it('is taken unsigned from a peer that is not known to sign, and from no other (OCM-01)', async () => {
    const silent = await open();
    expect((await post(silent.webOrigin, { from: silent.webOrigin })).status).toBe(201);
    expect(silent.heard).toMatchObject([{ signer: undefined, peer: { id: 'p1' } }]);

    const signing = await open({ peer: { ocm: { signatures: undefined, signsSince: 1 } } });
    const refused = await post(signing.webOrigin, { from: signing.webOrigin });
    expect([refused.status, refused.headers['www-authenticate'], refused.json()]).toEqual([
      401,
      'Signature',
      { message: 'Invalid signature', validationErrors: [] },
    ]);
  });

  it('is refused when its signature is broken, also where none is needed (OCM-01)', async () => {
    const { webOrigin } = await open();
    expect((await post(webOrigin, { from: webOrigin }, { signature: 'keyId="x"' })).status).toBe(401);
  });

  it('is refused for a server that is not trusted, before that is asked for anything (OCM-04)', async () => {
    const { webOrigin, heard } = await open();
    // Whoever asked this server would be told that it is not there.
    const refused = await post(webOrigin, { from: 'https://nowhere.invalid' }, { signature: 'keyId="x"' });
    expect([refused.status, refused.json()]).toEqual([
      403,
      { message: 'This cloud does not share with your server.', validationErrors: [] },
    ]);
    expect(heard).toEqual([]);
  });

  it('may come from strangers where the door is open, unless they are blocked (ADM-03)', async () => {
    const { webOrigin, heard, blocked } = await open({ isOpen: true });
    expect((await post(webOrigin, { from: 'https://stranger.invalid' })).status).toBe(201);
    expect(heard).toMatchObject([{ signer: undefined, peer: undefined }]);
    blocked.push('stranger.invalid');
    expect((await post(webOrigin, { from: 'https://stranger.invalid' })).status).toBe(403);
  });

  it('that speaks for nobody is left to whom it is for', async () => {
    const { webOrigin, heard } = await open();
    expect((await post(webOrigin, { from: '' })).status).toBe(201);
    expect(heard).toEqual([{ signer: undefined, peer: undefined }]);
  });

  it.each([
    ['of 50 KiB and more', 413, 'x'.repeat(51 * 1024), {}],
    ['without its fields', 400, '{}', {}],
    ['with a coded body', 415, '{}', { 'content-encoding': 'gzip' }],
    ['for another host', 421, '{}', { host: 'elsewhere.example' }],
    ['in octets that are no text', 400, Buffer.from([0x22, 0xff, 0x22]), {}],
  ] as const)('is refused in JSON: one %s', async (_what, status, body, headers) => {
    const { webOrigin } = await open();
    const answer = await send(`${webOrigin}/ocm/shares`, {
      method: 'POST',
      body,
      headers: { accept: 'text/html', 'content-type': 'application/json', ...headers },
    });
    expect([answer.status, answer.headers['content-type']]).toEqual([status, 'application/json; charset=utf-8']);
    expect(answer.json()).toMatchObject({ validationErrors: expect.any(Array) as unknown });
  });

  it('is one of so many: a peer has its limit, and strangers have less', async () => {
    const few = await open({ peer: { limits: { proposals: 2 } } });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count += 1)
      statuses.push((await post(few.webOrigin, { from: few.webOrigin })).status);
    expect(statuses).toEqual([201, 201, 429]);

    const { webOrigin, clock } = await open({ isOpen: true });
    const strange = () => post(webOrigin, { from: 'https://stranger.invalid' });
    for (let count = 0; count < 30; count += 1) expect((await strange()).status).toBe(201);
    const last = await strange();
    expect([last.status, last.headers['retry-after']]).toEqual([429, expect.any(String)]);
    clock.advance(61);
    expect((await strange()).status).toBe(201);
  });
});
