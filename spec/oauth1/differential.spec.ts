import fc from 'fast-check';
import { OAuth } from 'oauth';
import { describe, expect, it } from 'vitest';
import {
  baseString,
  createVerifier,
  isUsableSecret,
  parseAuthorization,
  parsePairs,
  signature,
  signingKey,
  type NonceStore,
  type Pair,
} from '../../src/oauth1/index.js';
import { oauth, oauth10a, oauthSignaturePackage, type OtherSigner } from './other-signers.js';
import { samples, type Sample, type SecretMethod } from './samples.js';
import { handClock } from './support.js';

/** The same requests in every run: what fails once can be looked at. */
const SEED = 5849;
const RUNS = 10_000;

const PLAIN: Sample = {
  method: 'GET',
  origin: 'http://cloud-a.example',
  path: '/v1/folder/0/contents',
  query: '',
  form: [],
  consumerSecret: 'desk secret/1',
  token: { key: 'tokA', secret: 'tok+secret=1' },
  signatureMethod: 'HMAC-SHA1',
};

/** Our signature over the protocol parameters that another signer has chosen. */
function oursFor(sample: Sample, protocol: readonly Pair[]): string {
  const { method, origin, path, query, form, consumerSecret, token, signatureMethod } = sample;
  const target = `${path}${query === '' ? '' : `?${query}`}`;
  const base = baseString({ method, origin, target, extra: [...protocol, ...form] });
  return signature(signatureMethod, base, signingKey(consumerSecret, token?.secret));
}

/** Whether another signer comes to the same signature; one that fails does not. */
function agrees(signer: OtherSigner, sample: Sample): boolean {
  try {
    const { protocol, signature: theirs } = signer.sign(sample);
    return theirs === oursFor(sample, protocol);
  } catch (error) {
    if (error instanceof TypeError) return false;
    throw error;
  }
}

/** A bare secret is the same whatever is asked: there no fault shows. */
const shows = (sample: Sample): boolean => sample.signatureMethod !== 'PLAINTEXT';

/** Made once for all packages: making them is most of the work. */
const sampled = fc.sample(samples, { seed: SEED, numRuns: RUNS });

const asHmac = (sample: Sample): Sample => ({ ...sample, signatureMethod: 'HMAC-SHA1' });

describe.each([oauth, oauthSignaturePackage, oauth10a])('beside $name', (signer) => {
  it(`OAU-09 ${String(RUNS)} requests have one signature, but for the package’s own faults`, () => {
    const asked = sampled.map((sample) => (signer.methods.includes(sample.signatureMethod) ? sample : asHmac(sample)));
    const isFaulty = (sample: Sample): boolean => signer.faults.some(({ concerns }) => concerns(sample));
    const [faulty, sound] = [asked.filter(isFaulty), asked.filter((sample) => !isFaulty(sample))];
    expect(sound.filter((sample) => !agrees(signer, sample))).toEqual([]);
    expect(sound.length).toBeGreaterThan(RUNS / 2);
    // Nothing is excused that would agree.
    expect(faulty.filter((sample) => shows(sample) && agrees(signer, sample))).toEqual([]);
  });

  it.each(signer.faults)('RFC 5849 $section settles that it $what', ({ concerns, example }) => {
    const sample = { ...PLAIN, ...example };
    expect(agrees(signer, PLAIN)).toBe(true);
    expect(concerns(sample)).toBe(true);
    expect(agrees(signer, sample)).toBe(false);
    expect(signer.faults.filter((fault) => fault.concerns(sample))).toHaveLength(1);
  });
});

/** Nonces are somebody else's matter here. */
const forgetful: NonceStore = { remember: () => Promise.resolve('fresh') };

describe('whole requests', () => {
  it('OAU-09 signed by the package oauth are let in, and with one letter changed they are not', async () => {
    // A blank secret never verifies (OAU-01).
    const asked = samples.filter(
      ({ token, form, consumerSecret }) =>
        token !== undefined && form.length === 0 && isUsableSecret(token.secret) && isUsableSecret(consumerSecret),
    );
    const property = fc.asyncProperty(asked, async (sample) => {
      if (oauth.faults.some(({ concerns }) => concerns(sample))) return;
      expect(await verdictOn(sample)).toBe('accepted');
      if (shows(sample))
        expect(await verdictOn(sample, { ...sample, path: `${sample.path}/x` })).toBe('unauthenticated');
    });
    await fc.assert(property, { seed: SEED, numRuns: 1_000 });
  });
});

/** What our verifier says to a request that the package has signed for another, or for the same. */
async function verdictOn(sample: Sample, sent: Sample = sample): Promise<string> {
  const { consumerSecret, token, signatureMethod } = sample;
  const client = new OAuth('', '', 'desk', consumerSecret, '1.0', null, signatureMethod);
  const header = client.authHeader(urlOf(sample), token?.key ?? '', token?.secret ?? '', sample.method);
  const stamp = new Map(parseAuthorization(header)).get('oauth_timestamp');
  const verifier = createVerifier({
    clock: handClock(Number(stamp)),
    nonces: forgetful,
    findConsumer: (key) => ({ key, secret: consumerSecret, owner: 'desk' }),
    findToken: (_, key) => ({ token: key, secret: token?.secret ?? null, owner: 'Bo' }),
  });
  const { method, origin } = sent;
  const target = targetOf(sent);
  const whole = { method, origin, target, rawHeaders: ['Authorization', header], ...ROUTE };
  return verifier.verify(whole).then(
    ({ parameters }) => (sameList(parameters, parsePairs(sent.query)) ? 'accepted' : 'misread'),
    (error: unknown) => (error as { code: string }).code,
  );
}

const ROUTE = {
  transports: ['header'] as const,
  token: 'required' as const,
  allowedMethods: ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'] as const satisfies readonly SecretMethod[],
  secure: true,
};

const targetOf = ({ path, query }: Sample): string => `${path}${query === '' ? '' : `?${query}`}`;
const urlOf = (sample: Sample): string => sample.origin + targetOf(sample);
const sameList = (one: readonly Pair[], other: readonly Pair[]): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
