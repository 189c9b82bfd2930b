import { describe, expect, it } from 'vitest';
import { formatPairs, parseAuthorization } from '../../../src/oauth1/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();
const NAME_TAKEN = 'This name is already used in the same folder. Please use a different one. ';

/** A call whose body is JSON, or whatever text a client sends instead. */
async function send(storage: Storage, method: string, path: string, body: unknown) {
  const answer = await storage
    .call(method, path)
    .set('Content-Type', 'application/json')
    .send(typeof body === 'string' ? body : JSON.stringify(body));
  return { status: answer.status, text: answer.text, headers: answer.headers };
}

async function create(storage: Storage, query: string, content = 'hello') {
  const answer = await storage.call('POST', `/v1/file${query}`).set('Content-Type', 'application/json').send(content);
  return { status: answer.status, text: answer.text, headers: answer.headers };
}

describe('POST file', () => {
  it('makes a file of the raw body, whatever its type says, and names its place', async () => {
    const storage = await openStorage(bench);
    const made = await create(storage, '?name=notes%20%C3%A9.json', '{not json');
    expect(made.status).toBe(201);
    const { id, ...metadata } = JSON.parse(made.text) as { id: number };
    expect(metadata).toMatchObject({
      filename: 'notes é.json',
      status: 'NEW',
      version: 1,
      size: 9,
      parent_id: null,
      chunks: [],
    });
    expect(made.headers['location']).toBe(`/v1/file/${String(id)}`);
    const data = await storage.call('GET', `/v1/file/${String(id)}/data`).expect(200);
    expect(data.text).toBe('{not json');
  });

  it('reads a plus in a name as a space, and takes an empty body', async () => {
    const storage = await openStorage(bench);
    const made = await create(storage, '?name=two+words.txt', '');
    expect(JSON.parse(made.text)).toMatchObject({
      filename: 'two words.txt',
      size: 0,
      checksum: 0,
      mimetype: 'inode/x-empty',
    });
  });

  it.each([
    ['?parent=0', 400, 'Invalid file name.'],
    ['?name=', 400, 'Invalid file name.'],
    ['?name=a%2Fb', 400, 'Invalid file name.'],
    [`?name=${'x'.repeat(101)}`, 400, 'Invalid file name.'],
    ['?name=taken.txt', 400, NAME_TAKEN],
    ['?name=a&parent=987654', 404, 'Parent not found.'],
    ['?name=a&parent=nonsense', 400, 'Incorrect parent.'],
    ['?name=a&parent=1e3', 400, 'Incorrect parent.'],
    ['?name=a&parent=FILE', 400, 'Incorrect parent.'],
    ['?name=a&parent=DELETED', 400, 'Parent is deleted.'],
  ])('%s is answered %i', async (query, status, sentence) => {
    const storage = await openStorage(bench);
    const taken = await storage.file('taken.txt', 'x');
    const gone = await storage.folder('gone');
    await storage.call('DELETE', `/v1/folder/${gone.id}`).expect(200);
    const made = await create(storage, query.replace('FILE', taken.id).replace('DELETED', gone.id));
    expect([made.status, made.text]).toEqual([status, sentence]);
  });

  it.each(['', '0', 'null', 'root'])('takes parent=%s for the root', async (parent) => {
    const storage = await openStorage(bench);
    expect(JSON.parse((await create(storage, `?name=a.txt&parent=${parent}`)).text)).toMatchObject({ parent_id: null });
  });

  it('PTH-01 PTH-02 decodes a name once and refuses what is none', async () => {
    const storage = await openStorage(bench);
    const twice = await create(storage, '?name=%252e%252e');
    expect(JSON.parse(twice.text)).toMatchObject({ filename: '%2e%2e' });
    for (const bad of ['.', '..', '%2e%2e', 'a%00b', 'a%2Fb', 'a%5Cb', 'a%C2%85', 'a%7F']) {
      expect([bad, (await create(storage, `?name=${bad}`)).status]).toEqual([bad, 400]);
    }
    // An overlong dot and half a surrogate are no text, and nobody can sign them.
    for (const bad of ['%c0%ae', 'a%ED%A0%80']) await storage.bare('POST', `/v1/file?name=${bad}`).expect(400);
    expect(await storage.database.read('items').pluck('name')).toEqual(['%2e%2e']);
  });

  it('answers 413 when the owner has no room left', async () => {
    const storage = await openStorage(bench, { defaultQuota: 4 });
    const made = await create(storage, '?name=a.txt', 'hello');
    expect([made.status, made.text]).toEqual([413, 'Upload exceeds quota.']);
  });

  it('answers 413 above the longest file that is taken', async () => {
    const storage = await openStorage(bench, { maxUpload: 4 });
    expect((await create(storage, '?name=a.txt', 'hello')).status).toBe(413);
    expect((await create(storage, '?name=a.txt', 'hell')).status).toBe(201);
  });
});

