import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { MINUTE, SECOND } from '../../src/kernel/index.js';
import {
  createSigner,
  formatPairs,
  parseAuthorization,
  type Credentials,
  type SecretMethod,
} from '../../src/oauth1/index.js';
import { systemRandom } from '../../src/platform/index.js';
import { openTown, PASSWORD, type Citizen, type Station, type Town } from '../support/open-pair.js';
import { createPerson, type Person } from '../support/person.js';
import { rsaHeader } from '../support/rsa-app.js';
import { ANA } from '../support/seeds.js';
import { until } from '../support/until.js';
import { AskingApp, type Held } from './support/asking-app.js';
import { StorageClient } from './support/storage-client.js';
import { send } from './support/wire.js';

const CALLBACK = 'http://desktop.example/back';
const ROOT = '/v1/folder/0/contents';
const API = { 'stacksync-api': 'v2' };

/** A whole cloud, apps that ask for access to it, and a person with a browser. */
describe('an app and a person', () => {
  let town: Town;
  let alder: Station;
  let ana: Citizen;
  let person: Person;
  let desktop: AskingApp;

  beforeAll(async () => {
    town = await openTown();
    alder = await town.found('Alder');
    ana = await town.settleIn(ANA, alder);
    person = createPerson({ ...ana, password: PASSWORD });
    await person.signIn(alder.url);
    desktop = await register('Desktop');
  });
  afterAll(() => town.close());

  async function register(name: string): Promise<AskingApp> {
    const client = await alder.services.apps.clients.add(name, { callback: CALLBACK });
    return new AskingApp(alder.url, client, alder.clock);
  }

  /** The person says yes on the page, and the app fetches its access. */
  async function connect(app: AskingApp): Promise<Credentials> {
    const held = await app.ask(CALLBACK);
    return app.accessOf(held, await allow(app, held));
  }

  async function allow(app: AskingApp, held: Held): Promise<string> {
    await person.visit(app.page(held));
    const stay = { button: 'allow', follow: (target: URL) => target.origin !== new URL(CALLBACK).origin };
    const { headers } = await person.submit('/oauth/authorize', {}, stay);
    const back = new URL(String(headers.location));
    expect(back.searchParams.get('oauth_token')).toBe(held.token);
    return back.searchParams.get('oauth_verifier') ?? '';
  }

  const storage = (keys: Credentials): StorageClient => new StorageClient(alder.url, keys, alder.clock);
  const statusOf = async (keys: Credentials): Promise<number> => (await storage(keys).call('folder/0/contents')).status;

  it('the access that a person gave opens their files', async () => {
    const client = storage(await connect(desktop));
    await client.makeFile('notes.txt', 'hello');
    expect([...(await client.children()).keys()]).toEqual(['notes.txt']);
  });

  it('OAU-14 before the exchange it opens nothing, and with another app’s key neither', async () => {
    const held = await desktop.ask(CALLBACK);
    const verifier = await allow(desktop, held);
    const keys = await alder.services.apps.clients.byName('Desktop');
    if (keys === undefined) throw new Error('Desktop is not registered');
    expect(await statusOf({ ...pairOf(keys), ...held })).toBe(401);
    const access = await desktop.accessOf(held, verifier);
    const other = await alder.services.apps.clients.add('Other');
    expect(await statusOf({ ...access, ...pairOf(other) })).toBe(401);
    expect(await statusOf(access)).toBe(200);
  });

  it.each(
    (['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const).flatMap((method) =>
      (['header', 'query', 'body'] as const).map((transport) => ({ method, transport })),
    ),
  )('proves itself at the storage API by $method in the $transport', async ({ method, transport }) => {
    const access = await connect(desktop);
    const name = `${method}-${transport}.txt`;
    const path = `/v1/file?name=${name}`;
    const headers = { ...API, 'content-type': 'application/octet-stream' };
    const pairs = formatPairs(parseAuthorization(proof('POST', path, access, method)));
    const answer =
      transport === 'header'
        ? await post(path, { ...headers, authorization: proof('POST', path, access, method) }, 'hello')
        : transport === 'query'
          ? await post(`${path}&${pairs}`, headers, 'hello')
          : await post(path, { ...API, 'content-type': 'application/x-www-form-urlencoded' }, pairs);
    expect(answer.status).toBe(201);
    const client = storage(access);
    const made = (await client.children()).get(name);
    // The proof in the body must not be taken for content; with PLAINTEXT it would be the secrets themselves.
    expect((await client.read(made?.id ?? '')).toString()).toBe(transport === 'body' ? '' : 'hello');
  });

  function proof(verb: string, path: string, keys: Credentials, method: SecretMethod): string {
    const signer = createSigner({ clock: alder.clock, random: systemRandom, insecure: true });
    return signer.header({ method: verb, url: new URL(path, alder.url) }, keys, { method });
  }

  const post = (path: string, headers: Readonly<Record<string, string>>, body: string) =>
    send(`${alder.url}${path}`, { method: 'POST', headers, body });

  it('with a key of its own it may sign with RSA, at the token calls and at the storage API', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
    const signer = await alder.services.apps.clients.add('Signer', { callback: CALLBACK, publicKey: pem });
    const access = await connect(new AskingApp(alder.url, signer, alder.clock));
    const ask = async (consumerKey: string, token: string | undefined, method: 'RSA-SHA1' | 'RSA-SHA256') => {
      const timestamp = alder.clock.now() / SECOND;
      const url = new URL(ROOT, alder.url);
      const keys = { consumerKey, privateKey, ...(token === undefined ? {} : { token }) };
      const authorization = rsaHeader({ method: 'GET', url }, keys, { method, timestamp });
      return (await send(url.href, { headers: { ...API, authorization } })).status;
    };
    expect(await ask(signer.consumerKey, access.token, 'RSA-SHA256')).toBe(200);
    expect(await ask(signer.consumerKey, access.token, 'RSA-SHA1')).toBe(200);
    const keyless = await connect(desktop);
    expect(await ask(keyless.consumerKey, keyless.token, 'RSA-SHA1')).toBe(401);
    expect(await ask(signer.consumerKey, keyless.token, 'RSA-SHA1')).toBe(401);
  });

  it('the person sees it among the connected apps and withdraws it; at once it is out', async () => {
    const calendar = await register('Calendar');
    const access = await connect(calendar);
    expect(await statusOf(access)).toBe(200);
    await alder.services.apps.tokens.settled();
    const { text } = await person.visit(`${alder.url}/account`);
    expect(text).toContain('Calendar 2 Nov 2026, 09:00 UTC 2 Nov 2026, 09:00 UTC');
    const page = await person.submit((form) => form.text.includes('Disconnect Calendar'));
    expect(page.text).toContain('The app can no longer reach your files.');
    expect(await statusOf(access)).toBe(401);
  });

  it('AUT-03 an upload that runs when the app is withdrawn comes to nothing', async () => {
    const access = await connect(await register('Camera'));
    const path = '/v1/file?name=late.txt';
    const { hostname, port } = new URL(alder.url);
    const headers = {
      ...API,
      'content-type': 'application/octet-stream',
      'content-length': '10',
      authorization: proof('POST', path, access, 'HMAC-SHA1'),
    };
    const upload = request({ hostname, port, method: 'POST', path, headers });
    const answer = once(upload, 'response');
    upload.write('hello');
    const { tokens } = alder.services.apps;
    const used = await until('the proof is believed', async () =>
      (await tokens.list(ana.accountId)).find((each) => each.clientName === 'Camera' && each.lastUsedAt !== undefined),
    );
    await tokens.remove(used.id, ana.accountId);
    upload.end('world');
    const [{ statusCode }] = (await answer) as [IncomingMessage];
    expect(statusCode).toBe(401);
    expect((await storage(await connect(desktop)).children()).has('late.txt')).toBe(false);
  });

  it('it is out as long as the person is disabled, and for good once it is removed', async () => {
    const gone = await register('Gone');
    const access = await connect(gone);
    await alder.services.people.accounts.disable(ana.email);
    expect(await statusOf(access)).toBe(401);
    await alder.services.people.accounts.enable(ana.email);
    expect(await statusOf(access)).toBe(200);
    await alder.services.apps.clients.remove('Gone');
    expect(await statusOf(access)).toBe(401);
    await person.signIn(alder.url);
  });

  it('a question that nobody answers is swept', async () => {
    await desktop.ask();
    town.advance(10 * MINUTE);
    await alder.cloud.start();
    const rows = () => alder.services.base.database.read('temporary_credentials').select<object[]>('token');
    await until('the sweep', async () => (await rows()).length === 0);
  });
});

