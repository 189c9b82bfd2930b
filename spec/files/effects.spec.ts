import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { addMember, removeMember, type Content, type Item } from '../../src/files/index.js';
import { ROOT_ID, type ItemId } from '../../src/kernel/index.js';
import { codeOf, noise } from '../contracts/file-space/harness.js';
import { eachDatabase } from '../support/each-database.js';
import { until } from '../support/until.js';
import { addPerson, namesIn, openFilesBench, textContent, textOf, type FilesBench } from './files-bench.js';

/** An upload that runs `meanwhile` after its first bytes have gone. */
function interrupted(meanwhile: () => Promise<unknown>): Readable {
  const pieces = async function* (): AsyncGenerator<Buffer> {
    yield Buffer.from('begun ');
    await meanwhile();
    yield Buffer.from('and finished');
  };
  return Readable.from(pieces(), { objectMode: false });
}

async function sumOfFiles(files: FilesBench, owner = 'ana'): Promise<{ used: number; sum: number }> {
  const account: { used_bytes: number } = await files.database
    .read('accounts')
    .where({ id: owner })
    .first('used_bytes');
  const rows: { size: number }[] = await files.database.read('items').where({ owner_id: owner, deleted_at: null });
  return { used: account.used_bytes, sum: rows.reduce((sum, row) => sum + row.size, 0) };
}

