import { describe, expect, it } from 'vitest';
import type { AccountId } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();

interface Listed {
  readonly id: number | null;
  readonly filename: string;
  readonly contents: readonly Listed[];
}

async function listed(storage: Storage, path: string, signature = storage.ana): Promise<Listed> {
  const answer = await storage.call('GET', path, signature).expect(200);
  return JSON.parse(answer.text) as Listed;
}

describe('the root', () => {
  it('is listed with nulls where it has nothing to say, and with its children', async () => {
    const storage = await openStorage(bench);
    const plans = await storage.folder('Plans');
    expect(await listed(storage, '/v1/folder/0/contents')).toEqual({
      id: null,
      parent_id: null,
      filename: 'root',
      is_folder: true,
      status: null,
      version: null,
      checksum: null,
      size: null,
      mimetype: null,
      is_root: true,
      contents: [
        {
          id: Number(plans.id),
          parent_id: null,
          filename: 'Plans',
          is_folder: true,
          status: 'NEW',
          modified_at: '2026-11-02 09:00:00.000',
          version: 1,
          checksum: 0,
          size: 0,
          mimetype: 'inode/directory',
          is_root: false,
        },
      ],
    });
  });

  it('shows its children by its plain id too', async () => {
    const storage = await openStorage(bench);
    await storage.folder('Plans');
    expect((await listed(storage, '/v1/folder/0')).contents).toHaveLength(1);
  });

  it('is no file', async () => {
    const storage = await openStorage(bench);
    const answer = await storage.call('GET', '/v1/file/0').expect(404);
    expect(answer.text).toBe('Not found.');
  });

  it('cannot be deleted', async () => {
    const storage = await openStorage(bench);
    await storage.call('DELETE', '/v1/folder/0').expect(400);
  });
});

describe('a folder', () => {
  it('is described without its children, and listed with them, by id', async () => {
    const storage = await openStorage(bench);
    const plans = await storage.folder('Plans');
    const names = ['b.txt', 'a.txt', 'c.txt'];
    for (const name of names) await storage.file(name, name, plans.id);
    expect(await listed(storage, `/v1/folder/${plans.id}`)).toMatchObject({ filename: 'Plans', contents: [] });
    const { contents } = await listed(storage, `/v1/folder/${plans.id}/contents`);
    expect(contents.map(({ filename }) => filename)).toEqual(names);
  });

  it('leaves out what was deleted unless asked, in any letter case', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('old.txt', 'old');
    await storage.call('DELETE', `/v1/file/${id}`).expect(200);
    expect((await listed(storage, '/v1/folder/0/contents')).contents).toEqual([]);
    expect((await listed(storage, '/v1/folder/0/contents?include_deleted=false')).contents).toEqual([]);
    expect((await listed(storage, '/v1/folder/0/contents?include_deleted=True')).contents).toMatchObject([
      { filename: 'old.txt', status: 'DELETED', version: 2 },
    ]);
  });

  it('FLW-01 of very many files is listed whole, in pieces', async () => {
    const storage = await openStorage(bench);
    const count = 5_000;
    await addRows(storage, count);
    const { contents } = await listed(storage, '/v1/folder/0/contents');
    expect(contents).toHaveLength(count);
  });

  it('that is somebody else’s is not there, nor is an unknown one', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    const theirs = await storage.call('GET', `/v1/folder/${id}/contents`, storage.cleo).expect(404);
    const unknown = await storage.call('GET', '/v1/folder/987654/contents').expect(404);
    expect([theirs.text, theirs.headers['content-type']]).toEqual([unknown.text, unknown.headers['content-type']]);
  });
});

describe('a file', () => {
  it('is described, and answers itself where a listing is asked for', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('hello.txt', 'hello');
    const wanted = {
      id: Number(id),
      parent_id: null,
      filename: 'hello.txt',
      is_folder: false,
      status: 'NEW',
      modified_at: '2026-11-02 09:00:00.000',
      version: 1,
      checksum: 0x062c0215,
      size: 5,
      mimetype: 'text/plain',
      chunks: [],
      contents: [],
    };
    expect(await listed(storage, `/v1/file/${id}`)).toEqual(wanted);
    expect(await listed(storage, `/v1/folder/${id}/contents`)).toEqual(wanted);
    await storage.call('GET', `/v1/folder/${id}`).expect(404);
  });

  it('is described after it was deleted', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('hello.txt', 'hello');
    await storage.call('DELETE', `/v1/file/${id}`).expect(200);
    expect(await listed(storage, `/v1/file/${id}`)).toMatchObject({ status: 'DELETED', version: 2 });
    await storage.call('GET', `/v1/file/${id}/data`).expect(404);
  });
});

describe('every answer', () => {
  it('is JSON that polling clients never get a 304 for', async () => {
    const storage = await openStorage(bench);
    const first = await storage.call('GET', '/v1/folder/0/contents').expect(200);
    expect(first.headers['content-type']).toBe('application/json; charset=UTF-8');
    expect(first.headers).not.toHaveProperty('etag');
    expect(first.headers).toHaveProperty('date');
    await storage.call('GET', '/v1/folder/0/contents').set('If-None-Match', '*').expect(200);
  });

  it('to HEAD has the headers of GET and no body', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('hello.txt', 'hello');
    const head = await storage.call('HEAD', `/v1/file/${id}`).expect(200);
    expect(head.headers['content-type']).toBe('application/json; charset=UTF-8');
    const data = await storage.call('HEAD', `/v1/file/${id}/data`).expect(200);
    expect(data.headers['content-length']).toBe('5');
    expect(data.text).toBeFalsy();
  });
});

/** Rows written at once: five thousand uploads would be another test. */
async function addRows(storage: Storage, count: number): Promise<void> {
  const owner = 'acct-ana' as AccountId;
  const first = Number((await storage.file('first.txt', 'first')).id);
  const template = (await storage.database.read('items').where({ id: first }).first()) as Record<string, unknown>;
  const rows = Array.from({ length: count - 1 }, (_, index) => ({
    ...template,
    id: first + 1 + index,
    owner_id: owner,
    name: `file ${String(index)} ${'x'.repeat(60)}`,
  }));
  await storage.database.write((trx) => trx.batchInsert('items', rows, 50));
}
