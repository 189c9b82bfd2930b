import { expect, it } from 'vitest';
import { ROOT_ID } from '../../src/kernel/index.js';
import type { Database } from '../../src/platform/index.js';
import { sqliteBench } from '../support/each-database.js';
import { openFilesBench, textContent } from './files-bench.js';

const bench = sqliteBench();

/** What a transaction that gives a file new content asks of the database, at the root. */
const INSIDE = [
  'select `quota`, `used_bytes`,',
  'with recursive lineage(id,',
  'update items set',
  'insert into item_versions',
  'insert into changes',
  'update accounts set',
  'COMMIT;',
];

it('reads the place of an upload once before its bytes flow and once in its transaction (AUT-07)', async () => {
  const asked = { before: [] as string[], inside: [] as string[] };
  const { tree, ana } = await openFilesBench(listening(await bench.open(), asked));
  const file = await tree.create(ana, ROOT_ID, 'notes.txt', textContent('one'));
  for (const list of Object.values(asked)) list.length = 0;
  await tree.replace(ana, file.id, textContent('two'));
  expect(asked.before.map(firstWords)).toEqual(['with recursive lineage(id,', 'select `quota`, `used_bytes`,']);
  expect(asked.inside.map(firstWords)).toEqual(INSIDE);
});

it('tells all folders around a file by one statement more, the bytes below them included (webdav.md 0)', async () => {
  const asked = { before: [] as string[], inside: [] as string[] };
  const { tree, ana } = await openFilesBench(listening(await bench.open(), asked));
  let parent = ROOT_ID;
  for (const name of ['a', 'b', 'c', 'd', 'e']) parent = (await tree.makeFolder(ana, parent, name)).id;
  const file = await tree.create(ana, parent, 'notes.txt', textContent('one'));
  for (const list of Object.values(asked)) list.length = 0;
  await tree.replace(ana, file.id, textContent('three'));
  expect(asked.before).toHaveLength(2);
  expect(asked.inside.map(firstWords)).toEqual(INSIDE.toSpliced(5, 0, 'update items set'));
  expect((await tree.stat(ana, parent)).bytesBelow).toBe(5);
});

function listening(database: Database, asked: { before: string[]; inside: string[] }): Database {
  database.read.on('query', ({ sql }: { sql: string }) => asked.before.push(sql));
  return {
    ...database,
    write: (work, tree) =>
      database.write(async (trx) => {
        trx.on('query', ({ sql }: { sql: string }) => asked.inside.push(sql));
        return work(trx);
      }, tree),
  };
}

function firstWords(sql: string): string {
  return sql.split(/\s+/).slice(0, 3).join(' ');
}
