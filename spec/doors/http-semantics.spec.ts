import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTown, type Station, type Town } from '../support/open-pair.js';
import { ANA } from '../support/seeds.js';
import { StorageClient } from '../journeys/support/storage-client.js';
import { send } from '../journeys/support/wire.js';

describe('what RFC 9110 says', () => {
  let town: Town;
  let alder: Station;
  let app: StorageClient;

  beforeAll(async () => {
    town = await openTown();
    alder = await town.found('Alder');
    const { accountId } = await town.settleIn(ANA, alder);
    await alder.services.apps.clients.add('script');
    app = new StorageClient(alder.url, await alder.services.apps.tokens.add(accountId, 'script'), alder.clock);
  });
  afterAll(() => town.close());

  it('HEAD with a range tells of the whole (F-41)', async () => {
    const { id } = await app.makeFile('a.txt', 'hello');
    const headers = { range: 'bytes=1-2' };
    const head = await app.call(`file/${String(id)}/data`, { method: 'HEAD', headers });
    expect([head.status, head.headers['content-length'], head.headers['content-range']]).toEqual([200, '5', undefined]);
    expect((await app.call(`file/${String(id)}/data`, { headers })).status).toBe(206);
  });

  it.each([
    ['/healthz', 'GET, HEAD'],
    ['/login', 'GET, HEAD, POST'],
    ['/interop/ping', 'GET, HEAD, POST'],
    ['/oauth/request_token', 'GET, POST'],
    ['/v1/folder/0/contents', 'GET, HEAD'],
  ])('405 at %s allows %s, and HEAD is as good as its word (F-41)', async (path, allowed) => {
    const headers = path.startsWith('/v1') ? app.headers('DELETE', path.slice(4)) : {};
    const { status, headers: told } = await send(`${alder.url}${path}`, { method: 'DELETE', headers });
    expect([status, told.allow]).toEqual([405, allowed]);
    const head = await send(`${alder.url}${path}`, { method: 'HEAD' });
    expect(head.status === 405).toBe(!allowed.includes('HEAD'));
  });

  const JSON_TYPE = 'application/json';
  const TEXT = 'text/plain';
  const HTML = 'text/html';

  it.each([
    [undefined, TEXT, TEXT, HTML],
    ['*/*', TEXT, TEXT, HTML],
    [JSON_TYPE, JSON_TYPE, JSON_TYPE, JSON_TYPE],
    [`${JSON_TYPE}, */*`, JSON_TYPE, JSON_TYPE, JSON_TYPE],
    [`${JSON_TYPE};q=0.2, ${TEXT};q=0.9`, TEXT, TEXT, TEXT],
    [`${JSON_TYPE};q=0, */*`, TEXT, TEXT, HTML],
    [`${TEXT};q=0.1, ${JSON_TYPE};q=0.8, ${HTML};q=0.3`, JSON_TYPE, JSON_TYPE, JSON_TYPE],
    [`${HTML}, ${JSON_TYPE};q=0.5`, JSON_TYPE, HTML, HTML],
    ['image/png', TEXT, TEXT, HTML],
  ])('refusals honour the weights of Accept: %s (F-41)', async (accept, storage, interop, page) => {
    const headers: Record<string, string> = accept === undefined ? {} : { accept };
    const type = async (path: string): Promise<string | undefined> =>
      (await send(`${alder.url}${path}`, { headers })).headers['content-type']?.toString().split(';')[0];
    expect([await type('/v1/folder/0'), await type('/interop/result/none'), await type('/nothing')]).toEqual([
      storage,
      interop,
      page,
    ]);
  });

  it('a replay says what it is at every door that knows nonces, all else says no more than OAuth (F-87)', async () => {
    const told = async (path: string, headers: Record<string, string> = {}): Promise<unknown> => {
      const answer = await send(`${alder.url}${path}`, { headers });
      return [answer.status, answer.headers['www-authenticate'], answer.text];
    };
    const signed = app.headers('GET', 'folder/0');
    await send(`${alder.url}/v1/folder/0`, { headers: signed });
    const refusal = 'Could not authorize request';
    expect(await told('/v1/folder/0', signed)).toEqual([401, 'OAuth oauth_problem=nonce_used', refusal]);
    expect(await told('/v1/folder/0')).toEqual([401, 'OAuth', refusal]);
    const forged = { ...signed, authorization: signed['authorization']?.replace(/signature="..../, 'signature="AAAA') };
    expect(await told('/v1/folder/0', forged as Record<string, string>)).toEqual([401, 'OAuth', refusal]);
    expect(await told('/interop/ping')).toEqual([401, 'OAuth', refusal]);
  });
});
