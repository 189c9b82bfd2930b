import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/kernel/index.js';
import {
  baseString,
  createVerifier,
  parseAuthorization,
  parsePairs,
  signature,
  SIGNATURE_METHODS,
  signingKey,
  type IncomingRequest,
  type Pair,
} from '../../src/oauth1/index.js';
import type { SecretMethod } from './samples.js';
import { handClock, openNonces } from './support.js';

type Verdict = 'accepted' | 'invalid' | 'unauthenticated';

/** A request as raw text parts, and what its signature is made of. */
interface Vector {
  readonly title: string;
  readonly source: string;
  readonly request: { method: string; origin: string; target: string; headers?: string[]; form?: string };
  readonly secrets: { readonly consumer: string; readonly token?: string };
  readonly signatureMethod: SecretMethod;
  /** PEM, where the consumer has registered one. */
  readonly publicKey?: string;
  readonly base: string;
  readonly signature: string;
  /** Only of whole requests: what a verifier that knows the secrets says. */
  readonly verdict?: Verdict;
}

/** A request to one provider, and its answer. */
interface RequestVector {
  readonly title: string;
  readonly source: string;
  readonly expect: Verdict;
  /** Why it was refused, for the log and the token endpoints. */
  readonly problem?: string;
  readonly request: { method: string; target: string; headers: string[]; form?: string };
  readonly route?: Partial<IncomingRequest>;
  readonly parameters?: Pair[];
  readonly base?: string;
  readonly signature?: string;
}

