import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../../src/kernel/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage, type Signature, type Storage } from './support.js';

const bench = sqliteBench();
const ROOT = '/v1/folder/0/contents';
const DENIED = 'Could not authorize request';

async function root(storage: Storage, signature?: Signature) {
  const { status, text, headers } = await storage.call('GET', ROOT, signature);
  return { status, text, headers };
}

describe('the proof of a storage request', () => {
  it.each(['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const)('may be signed with %s', async (method) => {
    const storage = await openStorage(bench);
    expect((await root(storage, { ...storage.ana, method })).status).toBe(200);
  });

  it('OAU-02 is no bare secret on a clear-text connection', async () => {
    const storage = await openStorage(bench, { secure: false });
    expect((await root(storage, { ...storage.ana, method: 'PLAINTEXT' })).status).toBe(400);
    expect((await root(storage)).status).toBe(200);
  });

  it('OAU-03 is never a bare secret of a peer', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    const grant = storage.grant(id);
    const ask = (signature: Signature) => storage.call('GET', `/v1/folder/${id}`, signature);
    await ask({ ...grant, method: 'PLAINTEXT' }).expect(400);
    await ask({ ...grant, method: 'HMAC-SHA256' }).expect(200);
  });

  it('OAU-14 OAU-18 is refused in the same words whatever is wrong with it', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.folder('Plans');
    const grant = storage.grant(id);
    const wrong: Signature[] = [
      { ...storage.ana, consumerKey: 'nobody' },
      { ...storage.ana, consumerSecret: 'guess' },
      { ...storage.ana, token: 'nothing' },
      { ...storage.ana, tokenSecret: 'guess' },
      { ...storage.ana, consumerKey: 'desktop', consumerSecret: 'desktop secret' },
      { ...grant, consumerKey: 'cedar', consumerSecret: 'cedar secret' },
      { ...grant, consumerKey: 'app', consumerSecret: 'app secret/1' },
      { consumerKey: 'app', consumerSecret: 'app secret/1' },
    ];
    for (const signature of wrong) {
      const answer = await root(storage, signature);
      expect([answer.status, answer.text, answer.headers['www-authenticate']]).toEqual([401, DENIED, 'OAuth']);
    }
  });

  it('OAU-04 passes once', async () => {
    const storage = await openStorage(bench);
    const proof = storage.sign('GET', ROOT);
    const ask = () => storage.bare('GET', ROOT).set('StackSync-API', 'v2').set('Authorization', proof);
    const answers = await Promise.all(Array.from({ length: 16 }, async () => (await ask()).status));
    expect(answers.filter((status) => status === 200)).toHaveLength(1);
    expect(answers.filter((status) => status === 401)).toHaveLength(15);
  });

  it('OAU-07 is refused beyond ten minutes, with our time', async () => {
    const storage = await openStorage(bench);
    const ask = (timestampOffset: number) => root(storage, { ...storage.ana, timestampOffset });
    expect((await ask(599)).status).toBe(200);
    expect((await ask(-599)).status).toBe(200);
    expect((await ask(601)).headers).toHaveProperty('date');
    expect((await ask(-601)).status).toBe(401);
    storage.clock.advance(-2 * SECOND);
    expect((await ask(600)).status).toBe(200);
  });

  it('may stand in the query', async () => {
    const storage = await openStorage(bench);
    const parameters = [...storage.sign('GET', ROOT).matchAll(/\b(\w+)="([^"]*)"/g)].map(
      ([, name, value]) => `${String(name)}=${String(value)}`,
    );
    await storage
      .bare('GET', `${ROOT}?${parameters.join('&')}`)
      .set('StackSync-API', 'v2')
      .expect(200);
  });

  it('is no cookie and no password', async () => {
    const storage = await openStorage(bench);
    const ask = () => storage.bare('GET', ROOT).set('StackSync-API', 'v2');
    expect((await ask().expect(401)).text).toBe(DENIED);
    await ask().set('Cookie', 'session=abc').expect(401);
    await ask().set('Authorization', 'Basic YW5hOnNlY3JldA==').expect(401);
  });

  it('OAU-09 covers the path as it was sent', async () => {
    const storage = await openStorage(bench);
    const proof = storage.sign('GET', ROOT);
    await storage
      .bare('GET', '/v1/folder/%30/contents')
      .set('StackSync-API', 'v2')
      .set('Authorization', proof)
      .expect(401);
    await storage.call('GET', '/v1/folder/%30/contents').expect(200);
  });

  it('covers a form-typed body, and what it covered is the content', async () => {
    const storage = await openStorage(bench);
    const { createSigner } = await import('../../../src/oauth1/index.js');
    const { createSeededRandom } = await import('../../support/seeds.js');
    const signer = createSigner({ clock: storage.clock, random: createSeededRandom('form') });
    const url = new URL('/v1/file?name=form.txt', storage.origin);
    const proof = signer.header(
      {
        method: 'POST',
        url,
        form: [
          ['a', '1'],
          ['b', ''],
        ],
      },
      storage.ana,
    );
    const post = (authorization: string, body: string) =>
      storage
        .bare('POST', '/v1/file?name=form.txt')
        .set('StackSync-API', 'v2')
        .set('Authorization', authorization)
        .set('Content-Type', 'application/x-www-form-urlencoded')
        .send(body);
    await post(storage.sign('POST', '/v1/file?name=form.txt'), 'a=1&b').expect(401);
    // The signature is right; a form is no file all the same.
    await post(proof, 'a=1&b').expect(415);
    expect(await storage.database.read('items')).toEqual([]);
  });

  it('of an upload says how to send it instead of keeping an envelope (F-45)', async () => {
    const storage = await openStorage(bench);
    const { id } = await storage.file('a.txt', 'old');
    const envelope = '--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nhello\r\n--x--\r\n';
    for (const [method, path] of [
      ['POST', '/v1/file?name=b.txt'],
      ['PUT', `/v1/file/${id}/data`],
    ] as const) {
      for (const type of ['multipart/form-data; boundary=x', 'Multipart/Related; boundary=x', 'multipart/mixed']) {
        const { status, text } = await storage.call(method, path).set('Content-Type', type).send(envelope);
        expect([type, status]).toEqual([type, 415]);
        expect(text).toContain('application/octet-stream, not as a multipart form');
      }
    }
    const { text } = await storage.call('GET', `/v1/file/${id}/data`);
    expect(text).toBe('old');
    expect(await storage.database.read('items')).toHaveLength(1);
  });

  it('OAU-11 never makes us hold more than 64 KiB', async () => {
    const storage = await openStorage(bench);
    await storage
      .call('POST', '/v1/file?name=a')
      .set('Content-Type', 'application/x-www-form-urlencoded')
      .send('a'.repeat(70_000))
      .expect(415);
  });

  it('OAU-08 stands in one place only', async () => {
    const storage = await openStorage(bench);
    await storage.call('GET', `${ROOT}?oauth_token=tokenAna`).expect(400);
  });

  it('may carry the hash of the body, which is then checked', async () => {
    const storage = await openStorage(bench);
    const { createSigner } = await import('../../../src/oauth1/index.js');
    const { createSeededRandom } = await import('../../support/seeds.js');
    const signer = createSigner({ clock: storage.clock, random: createSeededRandom('hash') });
    const post = (path: string, body: string, bodyHash: string) => {
      const proof = signer.header({ method: 'POST', url: new URL(path, storage.origin) }, storage.ana, { bodyHash });
      return storage
        .bare('POST', path)
        .set('StackSync-API', 'v2')
        .set('Authorization', proof)
        .set('Content-Type', 'application/json')
        .send(body);
    };
    const hash = (text: string) => createHash('sha1').update(text).digest('base64');
    await post('/v1/file?name=a', 'hello', hash('hello')).expect(201);
    await post('/v1/file?name=b', 'hello', hash('other')).expect(401);
    await post('/v1/folder', '{"name":"c"}', hash('{"name":"c"}')).expect(201);
    await post('/v1/folder', '{"name":"d"}', hash('other')).expect(401);
    const { text } = await storage.call('GET', ROOT);
    expect((JSON.parse(text) as { contents: { filename: string }[] }).contents.map(({ filename }) => filename)).toEqual(
      ['a', 'c'],
    );
  });
});