eachDatabase((bench) => {
  const open = async (): Promise<FilesBench> => openFilesBench(await bench.open());

  describe('what is decided at the moment of effect', () => {
    it.each(['downgraded', 'ended'] as const)(
      'AUT-03 a grant that is %s during an upload changes nothing',
      async (how) => {
        const files = await open();
        const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
        const file = await files.tree.create(files.ana, plans.id, 'a', textContent('old'));
        const grant = files.grant(plans.id);
        const stop = async (): Promise<void> => {
          files.grants.delete(grant.grantId);
          if (how === 'downgraded') files.grants.set(grant.grantId, { permission: 'read-only', expiresAt: undefined });
        };
        const refusal = how === 'downgraded' ? 'forbidden' : 'unauthenticated';
        expect(await codeOf(files.tree.replace(grant, file.id, { body: interrupted(stop) }))).toBe(refusal);
        expect(await textOf(files.tree.open(files.ana, file.id))).toBe('old');
        expect(await sumOfFiles(files)).toEqual({ used: 3, sum: 3 });
      },
    );

    it('AUT-03 a membership that ends during an upload, or a file moved away, changes nothing', async () => {
      const files = await open();
      const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
      const file = await files.tree.create(files.ana, plans.id, 'a', textContent('old'));
      const other = await files.tree.create(files.ana, plans.id, 'b', textContent('old'));
      await join(files, plans.id);
      const away = async (): Promise<unknown> => files.tree.move(files.ana, file.id, { parentId: ROOT_ID });
      expect(await codeOf(files.tree.replace(files.bo, file.id, { body: interrupted(away) }))).toBe('not-found');
      const leave = (): Promise<unknown> =>
        files.database.write((trx) => removeMember(trx, plans.id, files.bo.accountId, 0));
      expect(await codeOf(files.tree.replace(files.bo, other.id, { body: interrupted(leave) }))).toBe('not-found');
      expect(await textOf(files.tree.open(files.ana, file.id))).toBe('old');
      expect(await textOf(files.tree.open(files.ana, other.id))).toBe('old');
    });

    it('AUT-03 a parent that is deleted during an upload takes nothing in', async () => {
      const files = await open();
      const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
      const remove = (): Promise<unknown> => files.tree.remove(files.ana, plans.id);
      expect(await codeOf(files.tree.create(files.ana, plans.id, 'a', { body: interrupted(remove) }))).toBe('invalid');
      expect(await sumOfFiles(files)).toEqual({ used: 0, sum: 0 });
    });

    it('AUT-04 a download breaks off when its grant ends', async () => {
      const files = await open();
      const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
      const body = Readable.from([noise(200_000)], { objectMode: false });
      const file = await files.tree.create(files.ana, plans.id, 'a', { body });
      const grant = files.grant(plans.id);
      const opened = await files.tree.open(grant, file.id);
      if (opened.outcome !== 'content') throw new Error('not modified');
      const broken = new Promise((resolve) => opened.body.once('error', resolve));
      files.grants.clear();
      expect(await broken).toMatchObject({ code: 'unauthenticated' });
      expect(opened.body.readableEnded).toBe(false);
    });

    it('AUT-07 a change that races with the end of a membership is before it or refused', async () => {
      const files = await open();
      const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
      await join(files, plans.id);
      const attempts = Array.from({ length: 10 }, (_, index) =>
        files.tree.makeFolder(files.bo, plans.id, String(index)),
      );
      const leaving = files.database.write((trx) => removeMember(trx, plans.id, files.bo.accountId, 0));
      const outcomes = Promise.allSettled(attempts);
      await leaving;
      const made = await namesIn(files.tree, files.ana, plans.id);
      const fulfilled = (await outcomes).filter((outcome) => outcome.status === 'fulfilled');
      expect(await namesIn(files.tree, files.ana, plans.id)).toEqual(made);
      expect(fulfilled).toHaveLength(made.length);
    });

    it('AUT-07 two moves that would make a circle together do not', async () => {
      const files = await open();
      const one = await files.tree.makeFolder(files.ana, ROOT_ID, 'one');
      const two = await files.tree.makeFolder(files.ana, ROOT_ID, 'two');
      const moves = [
        files.tree.move(files.ana, one.id, { parentId: two.id }),
        files.tree.move(files.ana, two.id, { parentId: one.id }),
      ];
      const outcomes = await Promise.allSettled(moves);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
      expect(await namesIn(files.tree, files.ana, ROOT_ID)).toHaveLength(1);
    });
  });

  describe('quota', () => {
    it('DOS-04 is never passed by parallel uploads, whether they say their length or not', async () => {
      const files = await open();
      const carla = await addPerson(files.database, 'carla', 1_000);
      const attempts = Array.from({ length: 20 }, (_, index) => {
        const { body, length } = textContent('x'.repeat(150));
        const content = index % 2 === 0 && length !== undefined ? { body, length } : { body };
        return files.tree.create(carla, ROOT_ID, String(index), content);
      });
      const outcomes = await Promise.allSettled(attempts);
      expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(6);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected')
          expect(outcome.reason).toMatchObject({ code: 'quota', message: 'Upload exceeds quota.' });
      }
      expect(await sumOfFiles(files, 'carla')).toEqual({ used: 900, sum: 900 });
    });

    it('DOS-04 ends an upload as soon as it is passed', async () => {
      const files = await open();
      const carla = await addPerson(files.database, 'carla', 100_000);
      let sent = 0;
      const endless = function* (): Generator<Buffer> {
        for (;;) {
          sent += 1;
          yield Buffer.alloc(50_000);
        }
      };
      const body = Readable.from(endless(), { objectMode: false });
      expect(await codeOf(files.tree.create(carla, ROOT_ID, 'endless', { body }))).toBe('quota');
      expect(sent).toBeLessThan(50);
    });

    it('DOS-04 holds room for uploads under way, from their announced length or from their first byte, and gives it back', async () => {
      const files = await open();
      const carla = await addPerson(files.database, 'carla', 1_000);
      const make = (name: string, content: Content): Promise<Item> => files.tree.create(carla, ROOT_ID, name, content);
      const announced = new PassThrough();
      const unannounced = new PassThrough();
      const first = make('first', { body: announced, length: 500 });
      const second = make('second', { body: unannounced });
      announced.write('x');
      unannounced.write('x'.repeat(400));
      await until(
        'both to have begun',
        () => Promise.resolve(announced.readableLength + unannounced.readableLength === 0),
        {
          every: 1,
        },
      );
      expect(await codeOf(make('too large', textContent('x'.repeat(101))))).toBe('quota');
      await make('third', textContent('x'.repeat(100)));
      announced.destroy(new Error('client left'));
      await expect(first).rejects.toMatchObject({ code: 'invalid' });
      await make('fourth', textContent('x'.repeat(500)));
      unannounced.end('x');
      expect(await codeOf(second)).toBe('quota');
      expect(await sumOfFiles(files, 'carla')).toEqual({ used: 600, sum: 600 });
    });

    it('gives room back for what is replaced or deleted, and lets a full account shrink', async () => {
      const files = await open();
      const carla = await addPerson(files.database, 'carla', 10);
      const file = await files.tree.create(carla, ROOT_ID, 'a', textContent('1234567890'));
      expect(await codeOf(files.tree.create(carla, ROOT_ID, 'b', textContent('1')))).toBe('quota');
      await files.tree.replace(carla, file.id, textContent('abcdefghij'));
      await files.tree.replace(carla, file.id, textContent('abc'));
      await files.tree.create(carla, ROOT_ID, 'b', textContent('1234567'));
      await files.tree.remove(carla, file.id);
      await files.tree.create(carla, ROOT_ID, 'c', textContent('123'));
      expect(await sumOfFiles(files, 'carla')).toEqual({ used: 10, sum: 10 });
    });

    it('is the default for accounts without their own, and the owner pays for what members put in', async () => {
      const files = await openFilesBench(await bench.open(), { defaultQuota: 5 });
      const plans = await files.tree.makeFolder(files.ana, ROOT_ID, 'Plans');
      await join(files, plans.id);
      await files.tree.create(files.bo, plans.id, 'a', textContent('12345'));
      expect(await codeOf(files.tree.create(files.bo, plans.id, 'b', textContent('1')))).toBe('quota');
      await files.tree.create(files.bo, ROOT_ID, 'b', textContent('12345'));
      expect(await sumOfFiles(files, 'ana')).toEqual({ used: 5, sum: 5 });
    });
  });

  describe('limits of a tree', () => {
    it('PTH-03 refuses the 65th level, by making and by moving', async () => {
      const files = await open();
      let parent = ROOT_ID;
      for (let level = 1; level <= 64; level += 1) parent = (await files.tree.makeFolder(files.ana, parent, 'd')).id;
      expect(await codeOf(files.tree.makeFolder(files.ana, parent, 'd'))).toBe('invalid');
      expect(await codeOf(files.tree.create(files.ana, parent, 'd', textContent('1')))).toBe('invalid');
      const high = await files.tree.makeFolder(files.ana, ROOT_ID, 'high');
      await files.tree.makeFolder(files.ana, high.id, 'low');
      const above = (await files.tree.stat(files.ana, parent)).parentId ?? ROOT_ID;
      expect(await codeOf(files.tree.move(files.ana, high.id, { parentId: above }))).toBe('invalid');
    });

    it('PTH-03 refuses a path over 4096 bytes, by making and by renaming above', async () => {
      const files = await open();
      const top = await files.tree.makeFolder(files.ana, ROOT_ID, 'top');
      let parent = top.id;
      // 16 levels of 1 + 240 bytes below 1 + 3: 3860 bytes, 236 are left.
      for (let level = 1; level <= 16; level += 1) {
        parent = (await files.tree.makeFolder(files.ana, parent, '語'.repeat(80))).id;
      }
      expect(await codeOf(files.tree.create(files.ana, parent, '語'.repeat(79), textContent('1')))).toBe('invalid');
      await files.tree.create(files.ana, parent, '語'.repeat(78), textContent('1'));
      expect(await codeOf(files.tree.move(files.ana, top.id, { name: 'topmost' }))).toBe('invalid');
      expect(await files.tree.move(files.ana, top.id, { name: 'tip' })).toMatchObject({ name: 'tip' });
    });

    it('PTH-01 PTH-04 checks names itself and keeps their NFC form', async () => {
      const files = await open();
      for (const name of ['', '.', '..', 'a/b', 'a\\b', 'a\u0000', 'a\u0085', '\ud800', 'x'.repeat(256)]) {
        expect(await codeOf(files.tree.create(files.ana, ROOT_ID, name, textContent('1')))).toBe('invalid');
        expect(await codeOf(files.tree.makeFolder(files.ana, ROOT_ID, name))).toBe('invalid');
      }
      const file = await files.tree.create(files.ana, ROOT_ID, 'e\u0301', textContent('1'));
      expect(file.name).toBe('\u00e9');
      expect(await codeOf(files.tree.move(files.ana, file.id, { name: '..' }))).toBe('invalid');
      expect(await codeOf(files.tree.create(files.ana, ROOT_ID, '\u00e9', textContent('1')))).toBe('invalid');
    });
  });
});

async function join(files: FilesBench, folderId: ItemId): Promise<void> {
  const membership = { folderId, accountId: files.bo.accountId, permission: 'read-write', joinedAt: 0 } as const;
  await files.database.write((trx) => addMember(trx, { ...membership, expiresAt: undefined }));
}
