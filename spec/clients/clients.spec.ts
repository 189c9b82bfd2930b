import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AccessTokens, Clients, type TokenOfApp } from '../../src/clients/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { createSealer, type Database } from '../../src/platform/index.js';
import { eachDatabase, type Bench } from '../support/each-database.js';
import { createHandClock, createSeededRandom, START, type HandClock } from '../support/seeds.js';

const ANA = 'ana' as AccountId;
const BO = 'bo' as AccountId;

interface World {
  readonly database: Database;
  readonly clock: HandClock;
  readonly clients: Clients;
  readonly tokens: AccessTokens;
}

async function open(bench: Bench): Promise<World> {
  const database = await bench.open();
  const clock = createHandClock();
  const parts = { database, clock, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)) };
  await database.write(async (trx) => {
    for (const id of [ANA, BO]) await trx('accounts').insert({ id, name: id, created_at: START });
  });
  const clients = new Clients(parts);
  return {
    database,
    clock,
    clients,
    tokens: new AccessTokens({ ...parts, clients, onChange: () => Promise.resolve() }),
  };
}

const invalid = expect.objectContaining({ code: 'invalid' });
const notFound = expect.objectContaining({ code: 'not-found' });

eachDatabase((bench) => {
  describe('an app', () => {
    it('gets a consumer pair of letters and digits by which it is found', async () => {
      const { clients } = await open(bench);
      const client = await clients.add('Desktop', { callback: 'https://desktop.example/back?x=1', delegated: true });
      expect(client.consumerKey).toMatch(/^[A-Za-z0-9]{30,64}$/);
      expect(client.consumerSecret).toMatch(/^[A-Za-z0-9]{40,64}$/);
      expect(client).toMatchObject({ firstParty: false, delegated: true, forbiddenAs400: false, publicKey: undefined });
      expect(await clients.byKey(client.consumerKey)).toEqual(client);
      expect(await clients.byName('Desktop')).toEqual(client);
      expect(await clients.byKey('unknown')).toBeUndefined();
    });

    it('ADM-02 is listed without its secret', async () => {
      const { clients } = await open(bench);
      const { consumerSecret, ...rest } = await clients.add('Desktop');
      expect(await clients.list()).toEqual([rest]);
      expect(consumerSecret).not.toBe('');
    });

    it('needs a name of its own', async () => {
      const { clients } = await open(bench);
      await clients.add('Desktop');
      await expect(clients.add('Desktop')).rejects.toThrow(expect.objectContaining({ code: 'conflict' }));
      await expect(clients.add(' \u200b')).rejects.toThrow(invalid);
    });

    it.each([
      'javascript:alert(1)',
      'https://user@desktop.example/',
      'https://desktop.example/#x',
      'oob',
      '//desktop.example',
    ])('OAU-17 is refused with the callback %s', async (callback) => {
      const { clients } = await open(bench);
      await expect(clients.add('Desktop', { callback })).rejects.toThrow(invalid);
    });

    it('may bring an RSA public key, but no private or other key', async () => {
      const { clients } = await open(bench);
      const pemOf = (key: KeyObject, type: 'spki' | 'pkcs8'): string => String(key.export({ type, format: 'pem' }));
      const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 });
      const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const publicKey = pemOf(rsa.publicKey, 'spki');
      expect((await clients.add('Signer', { publicKey })).publicKey).toBe(publicKey);
      for (const wrong of [pemOf(rsa.privateKey, 'pkcs8'), pemOf(ec.publicKey, 'spki'), 'no key', '']) {
        await expect(clients.add('Other', { publicKey: wrong })).rejects.toThrow(invalid);
      }
    });

    it('SEC-01 its secret is nowhere in the database in plain and bound to its row', async () => {
      const { clients, database } = await open(bench);
      const one = await clients.add('One');
      const two = await clients.add('Two');
      const rows = await database.read('clients').orderBy('name');
      expect(JSON.stringify(rows)).not.toContain(one.consumerSecret);
      await database.write((trx) =>
        trx('clients').where({ id: two.id }).update({ consumer_secret: rows[0].consumer_secret }),
      );
      await expect(clients.byKey(two.consumerKey)).rejects.toThrow(expect.objectContaining({ code: 'internal' }));
    });

    it('that is removed takes the access with it that it was given', async () => {
      const { clients, tokens } = await open(bench);
      await clients.add('Desktop');
      const access = await tokens.add(ANA, 'Desktop');
      await clients.remove('Desktop');
      expect(await tokens.findByKey(access.consumerKey, access.token)).toBeUndefined();
      expect(await tokens.list(ANA)).toEqual([]);
      await expect(clients.remove('Desktop')).rejects.toThrow(notFound);
    });
  });

  describe('an access token', () => {
    async function openWithToken(): Promise<World & { found: TokenOfApp; consumerKey: string; token: string }> {
      const world = await open(bench);
      await world.clients.add('Desktop', { forbiddenAs400: true });
      const { consumerKey, token } = await world.tokens.add(ANA, 'Desktop');
      const found = await world.tokens.findByKey(consumerKey, token);
      if (found === undefined) throw new Error('the token is not found');
      return { ...world, found, consumerKey, token };
    }

    it('is found with its app, its account and its secrets', async () => {
      const { clients, tokens } = await open(bench);
      const client = await clients.add('Desktop', { forbiddenAs400: true });
      const access = await tokens.add(ANA, 'Desktop');
      expect(access).toMatchObject({ consumerKey: client.consumerKey, consumerSecret: client.consumerSecret });
      expect(access.token).toMatch(/^[A-Za-z0-9]{30,64}$/);
      expect(await tokens.findByKey(access.consumerKey, access.token)).toEqual({
        id: expect.any(String),
        accountId: ANA,
        secret: access.tokenSecret,
        lastUsedAt: undefined,
        client,
      });
    });

    it('is found by the id of its app too, and by an administrator who ends it', async () => {
      const { tokens, found, token } = await openWithToken();
      expect(await tokens.find(found.client.id, token)).toEqual(found);
      expect(await tokens.list()).toMatchObject([{ id: found.id, clientName: 'Desktop', accountId: ANA }]);
      await tokens.remove(found.id);
      expect(await tokens.list()).toEqual([]);
    });

    it('OAU-14 is none under another app, nor with a letter changed', async () => {
      const { clients, tokens, consumerKey, token } = await openWithToken();
      const other = await clients.add('Other');
      expect(await tokens.find(other.id, token)).toBeUndefined();
      expect(await tokens.find('', token)).toBeUndefined();
      expect(await tokens.findByKey(other.consumerKey, token)).toBeUndefined();
      expect(await tokens.findByKey(consumerKey, token.toLowerCase())).toBeUndefined();
      expect(await tokens.findByKey(consumerKey, '')).toBeUndefined();
    });

    it('is found in one statement', async () => {
      const { database, tokens, consumerKey, token } = await openWithToken();
      const statements: string[] = [];
      database.read.on('query', ({ sql }: { sql: string }) => statements.push(sql));
      await tokens.findByKey(consumerKey, token);
      expect(statements).toHaveLength(1);
    });

    it('is none while its account is disabled', async () => {
      const { database, tokens, consumerKey, token } = await openWithToken();
      await database.write((trx) => trx('accounts').where({ id: ANA }).update({ disabled_at: START }));
      expect(await tokens.findByKey(consumerKey, token)).toBeUndefined();
      await database.write((trx) => trx('accounts').where({ id: ANA }).update({ disabled_at: null }));
      expect(await tokens.findByKey(consumerKey, token)).toBeDefined();
    });

    it('SEC-01 its secret is nowhere in the database in plain', async () => {
      const { database, found } = await openWithToken();
      expect(JSON.stringify(await database.read('access_tokens'))).not.toContain(found.secret);
    });

    it('can be ended by its owner, and by nobody else', async () => {
      const { tokens, found, consumerKey, token } = await openWithToken();
      await expect(tokens.remove(found.id, BO)).rejects.toThrow(notFound);
      expect(await tokens.findByKey(consumerKey, token)).toBeDefined();
      await tokens.remove(found.id, ANA);
      expect(await tokens.findByKey(consumerKey, token)).toBeUndefined();
    });

    it('is one of fifty for the same person and app: the one that was not used for longest makes room', async () => {
      const { tokens, clients, clock, found, consumerKey, token } = await openWithToken();
      await clients.add('Other');
      await tokens.add(ANA, 'Other');
      clock.advance(1_000);
      const unused = await tokens.add(ANA, 'Desktop');
      clock.advance(1_000);
      for (let count = 2; count < 50; count += 1) await tokens.add(ANA, 'Desktop');
      tokens.touch(found);
      await tokens.settled();
      expect(await tokens.list(ANA)).toHaveLength(51);
      await tokens.add(ANA, 'Desktop');
      expect(await tokens.findByKey(consumerKey, unused.token)).toBeUndefined();
      expect(await tokens.findByKey(consumerKey, token)).toBeDefined();
      expect(await tokens.list(ANA)).toHaveLength(51);
    });

    it('needs an app', async () => {
      const { tokens } = await open(bench);
      await expect(tokens.add(ANA, 'Nothing')).rejects.toThrow(notFound);
    });

    it('remembers its last use to the hour, writing at most once an hour', async () => {
      const { tokens, clock, consumerKey, token, found, database } = await openWithToken();
      const use = async (): Promise<number | undefined> => {
        const now = await tokens.findByKey(consumerKey, token);
        tokens.touch(now ?? found);
        tokens.touch(now ?? found);
        await tokens.settled();
        return (await tokens.list(ANA))[0]?.lastUsedAt;
      };
      expect(await use()).toBe(START);
      clock.advance(3_599_999);
      expect(await use()).toBe(START);
      clock.advance(1);
      expect(await use()).toBe(START + 3_600_000);
      expect(await database.read('access_tokens')).toHaveLength(1);
    });

    it('a last use that cannot be written hurts nobody', async () => {
      const { tokens, found, database } = await openWithToken();
      await database.write((trx) => trx.schema.renameTable('access_tokens', 'elsewhere'));
      tokens.touch(found);
      await expect(tokens.settled()).resolves.toBeUndefined();
    });
  });
});
