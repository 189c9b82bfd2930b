import { describe, expect, it } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();
const ORIGIN = 'https://app.example';

/** What a browser asks before a page may send such a request. */
function preflight(storage: Storage, path: string, method: string) {
  return storage
    .bare('OPTIONS', path)
    .set('Origin', ORIGIN)
    .set('Access-Control-Request-Method', method)
    .set('Access-Control-Request-Headers', 'authorization,stacksync-api');
}

describe('a page of another origin', () => {
  it.each([
    ['GET', '/v1/folder/0/contents'],
    ['PUT', '/v1/file/987654/data'],
    ['DELETE', '/v1/file/987654'],
    ['GET', '/v1/no/such/call'],
  ])('is told without proof that it may send %s %s, whatever is there', async (method, path) => {
    const storage = await openStorage(bench);
    const { headers, text } = await preflight(storage, path, method).expect(200);
    expect(text).toBe('');
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-allow-credentials']).toBeUndefined();
    expect(headers['access-control-allow-methods']).toContain(method);
    const allowed = String(headers['access-control-allow-headers']).toLowerCase().split(', ');
    expect(allowed).toEqual(expect.arrayContaining(['authorization', 'stacksync-api', 'if-match', 'idempotency-key']));
  });

  it('may read answers and refusals, with the headers that matter', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'hello');
    const signed = await storage.call('GET', `/v1/file/${id}/data`).set('Origin', ORIGIN).expect(200);
    const refused = await storage.bare('GET', `/v1/file/${id}/data`).set('Origin', ORIGIN).expect(401);
    for (const { headers } of [signed, refused]) {
      expect(headers['access-control-allow-origin']).toBe('*');
      expect(headers['access-control-expose-headers']).toContain('ETag');
      expect(headers['access-control-allow-credentials']).toBeUndefined();
    }
  });

  it('proves who asks like everybody else: its cookies open nothing', async () => {
    const storage = await openStorage(bench);
    const { text } = await storage
      .bare('GET', '/v1/folder/0/contents')
      .set('Origin', ORIGIN)
      .set('Cookie', 'footbridge=session')
      .expect(401);
    expect(text).toBe('Could not authorize request');
  });
});

describe('everybody else', () => {
  it('is told nothing of origins', async () => {
    const storage = await openStorage(bench);
    const { headers } = await storage.call('GET', '/v1/folder/0/contents').expect(200);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control-'))).toEqual([]);
  });

  it('is answered 405 to an OPTIONS that is no preflight', async () => {
    const storage = await openStorage(bench);
    await storage.call('OPTIONS', '/v1/folder/0/contents').expect(405);
    await storage.bare('OPTIONS', '/v1/folder/0/contents').set('Origin', ORIGIN).expect(405);
  });
});
