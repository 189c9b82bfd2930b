import { hostOf } from '../kernel/index.js';
import { algorithmNamed } from './algorithms.js';
import { BrokenSignature, LONGEST_KEY_ID, MOST_COVERED, type SignatureClaim } from './claim.js';
import { checkLegacyDigest } from './digests.js';
import { partsOf, valuesOf, type ReceivedRequest } from './request.js';
import { checkContentLength } from './rfc9421.js';
import { LONGEST_FIELD } from './structured-fields.js';

/** What Nextcloud signs, in its order (open-cloud-mesh.md 10.3). */
export const CAVAGE_HEADERS = ['(request-target)', 'content-length', 'date', 'digest', 'host'] as const;

/**
 * True for a `Signature` header in the form of the draft. In RFC 9421 a label comes first, and the signature stands
 * between colons.
 */
export function looksLikeCavage(header: string): boolean {
  return /(?:^|[,\s])(?:keyId|algorithm|headers|signature)="/i.test(header);
}

/** Reads the signature of the draft that a request carries. Throws {@link BrokenSignature} when it cannot be right. */
export function readCavage(header: string, request: ReceivedRequest): SignatureClaim {
  const parameters = readParameters(header);
  const need = (name: string): string => {
    const value = parameters.get(name) ?? '';
    if (value === '') throw new BrokenSignature(`no ${name}`);
    return value;
  };
  const keyId = need('keyid');
  const algorithm = algorithmNamed(need('algorithm'), 'cavage');
  if (algorithm === undefined) throw new BrokenSignature('the algorithm is not accepted');
  if (keyId.length > LONGEST_KEY_ID) throw new BrokenSignature('the keyId is too long');
  const covered = coveredHeaders(need('headers'));
  const signature = octets(need('signature'));
  checkContentLength(request);
  checkLegacyDigest(single(request, 'digest'), request.body);
  const base = cavageBase(covered, request);
  return { kind: 'cavage', keyId, algorithm, base, signature, signedAt: dateOf(request), expiresAt: undefined };
}

const PARAMETER = /[ \t]*([A-Za-z]{1,20})=(?:"([^"]*)"|([0-9]{1,20}))[ \t]*(?:,|$)/y;

/** Nextcloud writes no blanks behind the commas; others may. Names count in any letter case, each once. */
function readParameters(header: string): Map<string, string> {
  if (header.length > LONGEST_FIELD) throw new BrokenSignature('signature is too long');
  const parameters = new Map<string, string>();
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < header.length) {
    const [, name = '', quoted, bare] = PARAMETER.exec(header) ?? [];
    if (name === '' || parameters.has(name.toLowerCase())) throw new BrokenSignature('signature is malformed');
    parameters.set(name.toLowerCase(), quoted ?? bare ?? '');
  }
  return parameters;
}

function coveredHeaders(text: string): string[] {
  const covered = text.toLowerCase().split(' ');
  if (new Set(covered).size !== covered.length) throw new BrokenSignature('a header is covered twice');
  if (covered.length > MOST_COVERED) throw new BrokenSignature('too many covered headers');
  const missing = CAVAGE_HEADERS.filter((name) => !covered.includes(name));
  if (missing.length > 0) throw new BrokenSignature(`${missing.join(', ')} not covered`);
  return covered;
}

function octets(base64: string): Buffer {
  const bytes = Buffer.from(base64, 'base64');
  // Node skips characters that are not base64; we do not, so that one signature has one spelling.
  if (bytes.toString('base64') !== base64) throw new BrokenSignature('the signature is no base64');
  return bytes;
}

function cavageBase(covered: readonly string[], request: ReceivedRequest): string {
  return covered.map((name) => `${name}: ${headerValue(name, request)}`).join('\n');
}

function headerValue(name: string, request: ReceivedRequest): string {
  if (name === '(request-target)') return `${request.method.toLowerCase()} ${signedPath(request)}`;
  if (name === 'host') return signedHost(request);
  return single(request, name);
}

/** The path that was signed. The draft as Nextcloud uses it signs no query, so a request with one is refused. */
function signedPath({ target }: ReceivedRequest): string {
  if (target.includes('?')) throw new BrokenSignature('the query is not covered');
  return partsOf(target).path;
}

/**
 * The host that must have been signed: our public one, in the spelling of the sender. If a proxy has put another into
 * the header, in our own.
 */
function signedHost(request: ReceivedRequest): string {
  const own = hostOf(request.origin);
  const sent = valuesOf(request, 'host');
  const [spelled = ''] = sent;
  return sent.length === 1 && hostOf(spelled) === own ? spelled : (own ?? '');
}

function single(request: ReceivedRequest, name: string): string {
  const values = valuesOf(request, name);
  const [value] = values;
  if (value === undefined || values.length > 1) throw new BrokenSignature(`there must be one ${name}`);
  return value;
}

/** A date as HTTP writes it (RFC 9110 5.6.7, the form that is in use). */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function dateOf(request: ReceivedRequest): number {
  const text = single(request, 'date');
  const moment = HTTP_DATE.test(text) ? Date.parse(text) : NaN;
  // `Date` moves days that do not exist, such as the 31st of November, to the next month.
  if (Number.isNaN(moment) || new Date(moment).toUTCString() !== text) throw new BrokenSignature('date is malformed');
  return moment;
}
