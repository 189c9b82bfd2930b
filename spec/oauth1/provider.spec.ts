import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Failure } from '../../src/kernel/index.js';
import {
  bodyHash,
  createSigner,
  createVerifier,
  formatPairs,
  percentEncode,
  type Credentials,
  type IncomingRequest,
  type Pair,
  type SecretMethod,
  type SigningOptions,
} from '../../src/oauth1/index.js';
import { handClock, NOW, openNonces, seededRandom } from './support.js';

const ORIGIN = 'https://cloud-a.example';
const SECRETS = new Map<string, string | null>([
  ['desk', 'desk secret'],
  ['birch', 'birch secret'],
  ['hollow', ''],
]);
const TOKENS = new Map<string, { secret: string; consumer: string }>([
  ['tokA', { secret: 'secret A', consumer: 'desk' }],
  ['tokB', { secret: 'secret B', consumer: 'birch' }],
]);

const DESK: Credentials = { consumerKey: 'desk', consumerSecret: 'desk secret' };
const BO: Credentials = { ...DESK, token: 'tokA', tokenSecret: 'secret A' };
const BIRCH: Credentials = { consumerKey: 'birch', consumerSecret: 'birch secret' };

/** One cloud's side: a verifier, its clock, its nonces, and a client that signs for it with a clock of its own. */
async function openProvider({ capPerConsumer }: { capPerConsumer?: number } = {}) {
  const clock = handClock();
  const nonces = await openNonces(clock, capPerConsumer);
  const signer = createSigner({ clock: handClock(), random: seededRandom(), insecure: true });
  const verifier = createVerifier({
    clock,
    nonces,
    findConsumer: (key) => (SECRETS.has(key) ? { key, secret: SECRETS.get(key) ?? null, owner: key } : undefined),
    findToken: (consumer, text) => {
      const found = TOKENS.get(text);
      return found?.consumer === consumer && found !== undefined
        ? { token: text, ...found, owner: `grant ${text}` }
        : undefined;
    },
    policy: (consumer) =>
      consumer === 'birch' ? ['HMAC-SHA1', 'HMAC-SHA256'] : ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'],
  });
  const signed = (credentials: Credentials, options: SigningOptions & { form?: Pair[] } = {}): IncomingRequest => ({
    ...unsigned(),
    ...(options.form === undefined ? {} : { formBody: formatPairs(options.form) }),
    rawHeaders: [
      'Authorization',
      signer.header({ method: 'POST', url: new URL(`${ORIGIN}/v1/file`), form: options.form }, credentials, options),
    ],
  });
  return { clock, nonces, verify: verifier.verify, signed };
}

describe('a form in ISO-8859-1', () => {
  it('is signed over its octets, and its text is what its label says (F-43)', async () => {
    const { clock, verify } = await openProvider();
    const timestamp = String(Math.floor(clock.now() / 1000));
    const protocol = `oauth_consumer_key=birch&oauth_nonce=n1&oauth_signature_method=HMAC-SHA1&oauth_timestamp=${timestamp}`;
    // RFC 5849 3.4.1.3: the octets E9 and 26 of the decoded value, percent-encoded once more.
    const base = `POST&${percentEncode(`${ORIGIN}/v1/file`)}&${percentEncode(`name=caf%E9%26&${protocol}`)}`;
    const signature = crypto
      .createHmac('sha1', `${percentEncode(BIRCH.consumerSecret)}&`)
      .update(base)
      .digest('base64');
    const header = `OAuth ${protocol.replaceAll('=', '="').replaceAll('&', '", ')}", oauth_signature="${percentEncode(signature)}"`;
    const sent = { ...unsigned(), formBody: 'name=caf%E9%26', rawHeaders: ['Authorization', header] };
    await expect(verify(sent)).rejects.toMatchObject({ code: 'invalid' });
    await expect(verify({ ...sent, formCharset: 'iso-8859-1', formBody: 'name=caf%E8%26' })).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const { consumer, parameters } = await verify({ ...sent, formCharset: 'iso-8859-1' });
    expect([consumer, parameters.map(([name, value]) => [name, value])]).toEqual(['birch', [['name', 'café&']]]);
  });
});

