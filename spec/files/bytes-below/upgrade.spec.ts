import { randomInt } from 'node:crypto';
import { expect, it } from 'vitest';
import { migrations } from '../../../migrations/index.js';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { migrate, rollback } from '../../../src/platform/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { Player } from '../changes/acts.js';
import { openFilesBench, textContent } from '../files-bench.js';
import { wrongFolders } from './walk.js';

const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));

eachDatabase(({ engine, open }) => {
  it('the bytes below folders of a release before are counted by the step, and anew after a step back', async () => {
    console.info(`bytes below on ${engine}, counted: FOOTBRIDGE_SPEC_SEED=${SEED}`);
    const files = await openFilesBench(await open());
    const acts = [
      'create',
      'create',
      'folder',
      'folder',
      'copy',
      'copy',
      'staged',
      'staged',
      'move',
      'remove',
      'replace',
    ];
    const player = new Player(files, SEED, acts);
    for (let count = 0; count < 25; count += 1) await player.act();
    const { database, tree, ana } = files;
    // Whatever was played, there is something to count.
    const { id } = await tree.makeFolder(ana, ROOT_ID, 'kept');
    await tree.create(ana, id, 'kept', textContent('some bytes'));
    const kept = () => database.read('items').orderBy('id').select('id', 'below_bytes');
    const before = await kept();

    while ((await rollback(database, migrations)) !== '0091-bytes-below-folders');
    await migrate(database, migrations);
    expect(await kept()).toEqual(before);
    expect(before.some(({ below_bytes: bytes }) => bytes > 0)).toBe(true);

    // A release before works on this schema, and keeps no sums.
    await database.write((trx) => trx('items').where({ is_folder: false }).update({ size: 7, below_bytes: 0 }));
    while ((await rollback(database, migrations)) !== '0091-bytes-below-folders');
    await migrate(database, migrations);
    expect(await wrongFolders(database)).toEqual([]);
  });
});
