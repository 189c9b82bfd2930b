import { createHmac } from 'node:crypto';
import { OAuth } from 'oauth';
import OAuth10a from 'oauth-1.0a';
import oauthSignature from 'oauth-signature';
import type { Pair } from '../../src/oauth1/index.js';
import type { Sample, SecretMethod } from './samples.js';

/** What somebody made of a sample: the protocol parameters that were signed, and the signature. */
export interface Signed {
  readonly protocol: readonly Pair[];
  readonly signature: string;
}

/** Something that a package does otherwise, and who is right. */
export interface Fault {
  readonly what: string;
  /** Where RFC 5849 says what is right. */
  readonly section: string;
  /** True for exactly the samples that the package gets wrong for this reason. */
  readonly concerns: (sample: Sample) => boolean;
  /** A request by which everybody can see it. */
  readonly example: Partial<Sample>;
}

/** An implementation that is not ours. */
export interface OtherSigner {
  readonly name: string;
  readonly methods: readonly SecretMethod[];
  /** Throws what the package throws. */
  sign(sample: Sample): Signed;
  readonly faults: readonly Fault[];
}

/** Query and form as the platform's own parser decodes them. */
function dataOf({ query, form }: Sample): Pair[] {
  return [...queryOf(query), ...form];
}

/** With its question mark: the parser takes one away if there is one. */
const queryOf = (query: string): Pair[] => [...new URLSearchParams(`?${query}`)];

function protocolOf({ token, signatureMethod }: Sample): Pair[] {
  return [
    ['oauth_consumer_key', 'desk'],
    ...(token === undefined ? [] : [['oauth_token', token.key] as const]),
    ['oauth_signature_method', signatureMethod],
    ['oauth_timestamp', '1418000000'],
    ['oauth_nonce', '7d8f3e4a7d8f3e4a1'],
    ['oauth_version', '1.0'],
  ];
}

/** Repeated names as arrays. */
function grouped<T extends object>(pairs: readonly Pair[], into: T): T & Record<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const [name, value] of pairs) groups.set(name, [...(groups.get(name) ?? []), value]);
  for (const [name, values] of groups) {
    Object.defineProperty(into, name, { value: values, enumerable: true, configurable: true, writable: true });
  }
  return into as T & Record<string, string[]>;
}

const namesOf = (pairs: readonly Pair[]): string[] => pairs.map(([name]) => name);
const repeats = (names: readonly string[]): boolean => new Set(names).size < names.length;
const names = (...wanted: readonly string[]) => {
  return (sample: Sample): boolean => namesOf(dataOf(sample)).some((name) => wanted.includes(name));
};

const IPV6: Fault = {
  what: 'drops the brackets of an IPv6 host',
  section: '3.4.1.2',
  concerns: ({ origin }) => origin.includes('['),
  example: { origin: 'http://[2001:db8::1]:8080' },
};

const PROTO: Fault = {
  what: 'loses a parameter called __proto__',
  section: '3.4.1.3.1',
  concerns: names('__proto__'),
  example: { query: '__proto__=1' },
};

/** `oauth` 0.10: reads the URL itself, takes form fields decoded. */
export const oauth: OtherSigner = {
  name: 'oauth',
  methods: ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'],
  sign({ method, origin, path, query, form, consumerSecret, token, signatureMethod }) {
    const client = new OAuth('', '', 'desk', consumerSecret, '1.0', null, signatureMethod);
    const url = `${origin}${path}${query === '' ? '' : `?${query}`}`;
    const fields = grouped(form, {});
    const all = client._prepareParameters(token?.key, token?.secret, method, url, fields);
    const [, signature = ''] = all.at(-1) ?? [];
    return { protocol: all.slice(0, -1).filter(([name]) => name.startsWith('oauth_')), signature };
  },
  faults: [
    {
      what: 'numbers a name that the query repeats, as in a[0] and a[1]',
      section: '3.4.1.3.2',
      concerns: ({ query }) => repeats(namesOf(queryOf(query))),
      example: { query: 'a=1&a=2' },
    },
    {
      what: 'keeps only the query’s of a name that query and form share',
      section: '3.4.1.3.1',
      concerns: ({ query, form }) => namesOf(form).some((name) => namesOf(queryOf(query)).includes(name)),
      example: { query: 'a=1', form: [['a', '2']] },
    },
    {
      what: 'escapes an apostrophe in the path',
      section: '3.4.1.2',
      concerns: ({ path }) => path.includes("'"),
      example: { path: "/it's" },
    },
    {
      what: 'fails on a parameter called hasOwnProperty',
      section: '3.4.1.3.1',
      concerns: names('hasOwnProperty'),
      example: { query: 'hasOwnProperty=1' },
    },
    PROTO,
    IPV6,
  ],
};