describe('POST folder', () => {
  it('makes no name over 100 characters, counted as databases count them (F-33)', async () => {
    const storage = await openStorage(bench);
    for (const [name, status] of [
      ['x'.repeat(100), 201],
      ['x'.repeat(101), 400],
      ['é'.repeat(100), 201],
      ['é'.repeat(101), 400],
      ['😀'.repeat(63), 201],
      ['😀'.repeat(64), 400],
    ] as const)
      expect([name, (await send(storage, 'POST', '/v1/folder', { name })).status]).toEqual([name, status]);
  });

  it('skips a byte order mark before its body (F-44)', async () => {
    const storage = await openStorage(bench);
    const made = await send(storage, 'POST', '/v1/folder', `\ufeff${JSON.stringify({ name: 'Plans' })}`);
    expect([made.status, made.text]).toEqual([201, expect.stringContaining('"Plans"')]);
  });

  it('makes a folder and names its place', async () => {
    const storage = await openStorage(bench);
    const made = await send(storage, 'POST', '/v1/folder', { name: 'Plans' });
    const { id, ...metadata } = JSON.parse(made.text) as { id: number };
    expect(made.status).toBe(201);
    expect(made.headers['location']).toBe(`/v1/folder/${String(id)}`);
    expect(metadata).toMatchObject({ filename: 'Plans', is_folder: true, status: 'NEW', version: 1, parent_id: null });
  });

  it('takes a parent as number or text', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    for (const [index, parent] of [Number(id), id].entries()) {
      const made = await send(storage, 'POST', '/v1/folder', { name: `sub ${String(index)}`, parent });
      expect(JSON.parse(made.text)).toMatchObject({ parent_id: Number(id) });
    }
  });

  it.each([
    [{ parent: 0 }, 400, 'Folder name not set.'],
    [{ name: '' }, 400, 'Folder name not set.'],
    [{ name: 'Plans' }, 400, 'Folder already exists.'],
    [{ name: 7 }, 400, 'Invalid folder name.'],
    [{ name: 'a/b' }, 400, 'Invalid folder name.'],
    [{ name: 'a', parent: 987654 }, 404, 'Parent not found.'],
    [{ name: 'a', parent: 1.5 }, 400, 'Incorrect parent.'],
    [{ name: 'a', parent: -1 }, 400, 'Incorrect parent.'],
    [{ name: 'a', parent: 'here' }, 400, 'Incorrect parent.'],
    [{ name: 'a', parent: 'FILE' }, 400, 'Parent must be a folder, not a file.'],
    ['name=a', 400, 'The body must be JSON.'],
    ['["a"]', 400, 'The body must be a JSON object.'],
  ])('%j is answered %i', async (body, status, sentence) => {
    const storage = await openStorage(bench);
    await storage.folder('Plans');
    const file = await storage.file('file.txt', 'x');
    const made = await send(storage, 'POST', '/v1/folder', JSON.stringify(body).replace('FILE', file.id));
    const plain = typeof body === 'string' ? await send(storage, 'POST', '/v1/folder', body) : made;
    expect([plain.status, plain.text]).toEqual([status, sentence]);
  });

  it('refuses a JSON body of more than 64 KiB', async () => {
    const storage = await openStorage(bench);
    const made = await send(storage, 'POST', '/v1/folder', { name: 'a', filler: 'x'.repeat(70_000) });
    expect(made.status).toBe(413);
  });
});

describe('PUT file and PUT folder', () => {
  it.each(['file', 'folder'])('rename either kind under %s', async (spelling) => {
    const storage = await openStorage(bench);
    const file = await storage.file('a.txt', 'a');
    const folder = await storage.folder('A');
    for (const { id } of [file, folder]) {
      const moved = await send(storage, 'PUT', `/v1/${spelling}/${id}`, { name: `new ${id}`, id: 'ignored' });
      expect(moved.status).toBe(200);
      expect(JSON.parse(moved.text)).toMatchObject({
        filename: `new ${id}`,
        status: 'RENAMED',
        version: 2,
        parent_id: null,
      });
    }
  });

  it('move without renaming, and rename without moving', async () => {
    const storage = await openStorage(bench);
    const plans = await storage.folder('Plans');
    const { id } = await storage.file('a.txt', 'a');
    const moved = await send(storage, 'PUT', `/v1/file/${id}`, { parent: plans.id });
    expect(JSON.parse(moved.text)).toMatchObject({ filename: 'a.txt', parent_id: Number(plans.id) });
    const renamed = await send(storage, 'PUT', `/v1/file/${id}`, { name: 'b.txt' });
    expect(JSON.parse(renamed.text)).toMatchObject({ filename: 'b.txt', parent_id: Number(plans.id) });
  });

  it.each([0, '0', 'null', 'root', '', null])('take parent %j for the root', async (parent) => {
    const storage = await openStorage(bench);
    const plans = await storage.folder('Plans');
    const { id } = await storage.file('a.txt', 'a', plans.id);
    const moved = await send(storage, 'PUT', `/v1/file/${id}`, { name: 'a.txt', parent });
    expect(JSON.parse(moved.text)).toMatchObject({ parent_id: null });
  });

  it('do not let the item clash with itself', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'a');
    expect((await send(storage, 'PUT', `/v1/file/${id}`, { name: 'a.txt', parent: '0' })).status).toBe(200);
  });

  it.each([
    [{}, 400, 'Give a name or a parent.'],
    [{ name: 'taken.txt' }, 400, NAME_TAKEN],
    [{ name: 'a/b' }, 400, 'Invalid file name.'],
    [{ parent: 987654 }, 404, 'Parent not found.'],
    [{ parent: 'FILE' }, 400, 'Incorrect parent.'],
    [{ parent: 'here' }, 400, 'Incorrect parent.'],
    [{ parent: 'SELF' }, 400, 'A folder cannot be moved into itself.'],
  ])('%j is answered %i', async (body, status, sentence) => {
    const storage = await openStorage(bench);
    const file = await storage.file('taken.txt', 'x');
    const { id } = await storage.folder('Plans');
    const text = JSON.stringify(body).replace('FILE', file.id).replace('SELF', id);
    const moved = await send(storage, 'PUT', `/v1/folder/${id}`, text);
    expect([moved.status, moved.text]).toEqual([status, sentence]);
  });
});

