import { createPublicKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseServer, type OcmServer } from '../../../src/federation/index.js';
import { send } from '../../journeys/support/wire.js';
import { openTown, type Station, type Town } from '../../support/open-pair.js';

interface Document {
  readonly apiVersion: string;
  readonly version: string;
  readonly endPoint: string;
  readonly capabilities: readonly string[];
  readonly criteria?: readonly string[];
  readonly jwksUri: string;
  readonly publicKey: { readonly keyId: string; readonly id: string; readonly publicKeyPem: string };
  readonly resourceTypes: readonly { readonly name: string; readonly protocols: Record<string, unknown> }[];
}

const PATHS = ['/.well-known/ocm', '/ocm-provider', '/ocm-provider/'];

describe('what a cloud says of itself to servers of Open Cloud Mesh', () => {
  let town: Town;
  let alder: Station;
  beforeAll(async () => {
    town = await openTown();
    alder = await town.found('Alder');
  });
  afterAll(() => town.close());

  const document = async (path: string, userAgent = 'Nextcloud/32'): Promise<Document> =>
    (await send(alder.url + path, { headers: { 'user-agent': userAgent } })).json<Document>();

  it.each(PATHS)('stands at %s, without a redirect, a cookie or a sign-in', async (path) => {
    const { status, headers } = await send(alder.url + path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    expect(headers['set-cookie']).toBeUndefined();
    const { endPoint, capabilities, criteria, resourceTypes } = await document(path);
    expect(endPoint).toBe(`${alder.url}/ocm`);
    expect(capabilities).toContain('http-sig');
    expect(criteria).toBeUndefined();
    expect(resourceTypes.map(({ name }) => name)).toEqual(['file', 'folder']);
  });

  it('can be read by the reader of this program', async () => {
    const server = parseServer(alder.url) as OcmServer;
    const record = await alder.services.ocm.servers.recordOf(server);
    expect(record).toMatchObject({ provider: 'Alder', endPoint: `${alder.url}/ocm`, form: 'list' });
  });

  it('has objects among its protocols for nobody who fails at them', async () => {
    const kinds = async (path: string, userAgent: string): Promise<string[]> =>
      Object.keys((await document(path, userAgent)).resourceTypes[0]?.protocols ?? {});
    expect(await kinds('/.well-known/ocm', 'Nextcloud/32')).toEqual(['webdav', 'webdav-receive']);
    expect(await kinds('/.well-known/ocm', 'Go-http-client/2.0')).toEqual(['webdav']);
    expect(await kinds('/ocm-provider', 'Nextcloud/32')).toEqual(['webdav']);
    expect(await kinds('/ocm-provider/', 'Nextcloud/32')).toEqual(['webdav']);
  });

  it('has a version that Nextcloud 28 and 29 take', async () => {
    const { apiVersion, version } = await document('/ocm-provider/', 'Nextcloud Server Crawler');
    expect([apiVersion, version]).toEqual(['1.1.0', '1.4.0']);
    expect((await document('/ocm-provider/')).apiVersion).toBe('1.4.0');
  });

  it('publishes both keys, the same on every path', async () => {
    const { host } = new URL(alder.url);
    const [first, ...others] = await Promise.all(PATHS.map((path) => document(path)));
    expect(first?.publicKey.keyId).toBe(`https://${host}/ocm#signature`);
    expect(first?.publicKey.id).toBe(first?.publicKey.keyId);
    expect(createPublicKey(first?.publicKey.publicKeyPem ?? '').asymmetricKeyType).toBe('rsa');
    for (const other of others) expect(other.publicKey).toEqual(first?.publicKey);

    const sets = await Promise.all(
      [`${alder.url}/.well-known/jwks.json`, first?.jwksUri ?? ''].map(async (url) => (await send(url)).json()),
    );
    expect(sets[0]).toMatchObject({ keys: [{ kid: `${host}#key1`, kty: 'OKP', alg: 'Ed25519', use: 'sig' }] });
    expect(JSON.stringify(sets[0])).not.toContain('"d"');
    expect(sets[1]).toEqual(sets[0]);
  });

  it('tells that it lives, and where things are, as Nextcloud and ownCloud ask it', async () => {
    expect((await send(`${alder.url}/status.php`)).json()).toEqual({
      installed: true,
      maintenance: false,
      version: '30.0.0.0',
      versionstring: '30.0.0',
      productname: 'Alder',
    });
    for (const path of ['/ocs-provider/', '//ocs-provider/', '/ocs-provider']) {
      const { status, text } = await send(alder.url + path);
      expect([path, status, text]).toEqual([path, 200, expect.stringContaining('"webdav":"/public.php/webdav/"')]);
    }
  });

  it.each(['/ocs/v1.php/cloud/shares', '/ocs/v2.php/cloud/shares', '/ocs/v2.php/cloud/shares/7/accept'])(
    'refuses shares by the protocol before at %s, in its manner',
    async (path) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' };
      const xml = await send(alder.url + path, { method: 'POST', headers, body: 'shareWith=ana' });
      expect([xml.status, xml.text]).toEqual([404, expect.stringContaining('<statuscode>404</statuscode>')]);
      const json = await send(`${alder.url}${path}?format=json`, { method: 'POST' });
      expect([json.status, json.json()]).toEqual([
        404,
        { ocs: { meta: { status: 'failure', statuscode: 404, message: 'Not found' }, data: [] } },
      ]);
    },
  );

  it('says in JSON where nothing is, and has its pages among them', async () => {
    const nowhere = await send(`${alder.url}/ocm/elsewhere`, { headers: { accept: 'text/html' } });
    expect([nowhere.status, nowhere.json()]).toEqual([
      404,
      { message: 'There is nothing at this address.', validationErrors: [] },
    ]);
    expect((await send(`${alder.url}/ocm/wayf?token=x`)).headers['content-type']).toMatch(/^text\/html/);
  });

  it('refuses in JSON what is no call, and says which calls there are', async () => {
    const wrong = await send(`${alder.url}/.well-known/ocm`, { method: 'DELETE', headers: { accept: 'text/html' } });
    expect(wrong.status).toBe(405);
    expect(wrong.headers.allow).toBe('GET, HEAD');
    expect(wrong.json()).toEqual({ message: 'Use GET here.', validationErrors: [] });
    expect((await send(`${alder.url}/ocm/request-share`)).status).toBe(405);
    const request = await send(`${alder.url}/ocm/request-share`, { method: 'POST', body: '{}' });
    expect([request.status, request.json()]).toEqual([
      501,
      { message: 'Nobody is asked for shares here.', validationErrors: [] },
    ]);
  });
});

describe('a cloud that demands signatures', () => {
  it('says so', async () => {
    const town = await openTown(() => Promise.resolve({ FOOTBRIDGE_OCM_SIGNATURES: 'required' }));
    const { url } = await town.found('Alder');
    const { criteria } = (await send(`${url}/.well-known/ocm`)).json<Document>();
    expect(criteria).toEqual(['must-use-http-sig']);
    await town.close();
  });
});
