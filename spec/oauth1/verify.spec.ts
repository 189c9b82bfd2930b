import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Failure } from '../../src/kernel/index.js';
import { createVerifier, type IncomingRequest, type Pair } from '../../src/oauth1/index.js';
import { handClock, openNonces } from './support.js';

interface RequestCase {
  readonly title: string;
  readonly expect: 'accepted' | 'invalid' | 'unauthenticated';
  readonly problem?: string;
  readonly request: { method: string; target: string; headers: string[]; form?: string };
  readonly route?: Partial<IncomingRequest>;
  readonly parameters?: Pair[];
}

interface RequestFixtures {
  readonly now: number;
  readonly origin: string;
  readonly consumer: { key: string; secret: string };
  readonly token: { token: string; secret: string };
  readonly route: Pick<IncomingRequest, 'transports' | 'token' | 'allowedMethods' | 'secure'>;
  readonly cases: RequestCase[];
}

const fixtures = JSON.parse(
  readFileSync(new URL('../fixtures/oauth1/requests.json', import.meta.url), 'utf8'),
) as RequestFixtures;
const { consumer, token } = fixtures;

function incoming({ request, route }: RequestCase): IncomingRequest {
  const { method, target, headers, form } = request;
  return { ...fixtures.route, method, target, origin: fixtures.origin, rawHeaders: headers, formBody: form, ...route };
}

async function openVerifier() {
  const clock = handClock(fixtures.now);
  return createVerifier({
    clock,
    nonces: await openNonces(clock),
    findConsumer: (key) => (key === consumer.key ? { ...consumer, owner: 'desk' } : undefined),
    findToken: (owner, text) => (owner === 'desk' && text === token.token ? { ...token, owner: 'Bo' } : undefined),
  });
}

const expecting = (outcome: RequestCase['expect']) => fixtures.cases.filter((one) => one.expect === outcome);

describe('a request', () => {
  it.each(expecting('accepted'))('OAU-09 is let in: $title', async (one) => {
    const verified = await (await openVerifier()).verify(incoming(one));
    expect(verified.consumer).toBe('desk');
    expect(verified.token).toBe(verified.protocol.get('oauth_token') === token.token ? 'Bo' : undefined);
    expect(verified.parameters).toEqual(one.parameters ?? []);
  });

  it.each(expecting('invalid'))('OAU-08 is malformed: $title', async (one) => {
    const verifier = await openVerifier();
    await expect(verifier.verify(incoming(one))).rejects.toMatchObject({ name: 'Failure', code: 'invalid' });
  });

  it.each(expecting('unauthenticated'))('OAU-01 OAU-07 OAU-09 proves nothing: $title', async (one) => {
    const failure = await (await openVerifier()).verify(incoming(one)).catch((error: unknown) => error as Failure);
    expect(failure).toMatchObject({
      code: 'unauthenticated',
      message: 'Could not authorize request',
      facts: { problem: one.problem },
    });
  });
});
