import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { SECOND } from '../../../src/kernel/index.js';
import type { Transmission } from '../../../src/oauth1/index.js';
import { sqliteBench } from '../../support/each-database.js';
import { rsaHeader } from '../../support/rsa-app.js';
import { CALLBACK, FORM_TYPE, openDance, ORIGIN, type Dance } from './support.js';

const bench = sqliteBench();
const OOB = { protocol: [['oauth_callback', 'oob']] } as const;
const ISSUED = /^oauth_token=[A-Za-z0-9]{32}&oauth_token_secret=[A-Za-z0-9]{43}&oauth_callback_confirmed=true$/;
const TRANSPORTS: readonly Transmission[] = ['header', 'query', 'body'];
const METHODS = ['HMAC-SHA256', 'HMAC-SHA1', 'PLAINTEXT'] as const;

/** What a refusal looks like to an app. */
const EMPTY_401 = { status: 401, text: '' };
const malformed = expect.stringMatching(/^error=invalid_request&error_description=[A-Za-z0-9._%-]+$/);

async function stored({ database }: { database: Dance['room']['database'] }): Promise<unknown[]> {
  return database.read('temporary_credentials');
}

describe('the call for temporary credentials', () => {
  it.each(
    TRANSPORTS.flatMap((transport) =>
      METHODS.flatMap((method) => (['GET', 'POST'] as const).map((verb) => ({ verb, method, transport }))),
    ),
  )('is answered as a form: $verb, $method in the $transport', async (how) => {
    const { call, script } = await openDance(bench);
    const { status, text, headers } = await call('request_token', script, { ...OOB, ...how });
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([200, FORM_TYPE, 'no-store']);
    expect(text).toMatch(ISSUED);
  });

  it.each(['RSA-SHA1', 'RSA-SHA256'] as const)(
    'may be signed with %s by an app with a key of its own',
    async (method) => {
      const { clients, bare, clock } = await openDance(bench);
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
      const pem = String(publicKey.export({ type: 'spki', format: 'pem' }));
      const { consumerKey } = await clients.add('Signer', { publicKey: pem });
      const url = new URL('/oauth/request_token', ORIGIN);
      const timestamp = clock.now() / SECOND;
      const sign = (key: string) =>
        rsaHeader({ method: 'GET', url }, { consumerKey: key, privateKey }, { method, timestamp, ...OOB });
      const call = (key: string) => bare('GET', '/oauth/request_token').set('Authorization', sign(key));
      expect((await call(consumerKey).expect(200)).text).toMatch(ISSUED);
      const keyless = await clients.add('Keyless');
      expect(await call(keyless.consumerKey)).toMatchObject(EMPTY_401);
    },
  );

  it('is taken as a web desktop sends it: PLAINTEXT, its own address, the header of the API', async () => {
    const { bare, clients } = await openDance(bench);
    const { consumerKey, consumerSecret } = await clients.add('eyeOS', { callback: 'http://desktop.example' });
    const header =
      'OAuth oauth_nonce="7d8f3e4a7d8f3e4a1", oauth_timestamp="1793610000", oauth_version="1.0", ' +
      `oauth_signature_method="PLAINTEXT", oauth_consumer_key="${consumerKey}", ` +
      `oauth_callback="http%3A%2F%2Fdesktop.example", oauth_signature="${consumerSecret}%26"`;
    const answer = await bare('GET', '/oauth/request_token').set('StackSync-API', 'v2').set('Authorization', header);
    expect(answer.status).toBe(200);
    expect(answer.text).toMatch(ISSUED);
  });

  it('never answers twice alike (OAU-19)', async () => {
    const { call, script } = await openDance(bench);
    const answers = await Promise.all([1, 2, 3].map(async () => (await call('request_token', script, OOB)).text));
    expect(new Set(answers).size).toBe(3);
  });

  it('OAU-01 without a signature, or with an empty one, is 400 and makes nothing', async () => {
    const dance = await openDance(bench);
    const header = dance.header('request_token', dance.script, OOB);
    const spoilt = [
      header.replace(/, oauth_signature="[^"]*"/, ''),
      header.replace(/oauth_signature="[^"]*"/, 'oauth_signature=""'),
      header.replace(/oauth_consumer_key="[^"]*"/, 'oauth_consumer_key=""'),
      header.replace(/oauth_signature_method="[^"]*"/, 'oauth_signature_method="NONE"'),
      'OAuth ',
      undefined,
    ];
    for (const proof of spoilt) {
      const call = dance.bare('POST', '/oauth/request_token');
      const answer = await (proof === undefined ? call : call.set('Authorization', proof));
      expect(answer, proof).toMatchObject({ status: 400, text: malformed, headers: { 'content-type': FORM_TYPE } });
    }
    expect(await stored(dance.room)).toEqual([]);
  });

  it('OAU-02 sends no bare secret over http', async () => {
    const dance = await openDance(bench, { secure: false });
    const plain = await dance
      .call('request_token', dance.script, { ...OOB, method: 'PLAINTEXT' })
      .set('X-Forwarded-Proto', 'https');
    expect(plain).toMatchObject({ status: 400, text: malformed });
    expect(await stored(dance.room)).toEqual([]);
    await dance.call('request_token', dance.script, OOB).expect(200);
  });

  it('OAU-03 knows no peer: their keys open nothing here', async () => {
    const dance = await openDance(bench);
    const { issued } = await dance.peers.add({
      name: 'Birch',
      shareUrl: 'https://birch.example/share',
      credentialsUrl: 'https://birch.example/credentials',
    });
    const credentials = { consumerKey: issued.key, consumerSecret: issued.secret };
    for (const method of METHODS) {
      expect(await dance.call('request_token', credentials, { ...OOB, method })).toMatchObject(EMPTY_401);
    }
  });

  it('OAU-04 passes once, of many at the same time too', async () => {
    const dance = await openDance(bench);
    const header = dance.header('request_token', dance.script, OOB);
    const send = () => dance.bare('POST', '/oauth/request_token').set('Authorization', header);
    const answers = await Promise.all(Array.from({ length: 32 }, async () => send()));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status, text }) => status === 401 && text === '')).toHaveLength(31);
    expect(await send()).toMatchObject(EMPTY_401);
    expect(await stored(dance.room)).toHaveLength(1);
  });

  it('OAU-05 a flood of forgeries uses nothing up, one of real calls ends in 429', async () => {
    const dance = await openDance(bench, { cap: 3 });
    const forger = { ...dance.script, consumerSecret: 'guessed' };
    for (let count = 0; count < 10; count += 1) {
      expect(await dance.call('request_token', forger, OOB)).toMatchObject(EMPTY_401);
    }
    for (let count = 0; count < 3; count += 1) await dance.call('request_token', dance.script, OOB).expect(200);
    const full = await dance.call('request_token', dance.script, OOB).expect(429);
    expect(Number(full.headers['retry-after'])).toBeGreaterThanOrEqual(60);
    await dance.call('request_token', dance.desktop, OOB).expect(200);
  });

  it('OAU-06 remembers a call from a clock that is ahead as long as it could be repeated', async () => {
    const dance = await openDance(bench);
    const header = dance.header('request_token', { ...dance.script, timestampOffset: 599 }, OOB);
    const send = () => dance.bare('POST', '/oauth/request_token').set('Authorization', header);
    await send().expect(200);
    dance.clock.advance(700 * SECOND);
    expect(await send()).toMatchObject(EMPTY_401);
  });

  it('OAU-07 a clock that is off by more than ten minutes is 400, with our time', async () => {
    const dance = await openDance(bench);
    for (const timestampOffset of [601, -601]) {
      const answer = await dance.call('request_token', { ...dance.script, timestampOffset }, OOB);
      expect(answer).toMatchObject({ status: 400, text: malformed });
      expect(answer.headers).toHaveProperty('date');
    }
    for (const timestampOffset of [-600, 600, 0]) {
      await dance.call('request_token', { ...dance.script, timestampOffset }, OOB).expect(200);
    }
    const header = dance.header('request_token', dance.script, OOB);
    for (const odd of ['0', '-1', '1e9', '007', '1.5', '']) {
      const proof = header.replace(/oauth_timestamp="\d+"/, `oauth_timestamp="${odd}"`);
      const answer = await dance.bare('POST', '/oauth/request_token').set('Authorization', proof);
      expect(answer, odd).toMatchObject({ status: 400, text: malformed });
    }
  });

  it('OAU-08 with a parameter twice, in two places, or beside another Authorization is 400', async () => {
    const dance = await openDance(bench);
    const header = dance.header('request_token', dance.script, OOB);
    const post = (path = '/oauth/request_token') => dance.bare('POST', path);
    const answers = await Promise.all([
      post().set('Authorization', `${header}, oauth_callback="oob"`),
      post('/oauth/request_token?oauth_callback=oob').set('Authorization', header),
      post().set('Authorization', header).type('form').send('oauth_callback=oob'),
      post().set('Authorization', [header, 'Basic YW5hOnNlY3JldA=='] as unknown as string),
      post('/oauth/request_token?oauth_callback=oob').type('form').send('oauth_consumer_key=x'),
      post('/oauth/request_token?oauth_callback=oob&oauth_token=x').set('Authorization', 'Basic YW5hOnNlY3JldA=='),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ status: 400, text: malformed });
    expect(await stored(dance.room)).toEqual([]);
  });

  it('OAU-10 reads no body whose type is a near miss, and minds no type without a body', async () => {
    const dance = await openDance(bench);
    const header = dance.header('request_token', dance.script, OOB);
    const post = () => dance.bare('POST', '/oauth/request_token').set('Authorization', header);
    for (const type of ['application/x-www-form-urlencodedx', 'text/plain', 'application/json']) {
      await post().set('Content-Type', type).send('x=1').expect(415);
    }
    await post().set('Content-Type', 'plain-text').expect(200);
  });

  it('OAU-12 is for this cloud alone', async () => {
    const dance = await openDance(bench);
    const answer = await dance.call('request_token', dance.script, OOB).set('Host', 'other.example');
    expect(answer.status).toBe(421);
    expect(await stored(dance.room)).toEqual([]);
  });

  it('OAU-15 without a callback is 400', async () => {
    const dance = await openDance(bench);
    for (const protocol of [[], [['oauth_callback', '']]] as const) {
      const answer = await dance.call('request_token', dance.script, { protocol });
      expect(answer).toMatchObject({
        status: 400,
        text: 'error=invalid_request&error_description=oauth_callback%20is%20missing.',
      });
    }
  });

  it('OAU-17 with a callback that is neither registered nor oob is 401', async () => {
    const dance = await openDance(bench);
    const ask = (callback: string) =>
      dance.call('request_token', dance.desktop, { protocol: [['oauth_callback', callback]] });
    await ask(CALLBACK).expect(200);
    await ask(`${CALLBACK}&state=7`).expect(200);
    for (const callback of ['https://evil.example/', 'https://desktop.example/', 'OOB', 'javascript:alert(1)']) {
      expect(await ask(callback), callback).toMatchObject(EMPTY_401);
    }
  });

  it('OAU-18 says nothing of why it was refused: same bytes for an unknown app and a bad signature', async () => {
    const dance = await openDance(bench);
    const refused = await Promise.all(
      [{ consumerKey: 'nobody' }, { consumerSecret: 'guessed' }].map((wrong) =>
        dance.call('request_token', { ...dance.script, ...wrong }, OOB),
      ),
    );
    const shown = refused.map(({ status, text, headers: { date: _date, ...headers } }) =>
      JSON.stringify({ status, text, headers: headers as unknown }),
    );
    expect(new Set(shown).size).toBe(1);
    expect(refused[0]).toMatchObject(EMPTY_401);
  });

  it('checks the hash of a body, if one is sent', async () => {
    const dance = await openDance(bench);
    const withHash = (hash: string) =>
      dance.call('request_token', dance.script, { protocol: [...OOB.protocol, ['oauth_body_hash', hash]] });
    await withHash('2jmj7l5rSw0yVb/vlWAYkK/YBwk=').expect(200);
    expect(await withHash('AAAAAAAAAAAAAAAAAAAAAAAAAAA=')).toMatchObject(EMPTY_401);
  });

  it('is no HEAD, and no other method', async () => {
    const dance = await openDance(bench);
    for (const verb of ['HEAD', 'PUT', 'DELETE']) {
      const answer = await dance.bare(verb, '/oauth/request_token').expect(405);
      expect(answer.headers['allow']).toBe('GET, POST');
    }
  });
});
