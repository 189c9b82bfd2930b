import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/**
 * Where rows that people see in their trees are written, and how often. Every such statement notes a change in the same
 * transaction (`noteChange` in src/files/changes/note.ts), or is named here with the reason why there is none to be told.
 */
const WRITERS: Readonly<Record<string, number>> = {
  // notes: insertItem, updateItem; what insertBelow brings stands in a folder that has just been told of
  'src/files/records/items.ts': 3,
  // notes: addMember, removeMembers
  'src/files/records/members.ts': 2,
  // notes: addMount, changeMount, markMount, removeMount, noteMountTop
  'src/files/records/mounts.ts': 5,
  // notes: placeReceived, releaseReceived
  'src/files/places/received-placement.ts': 2,
  // notes where what lies in a folder comes back; when it goes, the folder around it has told so
  'src/files/trash/statuses.ts': 1,
  // nothing to be told: what lies in the trash is no longer in the tree (uproot, eraseItems, leaveBare)
  'src/files/trash/erase.ts': 3,
  // nothing to be told: older versions, and when they are looked at
  'src/files/versions/old-contents.ts': 1,
  'src/files/versions/thinner.ts': 1,
  // nothing to be told: what could not be read of another cloud's listing
  'src/files/records/listing-losses.ts': 1,
  // nothing to be told: the same bytes under another key
  'src/files/local/moving-out.ts': 1,
  // the numbers themselves
  'src/files/changes/note.ts': 1,
};

/** A statement of the query builder that writes to one of the tables; in the files room also to a table that is given. */
const TABLE = String.raw`'(?:items|members|mounts)(?: as \w+)?'`;
const writing = (table: string): RegExp =>
  new RegExp(String.raw`\(\s*(?:${table})\s*\)[^;]*?\.(?:insert|update|delete|del|increment|decrement|merge)\(`, 'g');
const [BUILT, BUILT_IN_FILES] = [writing(TABLE), writing(String.raw`${TABLE}|(?:received\.)?table`)];
const WRITTEN = /\b(?:insert into|update|delete from) (?:items|members|mounts)\b/gi;

it('every statement that writes items, members or mounts is known to note a change, or to have none to tell', () => {
  const found: Record<string, number> = {};
  const files = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts')).map((name) => path.join('src', name))) {
    const lines = readFileSync(path.join(root, file), 'utf8').split('\n');
    const source = lines.filter((line) => !/^ *(?:\/?\*|\/\/)/.test(line)).join('\n');
    const built = file.startsWith(path.join('src', 'files')) ? BUILT_IN_FILES : BUILT;
    const count = [...source.matchAll(built), ...source.matchAll(WRITTEN)].length;
    if (count > 0) found[file.split(path.sep).join('/')] = count;
  }
  expect(found).toEqual(WRITERS);
});