function unsigned(): IncomingRequest {
  return {
    method: 'POST',
    origin: ORIGIN,
    target: '/v1/file',
    rawHeaders: [],
    transports: ['header', 'query', 'body'],
    secure: true,
    token: 'optional',
    allowedMethods: ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'],
  };
}

const outcome = (promise: Promise<unknown>) =>
  promise.then(
    () => 'let in',
    (error: unknown) => (error as Failure).code,
  );

describe('a provider', () => {
  it('lets a signed request in and says whose it is', async () => {
    const { verify, signed } = await openProvider();
    const form: Pair[] = [
      ['name', 'a b'],
      ['name', 'c+d'],
    ];
    expect(await verify(signed(BO, { form }))).toMatchObject({
      consumer: 'desk',
      token: 'grant tokA',
      method: 'HMAC-SHA1',
      parameters: form,
      bodyHash: undefined,
    });
  });

  it('hands on the body hash and further protocol parameters', async () => {
    const { verify, signed } = await openProvider();
    const options: SigningOptions = { bodyHash: bodyHash('{}', 'HMAC-SHA1'), protocol: [['oauth_callback', 'oob']] };
    const verified = await verify(signed(DESK, options));
    expect(verified.bodyHash).toBe(bodyHash('{}', 'HMAC-SHA1'));
    expect(verified.protocol.get('oauth_callback')).toBe('oob');
  });

  it('hands on no data called oauth_signature, the one name that no signature covers', async () => {
    const { verify, signed } = await openProvider();
    const form: Pair[] = [
      ['oauth_signature', 'x'],
      ['oauth_token', 'y'],
    ];
    const verified = await verify({ ...signed(DESK, { form }), prefixedData: 'data' });
    expect(verified.parameters).toEqual([['oauth_token', 'y']]);
  });

  it('verifies a signed callback URL and sees its decision changed', async () => {
    const { verify } = await openProvider();
    const signer = createSigner({ clock: handClock(), random: seededRandom() });
    const url = new URL(signer.signedUrl(new URL(`${ORIGIN}/interop/result/k3J?share_id=2b&accepted=false`), BIRCH));
    const request: IncomingRequest = { ...unsigned(), method: 'GET', target: url.pathname + url.search };
    const forged = { ...request, target: request.target.replace('accepted=false', 'accepted=true') };
    expect(await outcome(verify(forged))).toBe('unauthenticated');
    expect((await verify(request)).parameters).toEqual([
      ['share_id', '2b'],
      ['accepted', 'false'],
    ]);
  });

  it('OAU-01 refuses a consumer whose stored secret is empty, though it signed with just that', async () => {
    const { verify } = await openProvider();
    const plaintext = 'OAuth oauth_consumer_key="hollow", oauth_signature_method="PLAINTEXT", oauth_signature="%26"';
    expect(await outcome(verify({ ...unsigned(), rawHeaders: ['Authorization', plaintext] }))).toBe('unauthenticated');
  });

  it('OAU-02 takes PLAINTEXT on a secure connection only', async () => {
    const { verify, signed } = await openProvider();
    const request = signed(DESK, { method: 'PLAINTEXT' });
    expect(await outcome(verify({ ...request, secure: false }))).toBe('invalid');
    expect(await outcome(verify(request))).toBe('let in');
  });

  it.each<[SecretMethod, string]>([
    ['PLAINTEXT', 'invalid'],
    ['HMAC-SHA1', 'let in'],
    ['HMAC-SHA256', 'let in'],
  ])('OAU-03 from a peer whose policy asks for HMAC, %s is %s', async (method, expected) => {
    const { verify, signed } = await openProvider();
    expect(await outcome(verify(signed(BIRCH, { method })))).toBe(expected);
  });

  it('OAU-03 refuses a method that the route does not allow', async () => {
    const { verify, signed } = await openProvider();
    expect(await outcome(verify({ ...signed(DESK), allowedMethods: ['HMAC-SHA256'] }))).toBe('invalid');
  });

  it('OAU-03 tells its policy only to the consumer itself', async () => {
    const { verify, signed } = await openProvider();
    const forged = signed({ ...BIRCH, consumerSecret: 'guessed' }, { method: 'PLAINTEXT' });
    expect(await outcome(verify(forged))).toBe('unauthenticated');
  });

  it('OAU-04 refuses a replay', async () => {
    const { verify, signed } = await openProvider();
    const request = signed(BO);
    expect(await outcome(verify(request))).toBe('let in');
    await expect(verify(request)).rejects.toMatchObject({ code: 'unauthenticated', facts: { problem: 'replay' } });
  });

  it('OAU-04 refuses a replay of PLAINTEXT with timestamp and nonce', async () => {
    const { verify, signed } = await openProvider();
    const request = signed(BO, { method: 'PLAINTEXT' });
    expect(await outcome(verify(request))).toBe('let in');
    expect(await outcome(verify(request))).toBe('unauthenticated');
  });

  it('OAU-04 lets exactly one of 64 identical requests pass', async () => {
    const { verify, signed } = await openProvider();
    const request = signed(BO);
    const outcomes = await Promise.all(Array.from({ length: 64 }, () => outcome(verify(request))));
    expect(outcomes.filter((one) => one === 'let in')).toHaveLength(1);
  });

  it('OAU-04 lets the same nonce in for another timestamp, token or consumer', async () => {
    const { verify } = await openProvider();
    const sameNonce = (credentials: Credentials, seconds: number) => {
      const signer = createSigner({ clock: handClock(NOW + seconds), random: seededRandom('one nonce') });
      const header = signer.header({ method: 'POST', url: new URL(`${ORIGIN}/v1/file`) }, credentials);
      return outcome(verify({ ...unsigned(), rawHeaders: ['Authorization', header] }));
    };
    expect(await sameNonce(BO, 0)).toBe('let in');
    expect(await sameNonce(BO, 1)).toBe('let in');
    expect(await sameNonce(DESK, 0)).toBe('let in');
    expect(await sameNonce(BIRCH, 0)).toBe('let in');
    expect(await sameNonce(BO, 0)).toBe('unauthenticated');
  });

  it('OAU-05 records nothing for forged requests, however many, and the genuine one passes', async () => {
    const { verify, signed, nonces } = await openProvider({ capPerConsumer: 10 });
    const genuine = signed(BO);
    const header = genuine.rawHeaders[1] ?? '';
    const forged = {
      ...genuine,
      rawHeaders: ['Authorization', header.replace(/oauth_signature="[^"]*/, 'oauth_signature="x')],
    };
    for (let count = 0; count < 50; count += 1) expect(await outcome(verify(forged))).toBe('unauthenticated');
    expect(await nonces.count()).toBe(0);
    expect(await outcome(verify(genuine))).toBe('let in');
  });

  it('OAU-05 answers too-many to one consumer over its cap, and goes on serving the others', async () => {
    const { verify, signed } = await openProvider({ capPerConsumer: 10 });
    for (let count = 0; count < 10; count += 1) expect(await outcome(verify(signed(BO)))).toBe('let in');
    await expect(verify(signed(BO))).rejects.toMatchObject({ code: 'too-many', retryAfter: 60 });
    expect(await outcome(verify(signed(BIRCH)))).toBe('let in');
  });

  it('OAU-06 refuses a request stamped 599 s ahead when it is replayed at +700 s, between other requests', async () => {
    const { verify, signed, clock } = await openProvider();
    const early = signed({ ...BO, timestampOffset: 599 });
    expect(await outcome(verify(early))).toBe('let in');
    clock.advance(700);
    expect(await outcome(verify(signed({ ...BO, timestampOffset: 700 })))).toBe('let in');
    await expect(verify(early)).rejects.toMatchObject({ facts: { problem: 'replay' } });
  });

  it('OAU-07 takes timestamps out of order inside the window', async () => {
    const { verify, signed } = await openProvider();
    for (const timestampOffset of [0, 600, -600, 5, -5]) {
      expect(await outcome(verify(signed({ ...BO, timestampOffset })))).toBe('let in');
    }
  });

  it.each([601, -601])('OAU-07 refuses a clock that is off by %i s', async (timestampOffset) => {
    const { verify, signed } = await openProvider();
    const failure = await verify(signed({ ...BO, timestampOffset })).catch((error: unknown) => error as Failure);
    expect(failure).toMatchObject({ code: 'unauthenticated', facts: { problem: 'skew' } });
    expect((failure as Failure).detail).toBe(`timestamp is off by ${String(timestampOffset)} s`);
  });

  it('OAU-14 does not know the token of another consumer', async () => {
    const { verify, signed } = await openProvider();
    const crossed = signed({ ...DESK, token: 'tokB', tokenSecret: 'secret B' });
    expect(await outcome(verify(crossed))).toBe('unauthenticated');
  });

  it('OAU-14 does not take a look-up that answers another name than was asked for', async () => {
    const clock = handClock();
    const { verify } = createVerifier({
      clock,
      nonces: await openNonces(clock),
      findConsumer: () => ({ key: 'desk', secret: 'desk secret', owner: 'desk' }),
      findToken: () => undefined,
    });
    const { signed } = await openProvider();
    expect(await outcome(verify(signed({ ...DESK, consumerKey: 'DESK' })))).toBe('unauthenticated');
    expect(await outcome(verify(signed(DESK)))).toBe('let in');
  });

  it('K15 lets a fresh attempt in after the first died between nonce and effect, and the old one never', async () => {
    const { verify, signed } = await openProvider();
    const first = signed(BO);
    await verify(first);
    expect(await outcome(verify(signed(BO)))).toBe('let in');
    expect(await outcome(verify(first))).toBe('unauthenticated');
  });
});

