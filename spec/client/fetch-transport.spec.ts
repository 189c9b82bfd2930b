import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { createStorageClient, StorageError, type StorageClient } from '../../src/client/index.js';
import { refusalOf, scripted } from './support.js';

const credentials = { consumerKey: 'app', consumerSecret: 'secret', token: 'token', tokenSecret: 'secret' };

/** A client of a cloud that answers every call in one way, and what it was asked. */
async function against(status: number, body: string, headers: Record<string, string> = {}) {
  const asked: IncomingMessage[] = [];
  const origin = await scripted((request, response) => {
    asked.push(request);
    request.resume().on('end', () => response.writeHead(status, headers).end(body));
  });
  return { asked, origin, client: createStorageClient({ base: `${origin}/v1/`, credentials }) };
}

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a request', () => {
  it('carries proof, the version of the API, and no cookie', async () => {
    const { asked, client } = await against(200, '{}', { ...JSON_TYPE, 'set-cookie': 'a=b' });
    await client.list();
    await client.list();
    for (const { url, headers } of asked) {
      expect(url).toBe('/v1/folder/0/contents');
      expect(headers['stacksync-api']).toBe('v2');
      expect(headers.authorization).toMatch(/^OAuth oauth_consumer_key="app", oauth_token="token"/);
      expect(headers.cookie).toBeUndefined();
    }
    expect(asked).toHaveLength(2);
  });

  it('is signed afresh each time', async () => {
    const { asked, client } = await against(200, '{}', JSON_TYPE);
    await Promise.all([client.list(), client.list()]);
    const [first, second] = asked.map(({ headers }) => headers.authorization);
    expect(first).not.toBe(second);
  });

  it('goes to the one address that it was signed for: redirects are not followed', async () => {
    const elsewhere = await against(200, '{}', JSON_TYPE);
    const { client } = await against(307, '', { location: elsewhere.origin });
    await expect(client.list()).rejects.toThrow(TypeError);
    expect(elsewhere.asked).toEqual([]);
  });

  it('is signed afresh once when something on the way has repeated it (F-87)', async () => {
    const proofs: unknown[] = [];
    const replay = { 'www-authenticate': 'OAuth oauth_problem=nonce_used' };
    const origin = await scripted((request, response) => {
      proofs.push(request.headers.authorization);
      const isFirst = proofs.length % 2 === 1;
      request.resume().on('end', () => response.writeHead(isFirst ? 401 : 200, isFirst ? replay : JSON_TYPE).end('{}'));
    });
    const client = createStorageClient({ base: `${origin}/v1/`, credentials });
    await client.list();
    await client.remove('file', 1, { idempotencyKey: 'once' });
    expect(new Set(proofs).size).toBe(4);
    await expect(client.remove('file', 1)).rejects.toMatchObject({ status: 401 });
    expect(proofs).toHaveLength(5);
  });

  it('ends when it is given up', async () => {
    const origin = await scripted(() => undefined);
    const client = createStorageClient({ base: origin, credentials });
    const controller = new AbortController();
    const listing = client.list(0, { signal: controller.signal });
    controller.abort();
    await expect(listing).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('is sent by the fetch that was handed in', async () => {
    const urls: string[] = [];
    const client = createStorageClient({
      base: 'https://cloud.example/api/cloudspaces',
      credentials,
      fetch: async (url) => {
        urls.push(url.href);
        return Response.json({ contents: [] });
      },
    });
    await client.list(7);
    expect(urls).toEqual(['https://cloud.example/api/cloudspaces/folder/7/contents']);
  });
});

describe('an answer', () => {
  it('to an upload may be empty: then the cloud is asked', async () => {
    const client = await oldServer();
    expect(await client.upload(7, 'hello')).toEqual({ id: 7 });
  });

  it('that is no JSON is refused', async () => {
    const { client } = await against(200, '<html>');
    expect((await refusalOf(client.list())).message).toBe('The cloud answered something that is not JSON.');
  });

  it('of a gateway on the way is no sentence of the cloud', async () => {
    const { client } = await against(502, '<h1>Bad gateway</h1>', { 'content-type': 'text/html' });
    expect(await refusalOf(client.list())).toEqual({ status: 502, message: 'The cloud answered 502.' });
    expect(await refusalOf(client.download(7))).toEqual({ status: 502, message: 'The cloud answered 502.' });
  });

  it('that asks for patience says for how long', async () => {
    const { client } = await against(429, 'Too many requests.', { 'content-type': 'text/plain', 'retry-after': '7' });
    const error: unknown = await client.list().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ status: 429, message: 'Too many requests.', retryAfter: 7 });
  });
});

/** A cloud that answers uploads with nothing (stacksync-api-v2.md 4). */
async function oldServer(): Promise<StorageClient> {
  const origin = await scripted((request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'PUT') response.writeHead(201).end();
      else response.writeHead(200, JSON_TYPE).end(request.url === '/v1/file/7' ? '{"id":7}' : '{}');
    });
  });
  return createStorageClient({ base: `${origin}/v1/`, credentials });
}
