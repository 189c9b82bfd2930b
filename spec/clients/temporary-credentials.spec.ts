import { describe, expect, it } from 'vitest';
import { Accounts } from '../../src/accounts/index.js';
import { AccessTokens, Clients, TemporaryCredentials, type ClientWithSecret } from '../../src/clients/index.js';
import { MINUTE, type AccountId } from '../../src/kernel/index.js';
import { createSealer, type Database } from '../../src/platform/index.js';
import { eachDatabase, sqliteBench, type Bench } from '../support/each-database.js';
import { ANA, createHandClock, createSeededRandom, type HandClock } from '../support/seeds.js';

const CALLBACK = 'https://desktop.example/back?from=cloud';

interface World {
  readonly database: Database;
  readonly clock: HandClock;
  readonly accounts: Accounts;
  readonly clients: Clients;
  readonly tokens: AccessTokens;
  readonly temporary: TemporaryCredentials;
  readonly desktop: ClientWithSecret;
  readonly ana: AccountId;
}

async function open(bench: Bench): Promise<World> {
  const database = await bench.open();
  const clock = createHandClock();
  const parts = { database, clock, random: createSeededRandom(), sealer: createSealer(Buffer.alloc(32, 7)) };
  const accounts = new Accounts({ ...parts, onEnding: async () => undefined });
  const clients = new Clients(parts);
  const tokens = new AccessTokens({ ...parts, clients, onChange: () => Promise.resolve() });
  const temporary = new TemporaryCredentials({ ...parts, tokens });
  const desktop = await clients.add('Desktop', { callback: CALLBACK });
  const { id: ana } = await accounts.add(ANA.email, ANA.name);
  return { database, clock, accounts, clients, tokens, temporary, desktop, ana };
}

async function ask({ temporary, desktop }: World, callback = 'oob'): Promise<string> {
  const issued = await temporary.issue(desktop, callback);
  if (issued === undefined) throw new Error(`the callback ${callback} was refused`);
  return issued.token;
}

/** Asks, and Ana allows it. */
async function allowed(world: World): Promise<{ token: string; verifier: string }> {
  const token = await ask(world);
  const approval = await world.temporary.approve(token, world.ana);
  if (approval === undefined) throw new Error('nothing to approve');
  return { token, verifier: approval.verifier };
}

