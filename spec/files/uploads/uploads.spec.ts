import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { itemIdOf, ROOT_ID } from '../../../src/kernel/index.js';
import { eachDatabase } from '../../support/each-database.js';
import { namesIn, textContent } from '../files-bench.js';
import { breaking, bytesOf, coming, openUploadsBench, PIECE, sha256 } from './uploads-bench.js';

const NAMED = { to: { parentId: ROOT_ID, name: 'a' } };

eachDatabase((bench) => {
  it('STO-25 goes on in another process from the offset in the rows, and becomes one file', async () => {
    const { uploads, elsewhere, tree, ana, database } = await openUploadsBench(await bench.open());
    const bytes = randomBytes(5_500);
    const { id } = await uploads.begin(ana, { ...NAMED, length: bytes.length });
    expect(await uploads.append(ana, id, { offset: 0, ...coming(bytes.subarray(0, 2_600)) })).toMatchObject({
      received: 2_600,
    });
    const other = elsewhere();
    expect(await other.find(ana, id)).toMatchObject({ received: 2_600, length: 5_500, became: undefined });
    await other.append(ana, id, { offset: 2_600, ...coming(bytes.subarray(2_600)) });
    const node = await other.finish(ana, id);
    expect(node).toMatchObject({ name: 'a', size: 5_500, version: 1 });
    expect((await bytesOf(tree.open(ana, itemIdOf(node.key)))).equals(bytes)).toBe(true);
    // It has not seen the first bytes, so it does not know the hash.
    expect(await database.read('contents').pluck('sha256')).toEqual([null]);
  });

  it('knows the hash of the whole where one process saw all bytes in their order', async () => {
    const { uploads, ana, database } = await openUploadsBench(await bench.open());
    const bytes = randomBytes(3_000);
    const { id } = await uploads.begin(ana, NAMED);
    await uploads.append(ana, id, { offset: 0, ...coming(bytes.subarray(0, 1_700)) });
    await uploads.append(ana, id, { offset: 1_700, ...coming(bytes.subarray(1_700)) });
    const node = await uploads.finish(ana, id);
    expect(await database.read('contents').pluck('sha256')).toEqual([sha256(bytes)]);
    expect(node.etag).toContain(sha256(bytes).slice(0, 32));
  });

  it('FLW-04 keeps what came before a cut, but for what was announced with a digest', async () => {
    const { uploads, tree, ana } = await openUploadsBench(await bench.open());
    const bytes = randomBytes(2_500);
    const { id } = await uploads.begin(ana, NAMED);
    await expect(uploads.append(ana, id, { offset: 0, ...breaking(bytes.subarray(0, 1_300)) })).rejects.toMatchObject({
      code: 'invalid',
    });
    expect(await uploads.find(ana, id)).toMatchObject({ received: 1_300 });
    const announced = {
      ...breaking(bytes.subarray(1_300, 2_000)),
      sha256: Buffer.from(sha256(bytes.subarray(1_300)), 'hex'),
    };
    await expect(uploads.append(ana, id, { offset: 1_300, ...announced })).rejects.toMatchObject({ code: 'invalid' });
    expect(await uploads.find(ana, id)).toMatchObject({ received: 1_300 });
    await uploads.append(ana, id, { offset: 1_300, ...announced, ...coming(bytes.subarray(1_300)) });
    const node = await uploads.finish(ana, id);
    expect((await bytesOf(tree.open(ana, itemIdOf(node.key)))).equals(bytes)).toBe(true);
  });

  it('refuses another offset, and tells the right one; of two at once one is kept', async () => {
    const { uploads, ana, blobs } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, NAMED);
    const wrong = uploads.append(ana, id, { offset: 5, ...coming(Buffer.from('x')) });
    await expect(wrong).rejects.toMatchObject({ code: 'conflict', facts: { offset: 0 } });
    const both = ['one', 'two'].map((words) => uploads.append(ana, id, { offset: 0, ...coming(Buffer.from(words)) }));
    const answers = await Promise.allSettled(both);
    expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await uploads.find(ana, id)).toMatchObject({ received: 3 });
    expect(await blobs()).toHaveLength(1);
  });

  it('UPL-01 is neither shorter nor longer than announced', async () => {
    const { uploads, ana, blobs } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, { ...NAMED, length: 10 });
    const long = uploads.append(ana, id, { offset: 0, ...coming(Buffer.alloc(11)) });
    await expect(long).rejects.toMatchObject({ code: 'invalid' });
    await uploads.append(ana, id, { offset: 0, ...coming(Buffer.alloc(9)) });
    await expect(uploads.finish(ana, id)).rejects.toMatchObject({ code: 'invalid' });
    await uploads.append(ana, id, { offset: 9, ...coming(Buffer.alloc(1)) });
    expect(await uploads.finish(ana, id)).toMatchObject({ size: 10 });
    expect(await blobs()).toHaveLength(2);
  });

  it('may be empty, and one piece is the content itself', async () => {
    const { uploads, ana, database, tree } = await openUploadsBench(await bench.open());
    const empty = await uploads.begin(ana, NAMED);
    expect(await uploads.finish(ana, empty.id)).toMatchObject({ size: 0, checksum: 0, mimetype: 'inode/x-empty' });
    const one = await uploads.begin(ana, NAMED);
    await uploads.append(ana, one.id, { offset: 0, ...coming(Buffer.from('one piece')) });
    const node = await uploads.finish(ana, one.id);
    expect(node).toMatchObject({ version: 2, mimetype: 'text/plain' });
    expect(await database.read('contents')).toEqual([]);
    const same = await tree.create(ana, ROOT_ID, 'b', textContent('one piece'));
    expect([same.etag, same.checksum]).toEqual([node.etag, node.checksum]);
  });

  it('counts in the folders around it when it is finished, and not before (webdav.md 1.6)', async () => {
    const { uploads, tree, ana } = await openUploadsBench(await bench.open());
    const { id: parentId } = await tree.makeFolder(ana, ROOT_ID, 'folder');
    const { id } = await uploads.begin(ana, { to: { parentId, name: 'a' } });
    await uploads.append(ana, id, { offset: 0, ...coming(randomBytes(1_200)) });
    const below = async () => (await tree.stat(ana, parentId)).bytesBelow;
    expect(await below()).toBe(0);
    await uploads.finish(ana, id);
    expect(await below()).toBe(1_200);
  });

  it('becomes new content of a file only as the conditions and locks of the last moment allow', async () => {
    const { uploads, tree, ana, database } = await openUploadsBench(await bench.open());
    const file = await tree.create(ana, ROOT_ID, 'a', textContent('first'));
    const { id } = await uploads.begin(ana, { to: { itemId: file.id } });
    for (const words of ['sec', 'ond'])
      await uploads.append(ana, id, { offset: words === 'sec' ? 0 : 3, ...coming(Buffer.from(words)) });
    const other = await tree.replace(ana, file.id, textContent('changed'));
    const conditions = { ifMatch: [file.etag] };
    await expect(uploads.finish(ana, id, { conditions })).rejects.toMatchObject({ code: 'precondition-failed' });
    expect(await database.read('contents')).toEqual([]);
    const node = await uploads.finish(ana, id, { conditions: { ifMatch: [other.etag] } });
    expect(node).toMatchObject({ key: file.id, version: 3 });
    expect((await bytesOf(tree.open(ana, file.id))).toString()).toBe('second');
  });

  it('is finished once, however often that is asked, also at the same time', async () => {
    const { uploads, tree, ana } = await openUploadsBench(await bench.open());
    const { id } = await uploads.begin(ana, NAMED);
    await uploads.append(ana, id, { offset: 0, ...coming(randomBytes(2 * PIECE + 1)) });
    const nodes = await Promise.all([uploads.finish(ana, id), uploads.finish(ana, id)]);
    nodes.push(await uploads.finish(ana, id));
    expect(new Set(nodes.map(({ key, version }) => `${key} ${String(version)}`)).size).toBe(1);
    expect(await tree.versions(ana, itemIdOf(nodes[0].key))).toHaveLength(1);
    const late = uploads.append(ana, id, { offset: 2 * PIECE + 1, ...coming(Buffer.from('x')) });
    await expect(late).rejects.toMatchObject({ code: 'conflict' });
    expect((await uploads.find(ana, id)).became).toMatchObject({ itemId: nodes[0].key, version: 1 });
  });

  it('AUT-07 is nobody else’s, and ends with the permission', async () => {
    const { uploads, tree, ana, bo, grant, grants } = await openUploadsBench(await bench.open());
    const folder = await tree.makeFolder(ana, ROOT_ID, 'folder');
    const reader = grant(folder.id);
    const to = { parentId: folder.id, name: 'a' };
    const { id } = await uploads.begin(reader, { to });
    await uploads.append(reader, id, { offset: 0, ...coming(Buffer.from('x')) });
    for (const other of [ana, bo]) await expect(uploads.find(other, id)).rejects.toMatchObject({ code: 'not-found' });
    grants.clear();
    const more = uploads.append(reader, id, { offset: 1, ...coming(Buffer.from('y')) });
    await expect(more).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(uploads.finish(reader, id)).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(await namesIn(tree, ana, folder.id)).toEqual([]);
  });
});
