// A process of its own on somebody else's database, as a replica or a command beside the service. It says `ready`, waits
// for a line, does the task named by its arguments and answers with one line of JSON.
import { once } from 'node:events';
import { migrations } from '../../migrations/index.js';
import { createSealer, migrate, openDatabase, type Database, type DatabaseLocation } from '../../src/platform/index.js';

const TASKS: Readonly<Record<string, (database: Database) => Promise<unknown>>> = {
  migrate: (database) => migrate(database, migrations),
  count: countToHundred,
  'ocm-keys': ocmKey,
};

/** The public half of the key of Open Cloud Mesh, which is made when there is none. */
async function ocmKey(database: Database): Promise<string> {
  const { OwnKeys } = await import('../../src/federation/index.js');
  const sealer = createSealer(Buffer.alloc(32, 7));
  const keys = new OwnKeys({ database, sealer, clock: { now: () => 1 }, webOrigin: 'https://gw.example' });
  return (await keys.get()).publicKey.pem;
}

/** Reads, then writes what follows from it: in a deferred transaction the second statement fails under contention. */
async function countToHundred(database: Database): Promise<number> {
  for (let round = 0; round < 100; round += 1) {
    await database.write(async (trx) => {
      const row: { value: string } | undefined = await trx('meta').where({ key: 'count' }).forUpdate().first('value');
      await trx('meta')
        .where({ key: 'count' })
        .update({ value: String(Number(row?.value) + 1) });
    });
  }
  return 100;
}

const [, , task = '', place = ''] = process.argv;
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const database = await openDatabase(JSON.parse(place) as DatabaseLocation);
process.stdout.write(`${JSON.stringify(await TASKS[task]?.(database))}\n`);
await database.close();
process.exit(0);