interface Provider {
  /** Seconds. */
  readonly now: number;
  readonly origin: string;
  readonly consumer: { key: string; secret: string };
  readonly token: { token: string; secret: string };
  readonly route: Pick<IncomingRequest, 'transports' | 'token' | 'allowedMethods' | 'secure'>;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../fixtures/oauth1/${name}.json`, import.meta.url), 'utf8')) as T;
}

const vectors = ['rfc5849', 'published', 'base-strings'].flatMap((name) => read<{ vectors: Vector[] }>(name).vectors);
/** What these were signed with is nobody’s but theirs: there is nothing to make again. */
const rsaVectors = read<{ vectors: Vector[] }>('rsa').vectors;
const provider = read<Provider & { vectors: RequestVector[] }>('requests');

/** Every method, wherever the parameters stand. */
const ROUTE = { ...provider.route, allowedMethods: SIGNATURE_METHODS };

const REFUSED = 'Could not authorize request';

function authorizationIn(headers: readonly string[] = []): string | undefined {
  const at = headers.findIndex((name, index) => index % 2 === 0 && name.toLowerCase() === 'authorization');
  return at === -1 ? undefined : headers[at + 1];
}

/** The parameters that do not stand in the query. */
function extraOf({ headers, form }: { headers?: string[]; form?: string }): Pair[] {
  const authorization = authorizationIn(headers);
  return [...(authorization === undefined ? [] : parseAuthorization(authorization)), ...parsePairs(form ?? '')];
}

/** The protocol parameters of a request: those of the header, or else of query and form. */
function protocolOf(request: { target: string; headers?: string[]; form?: string }): ReadonlyMap<string, string> {
  const authorization = authorizationIn(request.headers);
  if (authorization !== undefined) return new Map(parseAuthorization(authorization));
  const query = parsePairs(request.target.split('?').slice(1).join('?'));
  return new Map([...query, ...extraOf(request)].filter(([name]) => name.startsWith('oauth_')));
}

it('there are enough of them, and each says where it is from', () => {
  const all = [...vectors, ...rsaVectors, ...provider.vectors];
  expect(all.length).toBeGreaterThanOrEqual(200);
  expect(all.filter(({ source }) => source === '')).toEqual([]);
  expect(new Set(vectors.map(({ title, source }) => `${title} ${source}`)).size).toBe(vectors.length);
});

describe('a vector', () => {
  it.each(vectors)('OAU-09 $title ($source) has this base string and signature', (vector) => {
    const { request, secrets, signatureMethod } = vector;
    const base = baseString({ ...request, extra: extraOf(request) });
    expect(base).toBe(vector.base);
    const key = signingKey(secrets.consumer, secrets.token);
    expect(signature(signatureMethod, base, key)).toBe(vector.signature);
  });

  it.each(rsaVectors)('OAU-09 $title ($source) has this base string', ({ request, base }) => {
    expect(baseString({ ...request, extra: extraOf(request) })).toBe(base);
  });

  it.each([...vectors, ...rsaVectors].filter(({ verdict }) => verdict !== undefined))(
    'OAU-03 OAU-09 $title ($source) is $verdict as a whole request',
    async (vector) => {
      const { method, origin, target, headers = [], form } = vector.request;
      const sent = { method, origin, target, rawHeaders: headers, formBody: form, ...ROUTE };
      const outcome = (await knowing(vector)).verify(sent);
      if (vector.verdict === 'accepted') expect((await outcome).consumer).toBe('whoever signed');
      else await expect(outcome).rejects.toMatchObject({ code: vector.verdict, message: REFUSED });
    },
  );
});

/** A provider that knows the names and secrets of one vector, at its time. */
async function knowing({ request, secrets, publicKey }: Vector) {
  const protocol = protocolOf(request);
  const clock = handClock(Number(protocol.get('oauth_timestamp') ?? 0));
  const key = protocol.get('oauth_consumer_key') ?? '';
  const token = protocol.get('oauth_token') ?? '';
  return createVerifier({
    clock,
    nonces: await openNonces(clock),
    findConsumer: (asked) =>
      asked === key ? { key, secret: secrets.consumer, publicKey, owner: 'whoever signed' } : undefined,
    findToken: (_, asked) => (asked === token ? { token, secret: secrets.token ?? null, owner: token } : undefined),
  });
}

const expecting = (outcome: Verdict): RequestVector[] => provider.vectors.filter((one) => one.expect === outcome);

describe('a request', () => {
  it.each(expecting('accepted'))('OAU-09 is let in: $title', async (vector) => {
    const verified = await (await openVerifier()).verify(incoming(vector));
    expect(verified.consumer).toBe('desk');
    expect(verified.token).toBe(verified.protocol.get('oauth_token') === provider.token.token ? 'Bo' : undefined);
    expect(verified.parameters).toEqual(vector.parameters ?? []);
  });

  it.each(expecting('accepted'))('OAU-09 has this base string and signature: $title', ({ request, ...vector }) => {
    const protocol = protocolOf(request);
    const base = baseString({ ...request, origin: provider.origin, extra: extraOf(request) });
    expect(base).toBe(vector.base);
    const hasToken = (protocol.get('oauth_token') ?? '') !== '';
    const key = signingKey(provider.consumer.secret, hasToken ? provider.token.secret : undefined);
    expect(signature(protocol.get('oauth_signature_method') as SecretMethod, base, key)).toBe(vector.signature);
    expect(protocol.get('oauth_signature')).toBe(vector.signature);
  });

  it.each(expecting('invalid'))('OAU-08 is malformed: $title', async (vector) => {
    const verifier = await openVerifier();
    await expect(verifier.verify(incoming(vector))).rejects.toMatchObject({ name: 'Failure', code: 'invalid' });
  });

  it.each(expecting('unauthenticated'))('OAU-01 OAU-07 OAU-09 proves nothing: $title', async (vector) => {
    const failure = await (await openVerifier()).verify(incoming(vector)).catch((error: unknown) => error as Failure);
    const { problem } = vector;
    expect(failure).toMatchObject({ code: 'unauthenticated', message: REFUSED, facts: { problem } });
  });
});

function incoming({ request, route }: RequestVector): IncomingRequest {
  const { method, target, headers, form } = request;
  return { ...provider.route, method, target, origin: provider.origin, rawHeaders: headers, formBody: form, ...route };
}

async function openVerifier() {
  const { now, consumer, token } = provider;
  const clock = handClock(now);
  return createVerifier({
    clock,
    nonces: await openNonces(clock),
    findConsumer: (key) => (key === consumer.key ? { ...consumer, owner: 'desk' } : undefined),
    findToken: (owner, text) => (owner === 'desk' && text === token.token ? { ...token, owner: 'Bo' } : undefined),
  });
}
