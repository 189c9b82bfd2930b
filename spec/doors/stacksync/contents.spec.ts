import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage } from './support.js';

const bench = sqliteBench();
const LETTERS = 'abcdefghij';

describe('GET file/:id/data', () => {
  it('sends the bytes with what resuming and caching need', async () => {
    const storage = await openStorage(bench);
    const { id, etag } = await storage.file('letters.txt', LETTERS);
    const { text, headers } = await storage.call('GET', `/v1/file/${id}/data`).expect(200);
    expect(text).toBe(LETTERS);
    expect(headers).toMatchObject({
      'content-length': '10',
      'content-type': 'text/plain; charset=utf-8',
      etag,
      'last-modified': 'Mon, 02 Nov 2026 09:00:00 GMT',
      'accept-ranges': 'bytes',
    });
  });

  it('of a folder or an unknown file is 404', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    await storage.call('GET', `/v1/file/${id}/data`).expect(404);
    await storage.call('GET', '/v1/file/987654/data').expect(404);
  });

  it.each([
    ['bytes=2-4', 206, 'cde', 'bytes 2-4/10'],
    ['bytes=8-', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=8-99', 206, 'ij', 'bytes 8-9/10'],
    ['bytes=-3', 206, 'hij', 'bytes 7-9/10'],
    ['bytes=-99', 206, LETTERS, 'bytes 0-9/10'],
    ['bytes=4-2', 200, LETTERS, undefined],
    ['bytes=0-1,4-5', 200, LETTERS, undefined],
    ['pages=1-2', 200, LETTERS, undefined],
    ['bytes=x-y', 200, LETTERS, undefined],
  ])('answers Range: %s with %i', async (range, status, wanted, contentRange) => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('letters.txt', LETTERS);
    const { text, headers } = await storage.call('GET', `/v1/file/${id}/data`).set('Range', range).expect(status);
    expect(text).toBe(wanted);
    expect(headers['content-range']).toBe(contentRange);
    expect(headers['content-length']).toBe(String(wanted.length));
  });

  it('answers a range outside the content with 416 and its length', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('letters.txt', LETTERS);
    const { headers } = await storage.call('GET', `/v1/file/${id}/data`).set('Range', 'bytes=10-').expect(416);
    expect(headers['content-range']).toBe('bytes */10');
  });

  it('joins a range only to the same content', async () => {
    const storage = await openStorage(bench);
    const { id, etag } = await storage.file('letters.txt', LETTERS);
    const ask = (ifRange: string) =>
      storage.call('GET', `/v1/file/${id}/data`).set('Range', 'bytes=2-4').set('If-Range', ifRange);
    await ask(etag).expect(206);
    await ask('"other"').expect(200);
    await ask(`W/${etag}`).expect(200);
    await ask('Mon, 02 Nov 2026 09:00:00 GMT').expect(206);
    await ask('Mon, 02 Nov 2026 08:00:00 GMT').expect(200);
    await ask('nonsense').expect(200);
  });

  it('answers 304 to a copy that is still good, and only here', async () => {
    const storage = await openStorage(bench);
    const { id, etag } = await storage.file('letters.txt', LETTERS);
    const ask = (name: string, value: string) => storage.call('GET', `/v1/file/${id}/data`).set(name, value);
    expect((await ask('If-None-Match', etag).expect(304)).headers['etag']).toBe(etag);
    await ask('If-None-Match', `W/${etag}, "other"`).expect(304);
    await ask('If-None-Match', '"other"').expect(200);
    await ask('If-Modified-Since', 'Mon, 02 Nov 2026 09:00:00 GMT').expect(304);
    await ask('If-Modified-Since', 'Monday, 02-Nov-26 09:00:00 GMT').expect(304);
    await ask('If-Modified-Since', 'Mon Nov  2 09:00:00 2026').expect(304);
    await ask('If-Modified-Since', 'Mon, 02 Nov 2026 08:59:59 GMT').expect(200);
    await ask('If-Modified-Since', 'yesterday').expect(200);
  });

  it('answers 412 to a condition that fails and 400 to one that cannot be read', async () => {
    const storage = await openStorage(bench);
    const { id, etag } = await storage.file('letters.txt', LETTERS);
    const ask = (value: string) => storage.call('GET', `/v1/file/${id}/data`).set('If-Match', value);
    await ask(etag).expect(200);
    await ask('*').expect(200);
    await ask('"other"').expect(412);
    await ask(`W/${etag}`).expect(412);
    await ask('unquoted').expect(400);
  });

  it.each([
    ['<html><script>alert(1)</script></html>', 'application/octet-stream'],
    ['<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>', 'application/octet-stream'],
  ])('CNT-01 CNT-02 never lets stored content run: %s', async (content, type) => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('page', content);
    await storage.database.write((trx) => trx('items').where({ id }).update({ mimetype: 'text/html' }));
    const { headers } = await storage.call('GET', `/v1/file/${id}/data`).expect(200);
    expect(headers).toMatchObject({
      'content-type': type,
      'content-disposition': 'attachment',
      'content-security-policy': "sandbox; default-src 'none'",
      'x-content-type-options': 'nosniff',
    });
  });

  it('PXY-07 sends a stored type that is no header value as a lump of bytes', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('日本語.txt', 'x');
    await storage.database.write((trx) =>
      trx('items').where({ id }).update({ mimetype: 'text/plain\r\nX-Evil: 日本' }),
    );
    const { headers } = await storage.call('GET', `/v1/file/${id}/data`).expect(200);
    expect(headers['content-type']).toBe('application/octet-stream');
    expect(headers).not.toHaveProperty('x-evil');
    expect(storage.defects).toEqual([]);
  });
});