describe('an app at a cloud that is no trial', () => {
  const SETTINGS = { FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'false' };

  /** The status of a first step with a bare secret, which claims to have come by https. */
  async function askPlainly(settings: Readonly<Record<string, string>>): Promise<number> {
    const town = await openTown(() => Promise.resolve(settings));
    onTestFinished(() => town.close());
    const { url, clock, services } = await town.found('Alder');
    const client = await services.apps.clients.add('Script');
    const signer = createSigner({ clock, random: systemRandom, insecure: true });
    const target = new URL('/oauth/request_token', url);
    const authorization = signer.header({ method: 'POST', url: target }, client, {
      method: 'PLAINTEXT',
      protocol: [['oauth_callback', 'oob']],
    });
    const headers = { authorization, 'x-forwarded-proto': 'https' };
    return (await send(target.href, { method: 'POST', headers })).status;
  }

  it('OAU-02 sends its secret over http in vain, whatever a header claims', async () => {
    expect(await askPlainly(SETTINGS)).toBe(400);
  });

  it('OAU-02 is believed when the proxy that says so is a trusted one', async () => {
    expect(await askPlainly({ ...SETTINGS, FOOTBRIDGE_TRUSTED_PROXIES: '127.0.0.1, ::1' })).toBe(200);
  });
});

function pairOf({ consumerKey, consumerSecret }: Credentials) {
  return { consumerKey, consumerSecret };
}