describe('what a stranger learns', () => {
  const strangers: [string, Credentials][] = [
    ['an unknown consumer', { ...BO, consumerKey: 'nobody' }],
    ['an unknown token', { ...BO, token: 'nothing' }],
    ['a bad signature', { ...BO, tokenSecret: 'guessed' }],
    ['a hollow consumer', { ...BO, consumerKey: 'hollow' }],
  ];

  it('OAU-18 is the same for unknown consumer, unknown token and bad signature', async () => {
    const { verify, signed } = await openProvider();
    const shown = await Promise.all(
      strangers.map(async ([, credentials]) => {
        const failure = await verify(signed(credentials)).catch((error: unknown) => error as Failure);
        const { code, message, facts, retryAfter } = failure as Failure;
        return JSON.stringify({ code, message, facts, retryAfter });
      }),
    );
    expect(new Set(shown).size).toBe(1);
  });

  it.each(strangers)('OAU-18 costs one HMAC and a comparison of fixed length for %s', async (_, credentials) => {
    const { verify, signed } = await openProvider();
    const request = signed(credentials);
    const { hmac, compare } = watchCrypto();
    await outcome(verify(request));
    expect(hmac).toHaveBeenCalledTimes(1);
    const last = compare.mock.lastCall;
    expect([last?.[0].byteLength, last?.[1].byteLength]).toEqual([32, 32]);
  });

  it('OAU-18 costs the same look-ups when the consumer is unknown', async () => {
    const clock = handClock();
    const findToken = vi.fn(() => ({ token: 'tokA', secret: 'secret A', owner: 'never' }));
    const { verify } = createVerifier({
      clock,
      nonces: await openNonces(clock),
      findConsumer: () => undefined,
      findToken,
    });
    const { signed } = await openProvider();
    expect(await outcome(verify(signed(BO)))).toBe('unauthenticated');
    expect(findToken).toHaveBeenCalledWith(undefined, 'tokA');
  });
});

function watchCrypto() {
  const hmac = vi.spyOn(crypto, 'createHmac');
  const compare = vi.spyOn(crypto, 'timingSafeEqual');
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  return { hmac, compare };
}
