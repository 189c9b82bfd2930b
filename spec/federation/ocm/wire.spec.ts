import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  KnownServers,
  OcmVerifier,
  OcmWire,
  OwnKeys,
  parseServer,
  type OcmServer,
} from '../../../src/federation/index.js';
import type { SignaturePolicy, ReceivedRequest } from '../../../src/http-signatures/index.js';
import { HOUR, type PeerId } from '../../../src/kernel/index.js';
import { createOutbound, createSealer } from '../../../src/platform/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { giveOcmKeys } from '../../support/ocm-keys.js';
import { OCM } from '../../http-signatures/support.js';
import { handClock } from '../../oauth1/support.js';

const bench = sqliteBench();

/** A server that says what a test lets it say, and what it was sent. */
async function openServer() {
  const received: { request: IncomingMessage; body: Buffer }[] = [];
  const says = { document: {} as object, jwks: {} as object, status: 201, answer: {} as object, endPoint: '/ocm' };
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const { url = '' } = request;
      if (url === '/.well-known/ocm') return response.end(JSON.stringify(documentOf(origin, says)));
      if (url === '/ocm/jwks.json') return response.end(JSON.stringify(says.jwks));
      received.push({ request, body: Buffer.concat(pieces) });
      return response.writeHead(url.startsWith(says.endPoint) ? says.status : 404).end(JSON.stringify(says.answer));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return { origin, received, says, there: parseServer(origin) as OcmServer };
}

function documentOf(origin: string, says: { document: object; endPoint: string }): object {
  return { apiVersion: '1.1.0', endPoint: origin + says.endPoint, resourceTypes: [], ...says.document };
}

const PUBLIC_KEY = { keyId: 'https://peer.example/ocm#signature', publicKeyPem: 'of no use here' };

async function open(policy: SignaturePolicy = 'opportunistic') {
  const [server, clock] = [await openServer(), handClock()];
  const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
  onTestFinished(() => outbound.close());
  const database = await bench.open();
  const sealer = createSealer(Buffer.alloc(32, 7));
  await giveOcmKeys(database, sealer);
  // The other side is this cloud again: what it sends is verified with the keys that it publishes.
  const keys = new OwnKeys({ database, sealer, clock, webOrigin: server.origin });
  const servers = new KnownServers({ outbound, clock });
  const signs: [PeerId, number][] = [];
  const seenOnes = new Set<string>();
  const verifier = new OcmVerifier({
    clock,
    servers,
    policy,
    seen: {
      remember: (...values) => {
        const name = values.join('\n');
        const known = seenOnes.has(name);
        seenOnes.add(name);
        return Promise.resolve(known ? 'seen' : 'fresh');
      },
    },
    onFirstSigned: (id, at) => {
      signs.push([id, at]);
      return Promise.resolve();
    },
  });
  const { publicKey, jwks } = await keys.get();
  const publishing = (kind: 'cavage' | 'rfc9421'): void => {
    server.says.jwks = jwks;
    server.says.document =
      kind === 'cavage'
        ? { publicKey: { keyId: publicKey.keyId, publicKeyPem: publicKey.pem } }
        : { capabilities: ['http-sig'], jwksUri: `${server.origin}/ocm/jwks.json` };
  };
  return {
    ...server,
    clock,
    keys,
    servers,
    verifier,
    signs,
    publishing,
    wire: new OcmWire({ outbound, clock, keys, servers }),
  };
}

type Opened = Awaited<ReturnType<typeof open>>;

function asReceived({ received, origin }: Opened): ReceivedRequest {
  const { request, body } = received.at(-1) ?? expect.fail('nothing came');
  return { method: request.method ?? '', origin, target: request.url ?? '', rawHeaders: request.rawHeaders, body };
}

const peer = (terms: { signatures?: SignaturePolicy; signsSince?: number } = {}) => ({
  id: 'p1' as PeerId,
  ocm: { signatures: undefined, signsSince: undefined, ...terms },
});

