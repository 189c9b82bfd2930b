import { beforeEach, describe, expect, it } from 'vitest';
import { contentDigest, legacyDigest, readSignature, type SignatureVerifier } from '../../src/http-signatures/index.js';
import type { HandClock } from '../oauth1/support.js';
import {
  from,
  NEXTCLOUD,
  OCM,
  publishedAs,
  requestWith,
  SUPERSET,
  vector,
  verifierFor,
  type ListedKeys,
  type Vector,
} from './support.js';

const BOTH = [
  ['RFC 9421', SUPERSET],
  ['the draft', NEXTCLOUD],
] as const;

const UNAUTHENTICATED = { code: 'unauthenticated', message: 'Invalid signature' };

/** Headers of a vector with one text in one of them replaced. */
function altered(
  { headers }: Vector,
  name: string,
  from: string | RegExp,
  to: string | ((found: string) => string),
): Record<string, string> {
  const before = headers[name] ?? '';
  const after = typeof to === 'string' ? before.replace(from, to) : before.replace(from, to);
  if (after === before) throw new Error(`${name} does not hold ${String(from)}`);
  return { [name]: after };
}

const input = (from: string | RegExp, to: string): Record<string, string> =>
  altered(SUPERSET, 'signature-input', from, to);
const cavage = (from: string | RegExp, to: string): Record<string, string> => altered(NEXTCLOUD, 'signature', from, to);

describe.each(BOTH)('a request signed by %s', (_scheme, signed) => {
  let verifier: SignatureVerifier;
  let keys: ListedKeys;
  let clock: HandClock;

  beforeEach(async () => {
    ({ verifier, keys, clock } = await verifierFor(signed));
  });

  const verified = (change = {}, expectation = from('alder.example')): Promise<unknown> =>
    verifier.verify(requestWith(signed, change), expectation);

  it('is taken once: a replay is refused (OCM-03)', async () => {
    await verified();
    await expect(verified()).rejects.toMatchObject({ ...UNAUTHENTICATED, detail: 'replay' });
  });

  it('is a replay also when its last character is spelt with other spare bits (OCM-03)', async () => {
    await verified();
    const headers = altered(signed, 'signature', /[AQgw](?===)/, (last) => ({ A: 'B', Q: 'R', g: 'h' })[last] ?? 'x');
    const again = verified({ rawHeaders: requestWith(signed, { headers }).rawHeaders });
    await expect(again).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('is taken by one of many that come at once (OCM-03)', async () => {
    const outcomes = await Promise.allSettled(Array.from({ length: 64 }, () => verified()));
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is refused when it is older than 300 s, or more than 60 s ahead (OCM-03)', async () => {
    clock.advance(301);
    await expect(verified()).rejects.toMatchObject(UNAUTHENTICATED);
    clock.advance(-301 - 61);
    await expect(verified()).rejects.toMatchObject(UNAUTHENTICATED);
    clock.advance(1);
    expect(await verified()).toMatchObject({ host: 'alder.example' });
  });

  it('is still taken after 300 s, and remembered for as long as it could be taken (OCM-03)', async () => {
    clock.advance(300);
    await verified();
    clock.advance(-300 - 60);
    await expect(verified()).rejects.toMatchObject({ ...UNAUTHENTICATED, detail: 'replay' });
  });

  it('is refused with another body, whatever its digest says (OCM-03)', async () => {
    const body = Buffer.from(signed.body.replace('"7f3a"', '"7f3b"').replace('"1"', '"2"'));
    expect(body).toHaveLength(Buffer.byteLength(signed.body));
    await expect(verified({ body })).rejects.toMatchObject(UNAUTHENTICATED);
    const headers = { 'content-digest': contentDigest(body), digest: legacyDigest(body) };
    await expect(verified({ body, rawHeaders: requestWith(signed, { headers }).rawHeaders })).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      detail: 'bad signature',
    });
  });

  it('is refused at another path, with another method and at another cloud (OCM-03)', async () => {
    await expect(verified({ target: '/ocm/notifications' })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ target: `${signed.target}?a` })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ method: 'PUT' })).rejects.toMatchObject(UNAUTHENTICATED);
    const headers = { host: 'cedar.example' };
    const elsewhere = requestWith(signed, { headers, origin: 'https://cedar.example' });
    await expect(verifier.verify(elsewhere, from('alder.example'))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('is refused under a key of somebody else (OCM-02)', async () => {
    const { verifier: other, keys: theirs } = await verifierFor({ ...signed, signer: 'cedar.example' });
    const key = signed.kind === 'cavage' ? 'foreign' : 'p256';
    const alg = signed.kind === 'cavage' ? signed.alg : 'ecdsa-p256-sha256';
    theirs.publish('alder.example', signed.kind, publishedAs(signed.keyId, { ...signed, key, alg }));
    await expect(other.verify(requestWith(signed), from('alder.example'))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('is refused when its cloud publishes no such key, or one by another name (OCM-02)', async () => {
    const { verifier: other, keys: theirs } = await verifierFor({ ...signed, signer: 'cedar.example' });
    await expect(other.verify(requestWith(signed), from('alder.example'))).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      detail: 'no such key',
    });
    const folding = { keyOf: async () => publishedAs(signed.keyId.toUpperCase(), signed) };
    Object.assign(theirs, folding);
    await expect(other.verify(requestWith(signed), from('alder.example'))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it.each(['alder.example.evil', 'xalder.example', 'alder-example', 'alder.example:8443', 'birch.example'])(
    'is refused when the message speaks for %s, whose key nobody asks for (OCM-02)',
    async (host) => {
      await expect(verified({}, from(host))).rejects.toMatchObject({ code: 'forbidden' });
      expect(keys.asked).toEqual([]);
    },
  );

  it('leads to no question to anybody before its form, its body and its time are right (OCM-02)', async () => {
    await expect(verified({ body: Buffer.from('{}') })).rejects.toMatchObject(UNAUTHENTICATED);
    clock.advance(1_000);
    await expect(verified()).rejects.toMatchObject(UNAUTHENTICATED);
    expect(keys.asked).toEqual([]);
  });

  it('is never taken for unsigned: a part of the signature that is stripped off is fatal (OCM-01)', async () => {
    const stripped = {
      headers: { 'signature-input': undefined, signature: signed.headers['signature']?.slice(0, 40) },
    };
    await expect(verified(stripped)).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ headers: { 'content-digest': undefined, digest: undefined } })).rejects.toMatchObject(
      UNAUTHENTICATED,
    );
    await expect(verified({ headers: { 'content-length': undefined } })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ headers: { signature: '' } })).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('is refused with a body of more than 50 KiB, which is not hashed', async () => {
    const body = Buffer.alloc(50 * 1024 + 1, 'x');
    expect(readSignature(requestWith(signed, { body }))).toEqual({ kind: 'broken', why: 'the body is too long' });
  });

  it('is refused when its cloud signs more than is remembered', async () => {
    const { verifier: full } = await verifierFor(signed, 0);
    const refusal = { code: 'too-many', retryAfter: 60 };
    await expect(full.verify(requestWith(signed), from('alder.example'))).rejects.toMatchObject(refusal);
  });

  it('is not looked at where the operator switched signatures off', async () => {
    const off = { ...from('alder.example'), policy: 'off' } as const;
    expect(await verified({ headers: { signature: 'garbage' } }, off)).toBeUndefined();
  });
});