describe('the header of the API', () => {
  it('is needed, with a hyphen or an underscore, in any letter case', async () => {
    const storage = await openStorage(bench);
    const ask = () => storage.bare('GET', ROOT).set('Authorization', storage.sign('GET', ROOT));
    await ask().expect(400);
    await ask().set('StackSync-API', 'v1').expect(400);
    await ask().set('STACKSYNC_API', 'V2').expect(200);
    await ask().set('Stacksync-api', 'v2').expect(200);
  });
});

describe('the host', () => {
  it('OAU-12 that is not ours is 421', async () => {
    const storage = await openStorage(bench);
    await storage.call('GET', ROOT).set('Host', 'other.example').expect(421);
    await storage.call('GET', ROOT).set('Host', 'other.example@127.0.0.1').expect(421);
  });

  it('OAU-12 is the public one behind a proxy, in any letter case', async () => {
    const storage = await openStorage(bench, { webOrigin: 'https://cloud-a.example' });
    await storage.call('GET', ROOT).expect(421);
    await storage.call('GET', ROOT).set('Host', 'Cloud-A.example:443').expect(200);
    await storage.call('GET', ROOT).set('Host', 'cloud-a.example.').expect(200);
    await storage.call('GET', ROOT).set('Host', 'cloud-a.example:8443').expect(421);
  });
});
