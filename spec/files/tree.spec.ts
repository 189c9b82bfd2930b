import { expect, it } from 'vitest';
import { ROOT_ID } from '../../src/kernel/index.js';
import { codeOf } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { readsOf } from '../support/plans.js';
import { namesIn, openFilesBench, textContent, textOf } from './files-bench.js';

eachDatabase((bench) => {
  it('keeps files', async () => {
    const { tree, ana, database } = await openFilesBench(await bench.open());
    const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
    const file = await tree.create(ana, plans.id, 'a.txt', textContent('hello'));
    expect(file).toMatchObject({ name: 'a.txt', size: 5, parentId: plans.id, status: 'NEW' });
    expect(await textOf(tree.open(ana, file.id))).toBe('hello');
    expect(await namesIn(tree, ana, ROOT_ID)).toEqual(['Plans']);
    expect(await namesIn(tree, ana, plans.id)).toEqual(['a.txt']);
    await tree.move(ana, file.id, { name: 'b.txt', parentId: ROOT_ID });
    await tree.replace(ana, file.id, textContent('hello again'));
    expect((await tree.versions(ana, file.id)).map((v) => v.version)).toEqual([3, 2, 1]);
    await tree.move(ana, file.id, { parentId: plans.id });
    await tree.remove(ana, plans.id);
    expect(await database.read('accounts').where({ id: 'ana' }).first('used_bytes')).toEqual({ used_bytes: 0 });
    expect((await tree.stat(ana, file.id)).status).toBe('DELETED');
  });

  it('asks once before it moves something, and once more in the transaction that does', async () => {
    const { tree, ana, bo, grant, database } = await openFilesBench(await bench.open());
    const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
    const file = await tree.create(ana, plans.id, 'a.txt', textContent('hello'));
    const asked = readsOf(database);
    await tree.move(ana, file.id, { name: 'b.txt' });
    // PostgreSQL tells of transactions, too.
    const most = database.engine === 'postgres' ? 2 : 1;
    expect(asked.filter(({ sql }) => sql.includes('account_disabled_at'))).toHaveLength(most);
    expect(await codeOf(tree.move(grant(plans.id, 'read-only'), file.id, { name: 'c' }))).toBe('forbidden');
    expect(await codeOf(tree.move(bo, file.id, { name: 'c' }))).toBe('not-found');
    expect(await codeOf(tree.move(ana, ROOT_ID, { name: 'c' }))).toBe('invalid');
    expect(await codeOf(tree.move(grant(plans.id), plans.id, { name: 'c' }))).toBe('forbidden');
  });
});