describe('a signature of RFC 9421', () => {
  let verifier: SignatureVerifier;

  beforeEach(async () => {
    ({ verifier } = await verifierFor(SUPERSET));
  });

  const verified = (headers: Readonly<Record<string, string | undefined>>): Promise<unknown> =>
    verifier.verify(requestWith(SUPERSET, { headers }), from('alder.example'));

  it.each(['"@method" ', '"@target-uri" ', '"content-digest" ', '"content-length" '])(
    'that does not cover %s is refused (OCM-01)',
    async (component) => {
      await expect(verified(input(component, ''))).rejects.toMatchObject({
        ...UNAUTHENTICATED,
        detail: `${component.slice(1, -2)} not covered`,
      });
    },
  );

  it.each([
    ['none', 'alg="ed25519"', 'alg="none"'],
    ['HMAC', 'alg="ed25519"', 'alg="hmac-sha256"'],
    ['the draft', 'alg="ed25519"', 'alg="rsa-sha512"'],
    ['another kind of key', 'alg="ed25519"', 'alg="rsa-v1_5-sha256"'],
    ['a token for an algorithm', 'alg="ed25519"', 'alg=ed25519'],
  ])('that names %s as its algorithm is refused (OCM-03)', async (_what, before, after) => {
    await expect(verified(input(before, after))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it.each([
    ['no created', /;created=\d+/, ''],
    ['a created that is no number', /created=\d+/, 'created="now"'],
    ['a created before 1970', /created=\d+/, 'created=-1'],
    ['a fraction', /created=\d+/, 'created=1790000000.5'],
    ['no keyid', /;keyid="[^"]+"/, ''],
    ['an empty keyid', /keyid="[^"]+"/, 'keyid=""'],
    ['a keyid without end', /keyid="[^"]+"/, `keyid="${'k'.repeat(1_025)}"`],
    ['an end in the past', ';tag', `;expires=${String(OCM.now)};tag`],
    ['an end that is no number', ';tag', ';expires=?1;tag'],
    ['a component twice', '"@method"', '"@method" "@method"'],
    ['a component that requests have not', '"@method"', '"@method" "@status"'],
    ['a component with a parameter', '"@method"', '"@method" "date";sf'],
    ['a field in capitals', '"date"', '"Date"'],
    ['a field that is not there', '"date"', '"x-not-there"'],
    ['a component that is no text', '"date"', 'date'],
    [
      'more components than anybody needs',
      '"date"',
      `"date"${Array.from({ length: 50 }, (_, at) => ` "x${String(at)}"`).join('')}`,
    ],
    ['no list', /ocm=\([^)]*\)/, 'ocm="ocm"'],
    ['no grammar', 'ocm=(', 'ocm=(('],
    ['a field of 9 KiB', 'ocm=', `x="${'x'.repeat(9 * 1024)}", ocm=`],
  ])('with %s is refused', async (_what, before, after) => {
    await expect(verified(input(before, after))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('of this protocol stands once in a request: a second one with the tag makes both void', async () => {
    const both = input('ocm=', 'other=("@method");tag="ocm", ocm=');
    await expect(verified(both)).rejects.toMatchObject({
      ...UNAUTHENTICATED,
      detail: 'more than one signature of this protocol',
    });
  });

  it('of another protocol beside it takes nothing away, on lines of their own or on one', async () => {
    expect(await verified(input('ocm=', 'proxy=("@method");keyid="p", ocm='))).toMatchObject({ host: 'alder.example' });
    const lines = requestWith(SUPERSET);
    const request = {
      ...lines,
      rawHeaders: [...lines.rawHeaders, 'Signature-Input', 'proxy=()', 'Signature', 'proxy=:AA==:'],
    };
    const { verifier: other } = await verifierFor(SUPERSET);
    expect(await other.verify(request, from('alder.example'))).toMatchObject({ host: 'alder.example' });
  });

  it('of another protocol alone makes a request unsigned', async () => {
    expect(
      await verified({ 'signature-input': 'proxy=("@method");tag="proxy"', signature: 'proxy=:AA==:' }),
    ).toBeUndefined();
  });

  it('whose own octets are stripped is refused, and so is one whose input is (OCM-01)', async () => {
    await expect(verified({ signature: undefined })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ 'signature-input': undefined })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ signature: 'other=:AA==:' })).rejects.toMatchObject(UNAUTHENTICATED);
    await expect(verified({ 'signature-input': 'other=("@method")' })).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('needs a digest that we know, and every one that we know must match (OCM-03)', async () => {
    const digest = SUPERSET.headers['content-digest'] ?? '';
    await expect(verified({ 'content-digest': 'md5=:AA==:' })).rejects.toMatchObject({
      detail: 'no digest that we know',
    });
    const wrong = `${digest}, sha-512=:AAAA:`;
    await expect(verified({ 'content-digest': wrong })).rejects.toMatchObject({
      detail: 'the sha-512 digest does not match',
    });
    await expect(verified({ 'content-digest': 'sha-256="text"' })).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it('whose id names no host is looked for at every cloud for which the message speaks', async () => {
    const newest = vector('the newest text: the tag says it, no date, no algorithm');
    const { verifier: other, keys } = await verifierFor(newest);
    const signer = await other.verify(requestWith(newest), from('cedar.example', 'alder.example'));
    expect(signer).toEqual({ scheme: 'rfc9421', host: 'alder.example', keyId: 'key-2026' });
    expect(keys.asked).toEqual(['cedar.example key-2026', 'alder.example key-2026']);
  });
});

describe('a signature of the draft', () => {
  let verifier: SignatureVerifier;

  beforeEach(async () => {
    ({ verifier } = await verifierFor(NEXTCLOUD));
  });

  const verified = (headers: Readonly<Record<string, string | undefined>>): Promise<unknown> =>
    verifier.verify(requestWith(NEXTCLOUD, { headers }), from('alder.example'));

  it.each(['(request-target) ', 'content-length ', 'date ', 'digest ', ' host'])(
    'that does not cover %s is refused (OCM-01)',
    async (header) => {
      await expect(verified(cavage(header, ''))).rejects.toMatchObject({
        ...UNAUTHENTICATED,
        detail: `${header.trim()} not covered`,
      });
    },
  );

  it.each([
    ['HMAC', 'rsa-sha512', 'hmac-sha256'],
    ['hs2019, which says nothing', 'rsa-sha512', 'hs2019'],
    ['SHA-1', 'rsa-sha512', 'rsa-sha1'],
    ['none', 'rsa-sha512', 'none'],
    ['the RFC', 'rsa-sha512', 'rsa-v1_5-sha256'],
    ['another hash than it was made with', 'rsa-sha512', 'rsa-sha256'],
    ['nothing', 'algorithm="rsa-sha512",', ''],
  ])('that names %s as its algorithm is refused (OCM-03)', async (_what, before, after) => {
    await expect(verified(cavage(before, after))).rejects.toMatchObject(UNAUTHENTICATED);
  });

  it.each([
    ['no keyId', /keyId="[^"]+",/, ''],
    ['an empty keyId', /keyId="[^"]+"/, 'keyId=""'],
    ['a keyId without end', 'keyId="', `keyId="${'k'.repeat(1_025)}`],
    ['a keyId by http, which nobody published', 'https:', 'http:'],
    ['no headers', /headers="[^"]+",/, ''],
    ['a header twice', 'date digest', 'date date digest'],
    [
      'more headers than anybody needs',
      'date digest',
      `date digest ${Array.from({ length: 50 }, (_, at) => `x${String(at)}`).join(' ')}`,
    ],
    ['a header that is not there', 'date digest', 'date x-not-there digest'],
    ['no signature', /,signature="[^"]+"/, ''],
    ['a signature that is no base64', 'signature="', 'signature="*'],
    ['a signature that Node would mend', /==?"$/, '"'],
    ['a parameter twice', 'algorithm=', 'keyId="a",algorithm='],
    ['a parameter twice, in other letters', 'algorithm=', 'KEYID="a",algorithm='],
    ['a quote that does not end', /"$/, ''],
    ['garbage behind it', /$/, ' and so on'],
  ])('with %s is refused', async (_what, before, after) => {
    await expect(verified(cavage(before, after))).rejects.toMatchObject({
      code: expect.stringMatching(/^unauth|^forbid/),
    });
  });

  it.each([
    ['another form', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['no calendar', 'Mon, 31 Nov 2026 00:00:00 GMT'],
    ['another zone', 'Sat, 21 Nov 2026 00:04:26 +0100'],
    ['nothing', ''],
  ])('with a date of %s is refused', async (_what, date) => {
    await expect(verified({ date })).rejects.toMatchObject({ ...UNAUTHENTICATED, detail: 'date is malformed' });
  });

  it('needs a digest that we know, and every one that we know must match (OCM-03)', async () => {
    const digest = NEXTCLOUD.headers['digest'] ?? '';
    await expect(verified({ digest: 'MD5=AAAA' })).rejects.toMatchObject({ detail: 'no digest that we know' });
    await expect(verified({ digest: `${digest},SHA-256=AAAA` })).rejects.toMatchObject({
      detail: 'the sha-256 digest does not match',
    });
    await expect(verified({ digest: `${digest},` })).rejects.toMatchObject({ detail: 'digest is malformed' });
  });

  it('covers each of its headers once: a second line of any makes it void', async () => {
    for (const name of ['date', 'digest', 'content-length', 'signature']) {
      const request = requestWith(NEXTCLOUD);
      const twice = { ...request, rawHeaders: [...request.rawHeaders, name, NEXTCLOUD.headers[name] ?? ''] };
      await expect(verifier.verify(twice, from('alder.example')), name).rejects.toMatchObject(UNAUTHENTICATED);
    }
  });

  it('stands when a proxy in front of us put its own host there, or wrote ours in other letters', async () => {
    expect(await verified({ host: '127.0.0.1:8080' })).toMatchObject({ host: 'alder.example' });
  });

  it('is not hidden by an input of the RFC beside it', async () => {
    const broken = { ...cavage(/signature="...../, 'signature="AAAAA'), 'signature-input': 'proxy=("@method")' };
    await expect(verified(broken)).rejects.toMatchObject({ ...UNAUTHENTICATED, detail: 'bad signature' });
  });
});

describe('an unsigned request', () => {
  const unsigned = { headers: { 'signature-input': undefined, signature: undefined } };

  it.each([
    ['opportunistic', false, undefined],
    ['opportunistic', true, 'unauthenticated'],
    ['required', false, 'unauthenticated'],
    ['off', true, undefined],
  ] as const)(
    'under the policy %s, its cloud being known to sign: %s → %s (OCM-01)',
    async (policy, isKnownToSign, code) => {
      const { verifier } = await verifierFor(SUPERSET);
      const asking = verifier.verify(requestWith(SUPERSET, unsigned), {
        hosts: ['alder.example'],
        policy,
        isKnownToSign,
      });
      if (code === undefined) expect(await asking).toBeUndefined();
      else await expect(asking).rejects.toMatchObject({ code, detail: 'unsigned' });
    },
  );
});
