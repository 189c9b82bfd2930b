import fc from 'fast-check';
import type { Pair } from '../../src/oauth1/index.js';

/** The methods that need no more than the two secrets. */
export type SecretMethod = 'HMAC-SHA1' | 'HMAC-SHA256' | 'PLAINTEXT';

/** A request to be signed, as raw as it would be on the wire. */
export interface Sample {
  readonly method: string;
  readonly origin: string;
  readonly path: string;
  /** Without its question mark. */
  readonly query: string;
  /** The fields of a form-encoded body, decoded. */
  readonly form: readonly Pair[];
  readonly consumerSecret: string;
  readonly token: { readonly key: string; readonly secret: string } | undefined;
  readonly signatureMethod: SecretMethod;
}

const ORDINARY = ['http://cloud-a.example', 'https://cloud-a.example', 'http://cloud-a.example:8080'];
const ODD = [
  'http://Cloud-A.EXAMPLE',
  'HTTPS://cloud-a.example:443',
  'http://cloud-a.example:80',
  'https://cloud-a.example:80',
  'http://cloud-a.example:443',
  'https://127.0.0.1:8443',
  'http://[2001:db8::1]:8080',
];

const PATH = ['/v1/folder/0', '/v1/file', '/v1/file/12/data', '/', '', '/oauth/request_token'];
const SEGMENTS = [
  ...['v1', 'File', '12', '', '.', '..', 'a+b', 'a%20b', '~bo', 'x;y=1', 'a:b@c', "it's", '!(x)*', '$&,=', 'a%2Fb'],
  ...['a%2fb', '%7Ebo', '%41', '%C3%A9', '%c3%a9'],
];

/** Pieces of a query: each is whole, so that any row of them can be decoded. */
const NAME = [
  ...['a', 'b', 'Z', '0', '10', '-', '.', '_', '~', '+', '%20', '/', '?', ';', ':', '@', '!', "'", '(', ')', '*', ','],
  ...['%2B', '%2f', '%25', '%26', '%3D', '%41', '%7e', '%C3%A9', '%c3%a9', '%EF%BF%BD', '%F0%9F%98%80', '[', ']'],
  ...['%5B', '%00', '%0A', '$', '%E5%90%8D'],
];
const VALUE = [...NAME, '=', '=='];
/** Names that JavaScript objects have already. */
const INHERITED = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'];

const textOf = (pieces: readonly string[], maxLength: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(...pieces), { maxLength }).map((some) => some.join(''));

const mostly = <T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 5, arbitrary: usual }, { weight: 1, arbitrary: rare });

const origin = mostly(fc.constantFrom(...ORDINARY), fc.constantFrom(...ODD));
const path = mostly(
  fc.constantFrom(...PATH),
  fc.array(fc.constantFrom(...SEGMENTS), { maxLength: 3 }).map((some) => `/${some.join('/')}`),
);

/** Mostly names of their own, so that repeats are not everywhere. */
const name = fc.oneof(
  { weight: 20, arbitrary: textOf(NAME, 3) },
  { weight: 5, arbitrary: fc.stringMatching(/^[a-z]{3,8}$/) },
  { weight: 1, arbitrary: fc.constantFrom(...INHERITED) },
);
const piece = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(name, textOf(VALUE, 4)).map(([left, right]) => `${left}=${right}`) },
  { weight: 1, arbitrary: name },
  { weight: 1, arbitrary: fc.constant('') },
);
const query = mostly(
  fc.array(piece, { maxLength: 4 }),
  fc
    .tuple(fc.array(piece, { maxLength: 3 }), name, textOf(VALUE, 2), textOf(VALUE, 2))
    .map(([more, same, x, y]) => [...more, `${same}=${x}`, `${same}=${y}`]),
).map((pieces) => pieces.join('&'));

const text = fc.string({ unit: 'grapheme', maxLength: 6 });
const formName = mostly(fc.string({ unit: 'grapheme-ascii', maxLength: 5 }), fc.constantFrom(...INHERITED, 'a', 'b'));
const field = fc.tuple(formName, text);
const secret = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 });

/** Requests as clients make them and as nobody should, the plain ones more often. */
export const samples: fc.Arbitrary<Sample> = fc.record({
  method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'post'),
  origin,
  path,
  query,
  form: mostly(fc.constant<[string, string][]>([]), fc.array(field, { maxLength: 3 })),
  consumerSecret: secret,
  token: mostly(fc.record({ key: fc.stringMatching(/^[A-Za-z0-9]{8,20}$/), secret }), fc.constant(undefined)),
  signatureMethod: fc.constantFrom('HMAC-SHA1', 'HMAC-SHA1', 'HMAC-SHA256', 'PLAINTEXT'),
});