describe('a message to a server of Open Cloud Mesh', () => {
  it.each([
    ['by RFC 9421 where it says so', { capabilities: ['http-sig'] }, 'signature-input'],
    ['by RFC 9421 where it demands a signature', { criteria: ['must-use-http-sig'] }, 'signature-input'],
    ['by the draft where it has a key of it', { publicKey: PUBLIC_KEY }, 'digest'],
    ['not at all otherwise', {}, undefined],
  ])('is signed %s', async (_name, document, header) => {
    const { wire, there, received, says } = await open();
    says.document = document;
    expect((await wire.post(there, 'shares', { a: 'ä' })).status).toBe(201);
    const [{ request, body }] = received as [(typeof received)[0]];
    expect([request.method, request.url, request.headers['content-type']]).toEqual([
      'POST',
      '/ocm/shares',
      'application/json',
    ]);
    expect(body.toString()).toBe('{"a":"ä"}');
    expect(request.headers[header ?? 'host']).toBeDefined();
    expect(request.headers['signature'] !== undefined).toBe(header !== undefined);
  });

  it('is sent once more where its server has moved its end point meanwhile', async () => {
    const { wire, there, received, says, clock } = await open();
    await wire.post(there, 'notifications', {});
    says.endPoint = '/index.php/ocm';
    clock.advance(120);
    expect((await wire.post(there, 'shares', {})).status).toBe(201);
    expect(received.map(({ request }) => request.url)).toEqual([
      '/ocm/notifications',
      '/ocm/shares',
      '/index.php/ocm/shares',
    ]);
  });

  it('is sent once where asking again changes nothing', async () => {
    const { wire, there, received, says, clock } = await open();
    says.status = 400;
    clock.advance(120);
    expect((await wire.post(there, 'shares', {})).status).toBe(400);
    expect(received).toHaveLength(1);
  });

  it.each([
    [400, { message: 'Invalid signature', validationErrors: [] }, 3],
    [400, { message: 'Can not find share with ID: 7', validationErrors: [] }, 2],
    [401, {}, 3],
  ])(
    'is signed anew when a notification was answered %i with %j and its server wants it otherwise now',
    async (...row) => {
      const [status, answer, posts] = row;
      const cloud = await open();
      const { wire, there, received, says, clock } = cloud;
      await wire.post(there, 'notifications', {});
      expect(received.at(-1)?.request.headers['signature']).toBeUndefined();
      cloud.publishing('rfc9421');
      Object.assign(says, { status, answer });
      clock.advance(120);
      await wire.post(there, 'notifications', {});
      expect(received).toHaveLength(posts);
      expect(received.at(-1)?.request.headers['signature-input'] !== undefined).toBe(posts === 3);
    },
  );
});

describe('whose a message is', () => {
  it.each(['cavage', 'rfc9421'] as const)(
    'is read from its signature (%s), and noted of its peer once',
    async (kind) => {
      const cloud = await open();
      cloud.publishing(kind);
      await cloud.wire.post(cloud.there, 'shares', { a: 1 });
      const signer = await cloud.verifier.verify(asReceived(cloud), [cloud.there], peer());
      expect(signer).toMatchObject({ scheme: kind, host: cloud.there.host });
      expect(cloud.signs).toEqual([['p1', cloud.clock.now()]]);

      cloud.clock.advance(1);
      await cloud.wire.post(cloud.there, 'shares', { a: 1 });
      await cloud.verifier.verify(asReceived(cloud), [cloud.there], peer({ signsSince: 1 }));
      expect(cloud.signs).toHaveLength(1);
    },
  );

  it('counts once: a copy is refused (OCM-03)', async () => {
    const cloud = await open();
    cloud.publishing('rfc9421');
    await cloud.wire.post(cloud.there, 'shares', {});
    await cloud.verifier.verify(asReceived(cloud), [cloud.there], undefined);
    const again = cloud.verifier.verify(asReceived(cloud), [cloud.there], undefined);
    await expect(again).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each([
    ['opportunistic', {}, 'taken'],
    ['opportunistic', { signsSince: 1 }, 'refused'],
    ['opportunistic', { signsSince: 1, signatures: 'off' }, 'taken'],
    ['required', {}, 'refused'],
    ['required', { signatures: 'opportunistic' }, 'taken'],
    ['off', { signatures: 'required' }, 'refused'],
  ] as const)(
    'may be left open under the policy %s, of a peer with %o: %s (OCM-01)',
    async (policy, terms, outcome) => {
      const cloud = await open(policy);
      await cloud.wire.post(cloud.there, 'shares', {});
      const verified = cloud.verifier.verify(asReceived(cloud), [cloud.there], peer(terms));
      if (outcome === 'taken') expect(await verified).toBeUndefined();
      else await expect(verified).rejects.toMatchObject({ code: 'unauthenticated' });
    },
  );

  it('is proven by a new key of the draft under the same id', async () => {
    const cloud = await open();
    cloud.publishing('cavage');
    const { says } = cloud;
    const real = says.document;
    const { keyId } = (await cloud.keys.get()).publicKey;
    says.document = { publicKey: { keyId, publicKeyPem: OCM.keys['foreign']?.public } };
    await cloud.wire.post(cloud.there, 'shares', {});
    says.document = real;
    await expect(cloud.verifier.verify(asReceived(cloud), [cloud.there], undefined)).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    cloud.clock.advance(61);
    expect(await cloud.verifier.verify(asReceived(cloud), [cloud.there], undefined)).toMatchObject({
      scheme: 'cavage',
    });
  });

  it('is not that of a server for which it does not speak (OCM-02)', async () => {
    const cloud = await open();
    cloud.publishing('rfc9421');
    await cloud.wire.post(cloud.there, 'shares', {});
    const other = parseServer('https://other.example') as OcmServer;
    const verified = cloud.verifier.verify(asReceived(cloud), [other], undefined);
    await expect(verified).rejects.toMatchObject({ code: 'forbidden' });
  });
});

it('a message has the time of this cloud on it', async () => {
  const cloud = await open();
  cloud.publishing('rfc9421');
  cloud.clock.advance(HOUR / 1_000);
  await cloud.wire.post(cloud.there, 'shares', {});
  expect(cloud.received[0]?.request.headers['date']).toBe(new Date(cloud.clock.now()).toUTCString());
});
