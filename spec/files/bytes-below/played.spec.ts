import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { ROOT_ID } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { Player } from '../changes/acts.js';
import { openFilesBench, textContent } from '../files-bench.js';
import { seenBytes, wrongFolders } from './walk.js';

const SEED = String(process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomInt(2 ** 31));
const ACTS = { 'better-sqlite3': 80, sqlite3: 25, postgres: 20 };

/** What several people do at the same time. */
const TOGETHER = ['create', 'folder', 'replace', 'move', 'moveOver', 'copy', 'staged', 'remove', 'restore', 'erase'];
const [LANES, EACH] = [4, 10];
/** What else becomes of bytes, or must change none; less of it, so that there is something to act on. */
const ALL = [...TOGETHER, ...TOGETHER, 'create', 'restoreVersion', 'rename', 'share', 'guest', 'unshareAll', 'time'];

eachDatabase(({ engine, open }) => {
  describe('the bytes that folders keep of what is in them (webdav.md 1.6)', () => {
    it('are the sum of a walk after whatever anybody does', async () => {
      console.info(`bytes below on ${engine}: ${String(ACTS[engine])} acts, FOOTBRIDGE_SPEC_SEED=${SEED}`);
      const files = await openFilesBench(await open(), { defaultQuota: 2_000 });
      const player = new Player(files, SEED, ALL);
      for (let count = 0; count < ACTS[engine]; count += 1) {
        const { name } = await player.act();
        const what = `act ${String(count)}, ${name}`;
        expect([what, await wrongFolders(files.database)]).toEqual([what, []]);
      }
      for (const person of [files.ana, files.bo])
        expect(await files.tree.bytesBelowRoot(person)).toBe(await seenBytes(files, person));
    });

    it('are the sum of a walk after people have written at the same time', async () => {
      console.info(`bytes below on ${engine}: ${String(LANES)} at a time, FOOTBRIDGE_SPEC_SEED=${SEED}`);
      const files = await openFilesBench(await open());
      for (const person of [files.ana, files.bo]) {
        const { id } = await files.tree.makeFolder(person, ROOT_ID, 'n1');
        await files.tree.create(person, id, 'n2', textContent('some bytes'));
      }
      const lane = async (number: number): Promise<void> => {
        const player = new Player(files, `${SEED} ${String(number)}`, TOGETHER);
        for (let count = 0; count < EACH; count += 1) await player.act();
      };
      await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
      expect(await wrongFolders(files.database)).toEqual([]);
    });

    it('are exact beyond what 32 bits hold, through copies, moves and the trash', async () => {
      const files = await openFilesBench(await open());
      const { tree, trash, ana, database } = files;
      const outer = await tree.makeFolder(ana, ROOT_ID, 'outer');
      const inner = await tree.makeFolder(ana, outer.id, 'inner');
      const film = await tree.create(ana, ROOT_ID, 'film', textContent('x'));
      await database.write((trx) => trx('items').where({ id: film.id }).update({ size: 3_000_000_000_001 }));
      await tree.copy(ana, film.id, { parentId: inner.id });
      await tree.copy(ana, inner.id, { parentId: outer.id, name: 'again' });
      expect((await tree.stat(ana, outer.id)).bytesBelow).toBe(6_000_000_000_002);
      await tree.move(ana, inner.id, { parentId: ROOT_ID });
      expect((await tree.stat(ana, outer.id)).bytesBelow).toBe(3_000_000_000_001);
      await tree.remove(ana, inner.id);
      expect(await tree.bytesBelowRoot(ana)).toBe(6_000_000_000_002);
      await trash.restore(ana.accountId, inner.id);
      expect(await tree.bytesBelowRoot(ana)).toBe(9_000_000_000_003);
      expect(await wrongFolders(database)).toEqual([]);
    });

    it('leave and come back with a large folder at once, though its contents follow in batches', async () => {
      const files = await openFilesBench(await open());
      const { tree, trash, ana, database } = files;
      const around = await tree.makeFolder(ana, ROOT_ID, 'around');
      const large = await tree.makeFolder(ana, around.id, 'large');
      const unit = await tree.makeFolder(ana, ROOT_ID, 'unit');
      for (const name of ['a', 'b']) await tree.create(ana, unit.id, name, textContent('bytes'));
      for (let doubled = 2; doubled < 256; doubled *= 2) {
        const { id } = await tree.copy(ana, unit.id, { parentId: ROOT_ID, name: `half ${String(doubled)}` });
        await tree.move(ana, id, { parentId: unit.id });
      }
      for (const name of ['one', 'two']) await tree.copy(ana, unit.id, { parentId: large.id, name });
      const bytes = 2 * 256 * 5;
      const kept = async () => (await tree.stat(ana, around.id)).bytesBelow;
      expect(await kept()).toBe(bytes);
      await tree.remove(ana, large.id);
      expect(await kept()).toBe(0);
      await trash.settled();
      expect([await kept(), await wrongFolders(database)]).toEqual([0, []]);
      expect(await trash.restore(ana.accountId, large.id)).toBe('under-way');
      await trash.settled();
      expect([await kept(), await wrongFolders(database)]).toEqual([bytes, []]);
    });
  });
});