describe('DELETE', () => {
  it('of a folder takes everything below with it', async () => {
    const storage = await openStorage(bench);
    const plans = await storage.folder('Plans');
    const { id } = await storage.file('a.txt', 'a', plans.id);
    const answer = await storage.call('DELETE', `/v1/folder/${plans.id}`).expect(200);
    expect(JSON.parse(answer.text)).toMatchObject({ id: Number(plans.id), status: 'DELETED', version: 2 });
    await storage.call('GET', `/v1/file/${id}/data`).expect(404);
  });

  it('tells files and folders apart in its old words', async () => {
    const storage = await openStorage(bench);
    const folder = await storage.folder('Plans');
    const file = await storage.file('a.txt', 'a');
    await storage.call('DELETE', `/v1/file/${folder.id}`).expect(404);
    const answer = await storage.call('DELETE', `/v1/folder/${file.id}`).expect(400);
    expect(answer.text).toBe('Type missmatch (file and folder)');
    await storage.call('DELETE', '/v1/file/987654').expect(404);
  });
});

describe('an Idempotency-Key', () => {
  it('makes a repeated creation answer as the first', async () => {
    const storage = await openStorage(bench);
    const once = () => storage.call('POST', '/v1/file?name=a.txt').set('Idempotency-Key', 'k1').send('hello');
    const [first, second] = [await once().expect(201), await once().expect(201)];
    expect(second.text).toBe(first.text);
    await storage.call('POST', '/v1/file?name=a.txt').set('Idempotency-Key', 'k2').send('hello').expect(400);
  });

  it('stands for the same request also when its proof travels in the query', async () => {
    const storage = await openStorage(bench);
    const once = (name: string) => {
      const path = `/v1/file?name=${name}`;
      return storage
        .bare('POST', `${path}&${formatPairs(parseAuthorization(storage.sign('POST', path)))}`)
        .set('StackSync-API', 'v2')
        .set('Content-Type', 'application/octet-stream')
        .set('Idempotency-Key', 'k1')
        .send('hello');
    };
    const [first, second] = [await once('a.txt').expect(201), await once('a.txt').expect(201)];
    expect(second.text).toBe(first.text);
    await once('b.txt').expect(409);
  });

  it('of one request is refused for another, and is nobody else’s', async () => {
    const storage = await openStorage(bench);
    const make = (name: string, signature = storage.ana) =>
      storage.call('POST', `/v1/folder`, signature).set('Idempotency-Key', 'k1').send(JSON.stringify({ name }));
    await make('Plans').expect(201);
    await make('Other').expect(409);
    await make('Plans', storage.cleo).expect(201);
  });

  it('stands for its content: other bytes of the same length are 422 and keep nothing (F-69)', async () => {
    const storage = await openStorage(bench);
    const make = (body: string) => storage.call('POST', '/v1/file?name=a.txt').set('Idempotency-Key', 'k1').send(body);
    const first = await make('hello').expect(201);
    await make('hallo').expect(422, 'This Idempotency-Key was used with another content.');
    expect((await make('hello').expect(201)).text).toBe(first.text);
    const { id } = JSON.parse(first.text) as { id: number };
    const put = (body: string) =>
      storage
        .call('PUT', `/v1/file/${String(id)}/data`)
        .set('Idempotency-Key', 'k2')
        .send(body);
    await put('hullo').expect(200);
    await put('hillo').expect(422);
    const { text } = await storage
      .call('GET', `/v1/file/${String(id)}/data`)
      .buffer()
      .expect(200);
    expect(text).toBe('hullo');
  });

  it('that is malformed is refused', async () => {
    const storage = await openStorage(bench);
    await storage.call('POST', '/v1/file?name=a').set('Idempotency-Key', 'x'.repeat(256)).send('a').expect(400);
  });
});
