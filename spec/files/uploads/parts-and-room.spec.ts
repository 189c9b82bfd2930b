import { randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { DAY, itemIdOf, ROOT_ID } from '../../../src/kernel/index.js';
import { eachDatabase, type Bench } from '../../support/each-database.js';
import { textContent } from '../files-bench.js';
import { bytesOf, coming, openUploadsBench, sha256, type UploadsBench } from './uploads-bench.js';

const NAMED = { to: { parentId: ROOT_ID, name: 'a' } };

eachDatabase((bench) => {
  describe('an upload by numbers', () => byNumbers(bench));
  describe('what is reserved', () => reserving(bench));
  describe('what nobody finishes', () => unfinished(bench));
});

function byNumbers(bench: Bench): void {
  const numbered = { ...NAMED, isNumbered: true };

  it('takes pieces in any order and again, and copies no byte at the end', async () => {
    const files = await openUploadsBench(await bench.open());
    const { uploads, tree, ana, blobs } = files;
    const { id } = await uploads.begin(ana, numbered);
    const pieces = [randomBytes(5_000), randomBytes(1), randomBytes(7_000)];
    for (const number of [3, 1, 2]) await uploads.putPart(ana, id, number, coming(randomBytes(number * 10)));
    for (const number of [2, 3, 1])
      await uploads.putPart(ana, id, number, coming(pieces[number - 1] ?? Buffer.alloc(0)));
    expect((await uploads.parts(ana, id)).map(({ number, sha256: hash }) => [number, hash])).toEqual(
      pieces.map((piece, at) => [at + 1, sha256(piece)]),
    );
    const before = await placesOf(files);
    const node = await uploads.finish(ana, id);
    expect(await placesOf(files)).toEqual(before);
    expect(await blobs()).toHaveLength(3);
    expect((await bytesOf(tree.open(ana, itemIdOf(node.key)))).equals(Buffer.concat(pieces))).toBe(true);
  });

  it('becomes of the pieces that are named, and the others go', async () => {
    const { uploads, tree, ana, blobs } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, numbered);
    for (const number of [1, 5, 9]) await uploads.putPart(ana, id, number, coming(Buffer.from(String(number))));
    for (const numbers of [
      [9, 1],
      [1, 2],
      [1, 1],
    ])
      await expect(uploads.finish(ana, id, { numbers })).rejects.toMatchObject({ code: 'invalid' });
    const node = await uploads.finish(ana, id, { numbers: [1, 9] });
    expect((await bytesOf(tree.open(ana, itemIdOf(node.key)))).toString()).toBe('19');
    expect(await blobs()).toHaveLength(2);
  });

  it('CNT-02 finds the media type in the first bytes of the whole', async () => {
    const { uploads, ana } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, numbered);
    await uploads.putPart(ana, id, 1, coming(Buffer.from('<!DOCTYPE ht')));
    await uploads.putPart(ana, id, 2, coming(Buffer.from('ml><p>')));
    expect(await uploads.finish(ana, id)).toMatchObject({ mimetype: 'text/html' });
  });

  it('has numbers from 1 to 10 000, and no offsets', async () => {
    const { uploads, ana } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, numbered);
    for (const number of [0, -1, 1.5])
      await expect(uploads.putPart(ana, id, number, coming(Buffer.from('x')))).rejects.toMatchObject({
        code: 'invalid',
      });
    const beyond = uploads.putPart(ana, id, 10_001, coming(Buffer.from('x')));
    await expect(beyond).rejects.toMatchObject({ code: 'too-large' });
    const ordered = uploads.append(ana, id, { offset: 0, ...coming(Buffer.from('x')) });
    await expect(ordered).rejects.toMatchObject({ code: 'invalid' });
  });
}