eachDatabase((bench) => {
  describe('temporary credentials', () => {
    it('OAU-19 are letters and digits that clients in the field take, and so is their verifier', async () => {
      const world = await open(bench);
      const issued = await world.temporary.issue(world.desktop, 'oob');
      expect(issued?.token).toMatch(/^[A-Za-z0-9]{30,64}$/);
      expect(issued?.tokenSecret).toMatch(/^[A-Za-z0-9]{30,64}$/);
      const { verifier } = await allowed(world);
      expect(verifier).toMatch(/^[A-Za-z0-9]{30,64}$/);
    });

    it('are found by their own app alone, with the secret (OAU-14)', async () => {
      const world = await open(bench);
      const issued = await world.temporary.issue(world.desktop, 'oob');
      const other = await world.clients.add('Other');
      expect(await world.temporary.find(world.desktop.id, issued?.token ?? '')).toEqual({
        secret: issued?.tokenSecret,
      });
      expect(await world.temporary.find(other.id, issued?.token ?? '')).toBeUndefined();
      expect(await world.temporary.find(world.desktop.id, issued?.token.toLowerCase() ?? '')).toBeUndefined();
    });

    it('SEC-01 keep neither secret nor verifier in plain', async () => {
      const world = await open(bench);
      const issued = await world.temporary.issue(world.desktop, 'oob');
      const approval = await world.temporary.approve(issued?.token ?? '', world.ana);
      const stored = JSON.stringify(await world.database.read('temporary_credentials'));
      expect(stored).toContain(issued?.token);
      expect(stored).not.toContain(issued?.tokenSecret);
      expect(stored).not.toContain(approval?.verifier);
    });

    it('say to a person which app asks, and where the answer leads', async () => {
      const world = await open(bench);
      const [byAddress, byHand] = [await ask(world, `${CALLBACK}&state=7`), await ask(world)];
      expect(await world.temporary.pending(byAddress)).toEqual({
        appName: 'Desktop',
        firstParty: false,
        callback: { kind: 'address', address: `${CALLBACK}&state=7` },
      });
      expect(await world.temporary.pending(byHand)).toMatchObject({ callback: { kind: 'out-of-band' } });
      expect(await world.temporary.pending('unknown')).toBeUndefined();
    });

    it('become an access token of the person who allowed it', async () => {
      const world = await open(bench);
      const { token, verifier } = await allowed(world);
      const access = await world.temporary.exchange(world.desktop.id, token, verifier);
      const found = await world.tokens.find(world.desktop.id, access?.token ?? '');
      expect(found).toMatchObject({ accountId: world.ana, secret: access?.tokenSecret });
      expect(await world.database.read('temporary_credentials')).toEqual([]);
    });

    it('are decided once: allowed they are not asked about, nor denied, nor allowed by somebody else', async () => {
      const world = await open(bench);
      const { token } = await allowed(world);
      expect(await world.temporary.pending(token)).toBeUndefined();
      expect(await world.temporary.deny(token)).toBe(false);
      expect(await world.temporary.approve(token, world.ana)).toBeUndefined();
    });

    it('that were denied are gone', async () => {
      const world = await open(bench);
      const token = await ask(world);
      expect(await world.temporary.deny(token)).toBe(true);
      expect(await world.temporary.pending(token)).toBeUndefined();
      expect(await world.temporary.find(world.desktop.id, token)).toBeUndefined();
      expect(await world.temporary.deny(token)).toBe(false);
    });

    it('are exchanged by one of many at once', async () => {
      const world = await open(bench);
      const { token, verifier } = await allowed(world);
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => world.temporary.exchange(world.desktop.id, token, verifier)),
      );
      expect(answers.filter((each) => each !== undefined)).toHaveLength(1);
      expect(await world.tokens.list(world.ana)).toHaveLength(1);
    });

    it('are allowed by one of many at once', async () => {
      const world = await open(bench);
      const token = await ask(world);
      const answers = await Promise.all(Array.from({ length: 8 }, () => world.temporary.approve(token, world.ana)));
      expect(answers.filter((each) => each !== undefined)).toHaveLength(1);
    });

    it('OAU-16 die with the fifth wrong verifier, and not before', async () => {
      const world = await open(bench);
      const exchange = (token: string, verifier: string) => world.temporary.exchange(world.desktop.id, token, verifier);
      const [four, five] = [await allowed(world), await allowed(world)];
      for (let miss = 0; miss < 4; miss += 1) {
        for (const { token } of [four, five]) expect(await exchange(token, four.token)).toBeUndefined();
      }
      expect(await exchange(five.token, '')).toBeUndefined();
      expect(await exchange(five.token, five.verifier)).toBeUndefined();
      expect(await exchange(four.token, four.verifier)).toBeDefined();
    });

    it('OAU-16 wait ten minutes for the decision, and ten more for the app', async () => {
      const world = await open(bench);
      const token = await ask(world);
      world.clock.advance(10 * MINUTE - 1);
      const approval = await world.temporary.approve(token, world.ana);
      world.clock.advance(10 * MINUTE - 1);
      expect(await world.temporary.find(world.desktop.id, token)).toBeDefined();
      world.clock.advance(1);
      expect(await world.temporary.exchange(world.desktop.id, token, approval?.verifier ?? '')).toBeUndefined();
      const late = await ask(world);
      world.clock.advance(10 * MINUTE);
      expect(await world.temporary.pending(late)).toBeUndefined();
      expect(await world.temporary.approve(late, world.ana)).toBeUndefined();
    });

    it('OAU-16 are worth nothing before anybody allowed them', async () => {
      const world = await open(bench);
      const token = await ask(world);
      for (const guess of ['', 'null', 'undefined', token]) {
        expect(await world.temporary.exchange(world.desktop.id, token, guess)).toBeUndefined();
      }
    });

    it('are worth nothing to another app', async () => {
      const world = await open(bench);
      const other = await world.clients.add('Other');
      const { token, verifier } = await allowed(world);
      for (let miss = 0; miss < 6; miss += 1) {
        expect(await world.temporary.exchange(other.id, token, verifier)).toBeUndefined();
      }
      expect(await world.temporary.exchange(world.desktop.id, token, verifier)).toBeDefined();
    });

    it('bring nothing for a person who was disabled meanwhile, nor for one who is removed', async () => {
      const world = await open(bench);
      const [one, other] = [await allowed(world), await allowed(world)];
      await world.accounts.disable(ANA.email);
      expect(await world.temporary.exchange(world.desktop.id, one.token, one.verifier)).toBeUndefined();
      await world.accounts.remove(ANA.email);
      expect(await world.temporary.find(world.desktop.id, other.token)).toBeUndefined();
      expect(await world.database.read('access_tokens')).toEqual([]);
    });

    it('end with their app', async () => {
      const world = await open(bench);
      const { token, verifier } = await allowed(world);
      await world.clients.remove('Desktop');
      expect(await world.temporary.exchange(world.desktop.id, token, verifier)).toBeUndefined();
      expect(await world.database.read('temporary_credentials')).toEqual([]);
    });

    it('are swept when their time is up', async () => {
      const world = await open(bench);
      await ask(world);
      world.clock.advance(MINUTE);
      const token = await ask(world);
      world.clock.advance(9 * MINUTE);
      expect(await world.temporary.sweep()).toBe(1);
      expect(await world.temporary.pending(token)).toBeDefined();
    });

    it('are issued to one app a thousand at a time, however many it asks for, and to others all the same', async () => {
      const world = await open(bench);
      const other = await world.clients.add('Other');
      const row = (number: number) => ({
        id: String(number),
        token: String(number),
        secret: '',
        client_id: world.desktop.id,
        expires_at: world.clock.now() + MINUTE,
      });
      const rows = Array.from({ length: 1_000 }, (_, number) => row(number));
      await world.database.write((trx) => trx.batchInsert('temporary_credentials', rows, 100));
      await expect(ask(world)).rejects.toThrow(expect.objectContaining({ code: 'too-many', retryAfter: 60 }));
      expect(await world.temporary.issue(other, 'oob')).toBeDefined();
      world.clock.advance(MINUTE);
      expect(await ask(world)).toBeDefined();
    });
  });
});