/** `oauth-signature` 1.5: takes all parameters decoded, and a URL of which it leaves out the query. HMAC-SHA1 only. */
export const oauthSignaturePackage: OtherSigner = {
  name: 'oauth-signature',
  methods: ['HMAC-SHA1'],
  sign(sample) {
    const { method, origin, path, consumerSecret, token } = sample;
    const protocol = protocolOf(sample);
    const parameters = [...protocol, ...dataOf(sample)].map(([name, value]) => ({ [name]: value }));
    const options = { encodeSignature: false };
    const secrets = [consumerSecret, token?.secret] as const;
    return { protocol, signature: oauthSignature.generate(method, origin + path, parameters, ...secrets, options) };
  },
  faults: [
    {
      what: 'fails on parameters that objects inherit a property of',
      section: '3.4.1.3.1',
      concerns: (sample) => namesOf(dataOf(sample)).some((name) => name in {}),
      example: { query: 'constructor=1' },
    },
    {
      what: 'sorts values before it encodes them',
      section: '3.4.1.3.2',
      concerns: (sample) => sortsOtherwise(dataOf(sample)),
      example: { query: 'a=~&a=%C3%A9' },
    },
    {
      what: 'rewrites escapes in the path: hexadecimal digits in upper case, letters, digits and -._~ bare',
      section: '3.4.1.2',
      concerns: ({ path }) => (path.match(/%[0-9A-Fa-f]{2}/g) ?? []).some(isRewritten),
      example: { path: '/a%2fb' },
    },
    {
      what: 'leaves out the slash of an empty path, and of a bare one if the host is not written in normal form',
      section: '3.4.1.2',
      concerns: ({ origin, path }) => path === '' || (path === '/' && new URL(origin).origin !== origin),
      example: { path: '' },
    },
    IPV6,
  ],
};

function isRewritten(escape: string): boolean {
  return escape !== escape.toUpperCase() || /[\w.~-]/.test(String.fromCharCode(parseInt(escape.slice(1), 16)));
}

/** Whether the values of some name come in another order before than after encoding. */
function sortsOtherwise(pairs: readonly Pair[]): boolean {
  const encode = (value: string): string =>
    encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`);
  return [...new Set(namesOf(pairs))].some((name) => {
    const values = pairs.filter(([other]) => other === name).map(([, value]) => value);
    return [...values].sort().map(encode).join('&') !== values.map(encode).sort().join('&');
  });
}

/** `oauth-1.0a` 2.2: fit only for addresses in normal form and parameters that somebody else has decoded. */
export const oauth10a: OtherSigner = {
  name: 'oauth-1.0a',
  methods: ['HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'],
  sign(sample) {
    const { method, origin, path, consumerSecret, token, signatureMethod } = sample;
    const client = new OAuth10a({
      consumer: { key: 'desk', secret: consumerSecret },
      signature_method: signatureMethod,
      hash_function: (base, key) => {
        if (signatureMethod === 'PLAINTEXT') return key;
        const algorithm = signatureMethod === 'HMAC-SHA1' ? 'sha1' : 'sha256';
        return createHmac(algorithm, key).update(base).digest('base64');
      },
    });
    const url = `${new URL(origin).origin}${path === '' ? '/' : path}`;
    const data = grouped(dataOf(sample), Object.create(null) as object);
    const protocol = protocolOf(sample);
    const stamped = Object.fromEntries(protocol) as unknown as OAuth10a.Data;
    return { protocol, signature: client.getSignature({ method, url, data }, token?.secret, stamped) };
  },
  faults: [PROTO],
};