function reserving(bench: Bench): void {
  it('STO-34 keeps the announced length free for it, and is given back whatever becomes of it', async () => {
    const { uploads, tree, ana, clock, reserved } = await openUploadsBench(await bench.open(), 100);
    const first = await uploads.begin(ana, { ...NAMED, length: 60 });
    const second = await uploads.begin(ana, { to: { parentId: ROOT_ID, name: 'b' }, length: 30 });
    expect(await reserved('ana')).toBe(90);
    await expect(tree.create(ana, ROOT_ID, 'c', textContent('x'.repeat(11)))).rejects.toMatchObject({ code: 'quota' });
    await expect(uploads.begin(ana, { ...NAMED, length: 11 })).rejects.toMatchObject({ code: 'quota' });
    await uploads.append(ana, first.id, { offset: 0, ...coming(Buffer.alloc(60, 1)) });
    await uploads.finish(ana, first.id);
    expect(await reserved('ana')).toBe(30);
    await tree.create(ana, ROOT_ID, 'c', textContent('x'.repeat(10)));
    await uploads.abandon(ana, second.id);
    expect(await reserved('ana')).toBe(0);
    await uploads.begin(ana, { to: { parentId: ROOT_ID, name: 'd' }, length: 30 });
    clock.advance(DAY);
    expect(await uploads.tidy()).toBe(2);
    expect(await reserved('ana')).toBe(0);
    expect(await tree.quota(ana, ROOT_ID)).toEqual({ used: 70, available: 30 });
  });

  it('grows with what comes where nobody announced it, and not by what it replaces', async () => {
    const { uploads, tree, ana, reserved, blobs } = await openUploadsBench(await bench.open(), 100);
    const file = await tree.create(ana, ROOT_ID, 'a', textContent('x'.repeat(80)));
    const { id } = await uploads.begin(ana, { to: { itemId: file.id } });
    await uploads.append(ana, id, { offset: 0, ...coming(Buffer.alloc(70, 1)) });
    expect(await reserved('ana')).toBe(0);
    await uploads.append(ana, id, { offset: 70, ...coming(Buffer.alloc(25, 1)) });
    expect(await reserved('ana')).toBe(15);
    const over = uploads.append(ana, id, { offset: 95, ...coming(Buffer.alloc(6, 1)) });
    await expect(over).rejects.toMatchObject({ code: 'quota' });
    expect(await blobs()).toHaveLength(3);
    await uploads.finish(ana, id);
    expect(await reserved('ana')).toBe(0);
  });

  it('FLW-02 is bounded in number too', async () => {
    const { uploads, ana, bo, database } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, NAMED);
    const row = await database.read('uploads').where({ id }).first<Record<string, unknown>>();
    const rows = Array.from({ length: 999 }, (_, at) => ({ ...row, id: `other ${String(at)}` }));
    await database.write(async (trx) => {
      for (let at = 0; at < rows.length; at += 50) await trx('uploads').insert(rows.slice(at, at + 50));
    });
    await expect(uploads.begin(ana, NAMED)).rejects.toMatchObject({ code: 'too-many' });
    expect(await uploads.begin(bo, NAMED)).toMatchObject({ received: 0 });
    await uploads.abandon(ana, id);
    expect(await uploads.begin(ana, NAMED)).toMatchObject({ received: 0 });
  });

  it('is asked for again at the end', async () => {
    const { uploads, ana, database, reserved } = await openUploadsBench(await bench.open(), 100);
    const { id } = await uploads.begin(ana, { ...NAMED, length: 60 });
    await uploads.append(ana, id, { offset: 0, ...coming(Buffer.alloc(60, 1)) });
    await database.write((trx) => trx('accounts').where({ id: 'ana' }).update({ quota: 50 }));
    await expect(uploads.finish(ana, id)).rejects.toMatchObject({ code: 'quota' });
    expect(await reserved('ana')).toBe(60);
  });
}

function unfinished(bench: Bench): void {
  it('STO-08 is swept by nobody while it goes on, and leaves nothing when it is given up', async () => {
    const { uploads, ana, blobs, sweep, database, clock, tree } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, NAMED);
    await uploads.append(ana, id, { offset: 0, ...coming(Buffer.from('kept')) });
    await database.write((trx) => trx('uploads').update({ expires_at: clock.now() + 100 * DAY }));
    await sweep();
    await uploads.append(ana, id, { offset: 4, ...coming(Buffer.from(' still')) });
    const node = await uploads.finish(ana, id);
    await sweep();
    expect((await bytesOf(tree.open(ana, itemIdOf(node.key)))).toString()).toBe('kept still');
    const other = await uploads.begin(ana, NAMED);
    await uploads.append(ana, other.id, { offset: 0, ...coming(Buffer.from('abandoned')) });
    await uploads.abandon(ana, other.id);
    await expect(uploads.find(ana, other.id)).rejects.toMatchObject({ code: 'not-found' });
    const late = await uploads.begin(ana, NAMED);
    await uploads.append(ana, late.id, { offset: 0, ...coming(Buffer.from('expired')) });
    clock.advance(DAY);
    await expect(uploads.find(ana, late.id)).rejects.toMatchObject({ code: 'not-found' });
    await uploads.tidy();
    expect(await blobs()).toHaveLength(2);
    expect(await database.read('upload_parts')).toEqual([]);
  });
}

/** Where the bytes lie: a copy would be another inode. */
async function placesOf({ blobs }: UploadsBench): Promise<unknown[]> {
  const places = [];
  for (const path of (await blobs()).sort()) {
    const { ino, mtimeMs, size } = await stat(path);
    places.push([path, ino, mtimeMs, size]);
  }
  return places;
}