const bench = sqliteBench();

describe('a callback', () => {
  it.each([
    ['the registered one', CALLBACK],
    ['its host in capitals', 'https://DESKTOP.example/back?from=cloud'],
    ['its default port', 'https://desktop.example:443/back?from=cloud'],
    ['more in its query', `${CALLBACK}&state=a%20b`],
    ['none: the person carries the verifier over', 'oob'],
  ])('OAU-17 may be %s', async (_what, callback) => {
    const world = await open(bench);
    expect(await world.temporary.issue(world.desktop, callback)).toBeDefined();
  });

  it.each([
    'http://desktop.example/back?from=cloud',
    'https://desktop.example:8443/back?from=cloud',
    'https://desktop.example/other?from=cloud',
    'https://desktop.example/back/../other?from=cloud',
    'https://desktop.example/back',
    'https://desktop.example/back?from=cloudy',
    'https://desktop.example/back?state=1&from=cloud',
    `${CALLBACK}#fragment`,
    'https://ana@desktop.example/back?from=cloud',
    'https://desktop.example.evil.example/back?from=cloud',
    'https://evil.example\\@desktop.example/back?from=cloud',
    '//desktop.example/back?from=cloud',
    'javascript:alert(1)',
    'OOB',
    '',
  ])('OAU-17 may not be %s', async (callback) => {
    const world = await open(bench);
    expect(await world.temporary.issue(world.desktop, callback)).toBeUndefined();
    expect(await world.database.read('temporary_credentials')).toEqual([]);
  });

  it('OAU-17 is oob alone for an app without one, and a bare origin has the root as its path', async () => {
    const world = await open(bench);
    const script = await world.clients.add('Script');
    const bare = await world.clients.add('Bare', { callback: 'http://desktop.example' });
    expect(await world.temporary.issue(script, CALLBACK)).toBeUndefined();
    expect(await world.temporary.issue(script, 'oob')).toBeDefined();
    expect(await world.temporary.issue(bare, 'http://desktop.example')).toBeDefined();
    expect(await world.temporary.issue(bare, 'http://desktop.example/?x=1')).toBeDefined();
  });
});
