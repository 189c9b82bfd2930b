import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askSaid, KnownServers, parseServer, type OcmServer } from '../../../src/federation/ocm/index.js';
import { jwkSet } from '../../../src/http-signatures/index.js';
import type { ReadKeys } from '../../../src/peers/index.js';
import { createOutbound, type Outbound } from '../../../src/platform/index.js';
import { handClock, type HandClock } from '../../oauth1/support.js';

const MINUTE = 60;

describe('what another server says of itself', () => {
  let server: Server;
  let outbound: Outbound;
  let clock: HandClock;
  let known: KnownServers;
  let asked: string[];
  let answers: Record<string, RequestListener>;
  let there: OcmServer;

  beforeEach(async () => {
    [asked, answers, clock] = [[], {}, handClock()];
    server = createServer((request, response) => {
      const path = request.url ?? '';
      asked.push(path);
      (answers[path] ?? ((_request, other) => other.writeHead(404).end('{"message":"ocm not supported"}')))(
        request,
        response,
      );
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    there = serverAt(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
    outbound = createOutbound({ allowInsecure: true, exceptions: [] });
    known = new KnownServers({ outbound, clock });
  });

  afterEach(async () => {
    await outbound.close();
    server.closeAllConnections();
    server.close();
  });

  function serverAt(text: string): OcmServer {
    const parsed = parseServer(text);
    if (parsed === undefined) throw new Error(`${text} is no server`);
    return parsed;
  }

  const json =
    (body: unknown): RequestListener =>
    (_request, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const redirect =
    (location: string): RequestListener =>
    (_request, response) =>
      response.writeHead(302, { location }).end();
  const document = (change: object = {}): object => ({
    enabled: true,
    apiVersion: '1.1.0',
    endPoint: `http://${there.host}/ocm`,
    resourceTypes: [],
    ...change,
  });
  const found = async (): Promise<string> => (await known.recordOf(there)).apiVersion;
  const FAILED = { code: 'peer-failed', message: 'No server that this cloud can share with was found there.' };

  it('is asked for at the well-known path first', async () => {
    answers['/.well-known/ocm'] = json(document());
    expect(await found()).toBe('1.1.0');
    expect(asked).toEqual(['/.well-known/ocm']);
  });

  it('is looked for at the older paths, also when a page stands at the first', async () => {
    answers['/.well-known/ocm'] = (_request, response) => response.writeHead(200).end('<!doctype html>');
    answers['/ocm-provider/'] = json(document());
    expect(await found()).toBe('1.1.0');
    expect(asked).toEqual(['/.well-known/ocm', '/ocm-provider', '/ocm-provider/']);
  });

  it('is below the sub-folder of an address', async () => {
    answers['/cloud/ocm-provider'] = json(document());
    const below = { ...there, path: '/cloud' };
    expect((await known.recordOf(below)).endPoint).toBe(`http://${there.host}/ocm`);
  });

  it('may be three redirects away, not four, and not by another scheme', async () => {
    answers['/.well-known/ocm'] = redirect('/a');
    answers['/a'] = redirect(`http://${there.host}/b`);
    answers['/b'] = redirect('/c');
    answers['/c'] = json(document());
    expect(await found()).toBe('1.1.0');
    answers['/c'] = redirect('/d');
    answers['/d'] = json(document());
    const other = new KnownServers({ outbound, clock });
    await expect(other.recordOf(there)).rejects.toMatchObject(FAILED);
    answers['/.well-known/ocm'] = redirect(`https://${there.host}/d`);
    await expect(new KnownServers({ outbound, clock }).recordOf(there)).rejects.toMatchObject(FAILED);
  });

  it('goes through the guard, redirects too (OCM-04)', async () => {
    const guarded = createOutbound({ allowInsecure: false, exceptions: [] });
    await expect(new KnownServers({ outbound: guarded, clock }).recordOf(there)).rejects.toMatchObject(FAILED);
    expect(asked).toEqual([]);
    await guarded.close();
    answers['/.well-known/ocm'] = redirect('http://169.254.169.254/latest');
    await expect(known.recordOf(there)).rejects.toMatchObject(FAILED);
  });

  it('has at most 64 KiB (OCM-04)', async () => {
    const most = 64 * 1024 - Buffer.byteLength(JSON.stringify(document({ padding: '' })));
    answers['/.well-known/ocm'] = json(document({ padding: 'x'.repeat(most + 1) }));
    await expect(known.recordOf(there)).rejects.toMatchObject(FAILED);
    answers['/.well-known/ocm'] = json(document({ padding: 'x'.repeat(most) }));
    expect((await new KnownServers({ outbound, clock }).recordOf(there)).apiVersion).toBe('1.1.0');
  });

  it('is remembered for an hour, and asked for once by many', async () => {
    answers['/.well-known/ocm'] = json(document());
    await Promise.all(Array.from({ length: 20 }, found));
    clock.advance(60 * MINUTE - 1);
    await found();
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await found();
    expect(asked).toHaveLength(2);
  });

  it('that could not be had is not asked for again within five minutes', async () => {
    await expect(found()).rejects.toMatchObject(FAILED);
    answers['/.well-known/ocm'] = json(document());
    clock.advance(5 * MINUTE - 1);
    await expect(found()).rejects.toMatchObject(FAILED);
    expect(asked).toHaveLength(3);
    clock.advance(1);
    expect(await found()).toBe('1.1.0');
  });

  it('is asked for afresh once a minute at most (OCM-04)', async () => {
    answers['/.well-known/ocm'] = json(document());
    for (const seconds of [0, 59, 1, 30]) {
      clock.advance(seconds);
      await known.recordOf(there, true);
    }
    expect(asked).toHaveLength(2);
  });

  it('cannot be asked for in ever new sub-folders: a host has a minute of rest (OCM-04)', async () => {
    answers['/.well-known/ocm'] = json(document());
    await found();
    const below = { ...there, path: '/a' };
    await expect(known.recordOf(below)).rejects.toMatchObject({ code: 'unavailable', retryAfter: 60 });
    expect(asked).toHaveLength(1);
    clock.advance(MINUTE);
    await expect(known.recordOf(below)).rejects.toMatchObject(FAILED);
  });

  describe('and its keys', () => {
    const keyOf = (name: string): object => jwkSet([{ keyId: name, key: generateKeyPairSync('ed25519').publicKey }]);
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const look = async (keyId: string, scheme: 'cavage' | 'rfc9421', host = there.host): Promise<string | undefined> =>
      (await known.keysOf([there]).keyOf(host, keyId, scheme))?.keyId;

    it('are in the set that its document names, or where they were before', async () => {
      answers['/.well-known/ocm'] = json(document({ jwksUri: '/ocm/jwks.json' }));
      answers['/ocm/jwks.json'] = json(keyOf('a#1'));
      expect(await look('a#1', 'rfc9421')).toBe('a#1');
      expect(asked).toEqual(['/.well-known/ocm', '/ocm/jwks.json']);
      answers['/.well-known/ocm'] = json(document());
      answers['/.well-known/jwks.json'] = json(keyOf('a#2'));
      const other = new KnownServers({ outbound, clock }).keysOf([there]);
      expect((await other.keyOf(there.host, 'a#2', 'rfc9421'))?.keyId).toBe('a#2');
    });

    it('that are new are found, at most one minute later', async () => {
      answers['/.well-known/ocm'] = json(document({ jwksUri: '/ocm/jwks.json' }));
      answers['/ocm/jwks.json'] = json(keyOf('a#1'));
      await look('a#1', 'rfc9421');
      answers['/ocm/jwks.json'] = json(keyOf('a#2'));
      expect(await look('a#2', 'rfc9421')).toBeUndefined();
      clock.advance(MINUTE);
      expect(await look('a#2', 'rfc9421')).toBe('a#2');
      for (let time = 0; time < 20; time += 1) expect(await look('a#3', 'rfc9421')).toBeUndefined();
      expect(asked.filter((path) => path === '/ocm/jwks.json')).toHaveLength(2);
    });

    it('are told to who listens when they are asked for, and not more often (OCM-01)', async () => {
      const heard: ReadKeys[] = [];
      known.listen((_server, keys) => Promise.resolve(void heard.push(keys)));
      answers['/.well-known/ocm'] = json(document({ jwksUri: '/ocm/jwks.json' }));
      answers['/ocm/jwks.json'] = json(keyOf('a#1'));
      for (let time = 0; time < 3; time += 1) await look('a#1', 'rfc9421');
      expect(heard).toEqual([
        { key: undefined, keySet: null },
        { key: null, keySet: expect.stringMatching(/^[\w-]{43}$/) as string },
      ]);
      answers['/ocm/jwks.json'] = json(keyOf('a#2'));
      clock.advance(MINUTE);
      await look('a#2', 'rfc9421');
      expect(heard).toHaveLength(3);
      expect(heard[2]?.keySet).not.toBe(heard[1]?.keySet);
    });

    it('are told to administrators as they are now: another set, none, or one that could not be read (OCM-01)', async () => {
      const said = () => askSaid(outbound, there);
      answers['/.well-known/ocm'] = json(document({ jwksUri: '/ocm/jwks.json' }));
      expect(await said()).toMatchObject({ key: undefined, keySet: null });
      answers['/ocm/jwks.json'] = json(keyOf('a#1'));
      const { keySet } = await said();
      expect((await said()).keySet).toBe(keySet);
      answers['/ocm/jwks.json'] = json(keyOf('a#2'));
      expect((await said()).keySet).not.toBe(keySet);
      answers['/ocm/jwks.json'] = json({ keys: [] });
      expect((await said()).keySet).toBeUndefined();
      answers['/.well-known/ocm'] = json(document());
      expect((await said()).keySet).toBeUndefined();
    });

    it('of the draft are in the document, under exactly their id', async () => {
      const keyId = `https://${there.host}/ocm#signature`;
      answers['/.well-known/ocm'] = json(document({ publicKey: { keyId, publicKeyPem: pem } }));
      expect(await look(keyId, 'cavage')).toBe(keyId);
      expect(await look(`${keyId}2`, 'cavage')).toBeUndefined();
      answers['/.well-known/ocm'] = json(document({ publicKey: { keyId, publicKeyPem: 'none' } }));
      clock.advance(60 * MINUTE);
      expect(await look(keyId, 'cavage')).toBeUndefined();
    });

    it('are asked for nowhere else than where the message says (OCM-02)', async () => {
      expect(await look('a#1', 'rfc9421', 'evil.example')).toBeUndefined();
      expect(asked).toEqual([]);
    });

    it('are not believed after a redirect, nor when they are no set', async () => {
      answers['/.well-known/ocm'] = json(document({ jwksUri: '/ocm/jwks.json' }));
      answers['/ocm/jwks.json'] = redirect('/elsewhere');
      answers['/elsewhere'] = json(keyOf('a#1'));
      await expect(look('a#1', 'rfc9421')).rejects.toMatchObject({ code: 'peer-failed' });
      answers['/ocm/jwks.json'] = json({ keys: 'none' });
      clock.advance(5 * MINUTE);
      await expect(look('a#1', 'rfc9421')).rejects.toMatchObject({ code: 'peer-failed' });
      expect(asked).not.toContain('/elsewhere');
    });
  });
});
