import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { migrations } from '../../../migrations/index.js';
import { OwnKeys } from '../../../src/federation/index.js';
import { createSealer, migrate, rollback, type Database } from '../../../src/platform/index.js';
import { eachDatabase, openForTest, sqliteBench } from '../../support/each-database.js';
import { giveOcmKeys } from '../../support/ocm-keys.js';
import { atOnce } from '../../platform/processes.js';
import { handClock } from '../../oauth1/support.js';

const sealer = createSealer(Buffer.alloc(32, 7));

function keysOf(database: Database, webOrigin = 'https://gw.example', seal = sealer): OwnKeys {
  return new OwnKeys({ database, sealer: seal, clock: handClock(), webOrigin });
}

const pemOf = async (keys: OwnKeys): Promise<string> => (await keys.get()).publicKey.pem;

eachDatabase((bench) => {
  it('makes the keys of a cloud once, also when several processes start together', { timeout: 60_000 }, async () => {
    const location = await bench.migrated();
    const pems = await atOnce('ocm-keys', location, 3);
    const database = await openForTest(location);
    expect(new Set([...pems, await pemOf(keysOf(database))]).size).toBe(1);
    expect(await database.read('ocm_keys')).toHaveLength(2);
  });

  it('keeps them through every step of the schema after theirs, down and up again', async () => {
    const database = await bench.open();
    await giveOcmKeys(database, sealer);
    const before = await database.read('ocm_keys').orderBy('kind');
    const names = migrations.map(({ name }) => name);
    for (const name of names.slice(names.indexOf('0071-ocm-keys') + 1).toReversed())
      expect(await rollback(database, migrations)).toBe(name);
    expect(await database.read('ocm_keys').orderBy('kind')).toEqual(before);
    const pem = await pemOf(keysOf(database));
    await migrate(database, migrations);
    expect(await database.read('ocm_keys').orderBy('kind')).toEqual(before);
    expect(await pemOf(keysOf(database))).toBe(pem);
  });

  it('has them in whatever copies rows as they are, and opens the copy with the same secret key alone', async () => {
    const [database, restored] = [await bench.open(), await bench.open()];
    await giveOcmKeys(database, sealer);
    const rows = await database.read('ocm_keys').select('*');
    await restored.write((trx) => trx('ocm_keys').insert(rows));
    expect((await keysOf(restored).get()).jwks).toEqual((await keysOf(database).get()).jwks);
    expect(await pemOf(keysOf(restored))).toBe(await pemOf(keysOf(database)));
    const other = keysOf(restored, 'https://gw.example', createSealer(Buffer.alloc(32, 8)));
    await expect(other.get()).rejects.toMatchObject({ code: 'internal' });
    // A wrong secret key makes no new keys.
    expect(await restored.read('ocm_keys')).toHaveLength(2);
  });
});

describe('the keys of a cloud', () => {
  const bench = sqliteBench();

  it('are in the backup that operators make while the service runs', async () => {
    const database = await bench.open();
    const folder = await mkdtemp(join(tmpdir(), 'footbridge-spec-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    await giveOcmKeys(database, sealer);
    const pem = await pemOf(keysOf(database));
    await database.read.raw('vacuum into ?', [join(folder, 'footbridge.sqlite')]);
    const file = join(folder, 'footbridge.sqlite');
    const restored = await openForTest({ engine: 'sqlite', driver: 'better-sqlite3', file });
    expect(await pemOf(keysOf(restored))).toBe(pem);
  });

  it('are sealed (SEC-01)', async () => {
    const database = await bench.open();
    await keysOf(database).get();
    const rows = await database.read<{ private_key: string }>('ocm_keys').select('*');
    expect(rows).toHaveLength(2);
    expect(JSON.stringify(rows)).not.toContain('PRIVATE KEY');
    const other = keysOf(database, 'https://gw.example', createSealer(Buffer.alloc(32, 8)));
    await expect(other.get()).rejects.toMatchObject({ code: 'internal' });
  });

  it('are named after the host, and stay when it moves', async () => {
    const database = await bench.open();
    await giveOcmKeys(database, sealer);
    const { cavage, rfc9421, publicKey, jwks } = await keysOf(database).get();
    expect(cavage.keyId).toBe('https://gw.example/ocm#signature');
    expect(publicKey.keyId).toBe(cavage.keyId);
    expect(rfc9421.keyId).toBe('gw.example#key1');
    expect(jwks.keys).toMatchObject([{ kid: 'gw.example#key1', alg: 'Ed25519' }]);
    expect(createPublicKey(publicKey.pem).asymmetricKeyDetails?.modulusLength).toBe(2_048);

    const moved = await keysOf(database, 'http://127.0.0.1:8080').get();
    expect(moved.publicKey.keyId).toBe('https://127.0.0.1:8080/ocm#signature');
    expect(moved.publicKey.pem).toBe(publicKey.pem);
  });
});