describe('PUT file/:id/data', () => {
  it('replaces the content and answers the metadata', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    const answer = await storage
      .call('PUT', `/v1/file/${id}/data`)
      .set('Content-Type', 'application/json')
      .send('{new')
      .expect(200);
    expect(JSON.parse(answer.text)).toMatchObject({ status: 'CHANGED', version: 2, size: 4 });
    expect((await storage.call('GET', `/v1/file/${id}/data`)).text).toBe('{new');
  });

  it('of a folder is 404', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    await storage.call('PUT', `/v1/file/${id}/data`).send('x').expect(404);
  });

  it('takes an empty content', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    const answer = await storage.call('PUT', `/v1/file/${id}/data`).expect(200);
    expect(JSON.parse(answer.text)).toMatchObject({ size: 0, version: 2 });
  });

  it('UPL-02 refuses wrong checksums, failed and malformed conditions, and parts of files', async () => {
    const storage = await openStorage(bench);
    const { id, etag } = await storage.file('a.txt', 'old');
    const put = (name: string, value: string) =>
      storage.call('PUT', `/v1/file/${id}/data`).set(name, value).send('new');
    const digest = (content: string) => `sha-256=:${createHash('sha256').update(content).digest('base64')}:`;
    await put('Content-Digest', digest('other')).expect(400);
    await put('Content-Digest', 'sha-256=:short:').expect(400);
    await put('If-Match', '"other"').expect(412);
    await put('If-None-Match', '*').expect(412);
    await put('If-Match', 'unquoted').expect(400);
    await put('Content-Range', 'bytes 0-2/10').expect(400);
    expect((await storage.call('GET', `/v1/file/${id}/data`)).text).toBe('old');
    await put('If-Match', etag)
      .set('Content-Digest', `sha-512=:AAAA:, ${digest('new')}`)
      .expect(200);
  });

  it('does not unpack', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    await storage.call('PUT', `/v1/file/${id}/data`).set('Content-Encoding', 'gzip').send('x').expect(415);
  });
});

describe('versions', () => {
  it('are listed newest first, the current one included, and each can be read under both spellings', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'one');
    await storage.call('PUT', `/v1/file/${id}/data`).send('two').expect(200);
    const { text } = await storage.call('GET', `/v1/file/${id}/versions`).expect(200);
    const history = JSON.parse(text) as {
      version: number;
      contents: unknown[];
      versions: { version: number; size: number }[];
    };
    expect(history).toMatchObject({ version: 2, contents: [] });
    expect(history.versions.map(({ version }) => version)).toEqual([2, 1]);
    for (const spelling of ['version', 'versions']) {
      const metadata = await storage.call('GET', `/v1/file/${id}/${spelling}/1`).expect(200);
      expect(JSON.parse(metadata.text)).toMatchObject({ version: 1, status: 'NEW', size: 3, contents: [] });
      const data = await storage.call('GET', `/v1/file/${id}/${spelling}/1/data`).expect(200);
      expect(data.text).toBe('one');
    }
  });

  it('that do not exist are 404, numbers that are none 400', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'one');
    for (const [version, status] of [
      ['9', 404],
      ['0', 404],
      ['99999999999999999999', 404],
      ['1e0', 400],
      ['01', 400],
      ['-1', 400],
    ]) {
      const answer = await storage.call('GET', `/v1/file/${id}/version/${String(version)}`);
      expect([version, answer.status]).toEqual([version, status]);
    }
  });

  it('of a folder are refused, of an unknown file 404', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    await storage.call('GET', `/v1/file/${id}/versions`).expect(400);
    await storage.call('GET', '/v1/file/987654/versions').expect(404);
  });
});
