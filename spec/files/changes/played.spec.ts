import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { eachDatabase } from '../../support/each-database.js';
import { openFilesBench } from '../files-bench.js';
import { Player } from './acts.js';
import { differences, newsOf, unmoved, viewOf, withContents } from './views.js';

const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
/** Which acts note what is the same on every engine, so that the fastest one plays the most acts. */
const ACTS = { 'better-sqlite3': 150, sqlite3: 40, postgres: 40 };

eachDatabase(({ engine, open }) => {
  it('DUR-07 whatever becomes other in what people see stands in the changes, and moves the numbers of the folders around it', async () => {
    console.info(`changes on ${engine}: ${String(ACTS[engine])} acts, FOOTBRIDGE_SPEC_SEED=${SEED}`);
    const files = await openFilesBench(await open(), { defaultQuota: 400 });
    const people = [files.ana, files.bo];
    const news = new Map(people.map(({ accountId }) => [accountId, newsOf(files, accountId)]));
    const look = () => Promise.all(people.map((person) => viewOf(files, person)));
    const hear = async () =>
      new Map(await Promise.all([...news].map(async ([id, told]) => [id, await told()] as const)));
    const player = new Player(files, SEED);
    /** Of acts that changed what somebody sees. */
    const kinds = new Set<string>();
    await hear();
    let before = await look();
    for (let count = 0; count < ACTS[engine]; count += 1) {
      const { name, isRefused } = await player.act();
      const [after, told] = [await look(), await hear()];
      const what = `act ${String(count)}, ${name}`;
      const all = new Map([...told].map(([id, ids]) => [id, withContents(ids, [...before, ...after])]));
      for (const [index, person] of people.entries()) {
        const views = [before[index] ?? never(), after[index] ?? never()] as const;
        const changed = differences(person, ...views);
        const untold = changed.filter(({ tree, id }) => all.get(tree)?.has(id) !== true);
        expect([what, untold]).toEqual([what, []]);
        const own = changed.filter(({ tree }) => tree === person.accountId).map(({ id }) => id);
        expect([what, unmoved(...views, new Set(own))]).toEqual([what, []]);
        if (changed.length > 0) kinds.add(name);
      }
      if (isRefused) {
        // Who looks for something to be done may learn what another cloud has to say, and that is kept.
        const mounts = (await files.database.read('mounts').pluck('id')).map(String);
        const others = [...told.values()].flatMap((ids) => [...ids]).filter((id) => !mounts.includes(id));
        expect([what, others]).toEqual([what, []]);
      }
      before = after;
    }
    expect(kinds.size).toBeGreaterThan(1);
  });
});

function never(): never {
  throw new Error('a person without a view');
}
