import { SECOND } from '../kernel/index.js';
import { algorithmNamed } from './algorithms.js';
import { BrokenSignature, LONGEST_KEY_ID, MOST_COVERED, type SignatureClaim } from './claim.js';
import { signatureBase } from './components.js';
import { checkContentDigest } from './digests.js';
import { valuesOf, type ReceivedRequest } from './request.js';
import {
  isInnerList,
  octetsOf,
  readDictionary,
  writeInnerList,
  type Attributes,
  type Dictionary,
  type FieldItem,
} from './structured-fields.js';

/**
 * The mark of signatures of this protocol: the tag in the newest text, the label in those before (open-cloud-mesh.md
 * 10.2).
 */
export const OCM_MARK = 'ocm';

/** The components that every signature has to cover (open-cloud-mesh.md 10.2). Older texts demand `date` too. */
export const REQUIRED_COMPONENTS = ['@method', '@target-uri', 'content-digest', 'content-length'] as const;

/** One signature of a request, taken apart (RFC 9421 4). */
export interface MessageSignature {
  /** The names of the covered components, in order. */
  readonly covered: readonly string[];
  readonly parameters: Attributes;
  readonly base: string;
  readonly octets: Buffer;
}

/**
 * The signature of this protocol that a request carries: the one with the tag `ocm`, or else with that label; undefined
 * when there is none. Throws {@link BrokenSignature} when there are several, or it cannot be right.
 */
export function readRfc9421(request: ReceivedRequest): SignatureClaim | undefined {
  const inputs = readDictionary('signature-input', valuesOf(request, 'signature-input'));
  const label = labelIn(inputs);
  if (label === undefined) return checkNoneStripped(request);
  const signature = messageSignature(label, inputs, request);
  checkCoverage(signature.covered);
  checkBody(request);
  return claimOf(signature);
}

function labelIn(inputs: Dictionary): string | undefined {
  const tagged = [...inputs].filter(([, [, parameters]]) => parameters.get('tag') === OCM_MARK).map(([label]) => label);
  if (tagged.length > 1) throw new BrokenSignature('more than one signature of this protocol');
  return tagged[0] ?? (inputs.has(OCM_MARK) ? OCM_MARK : undefined);
}

/**
 * Throws when there is a signature of our label without its `Signature-Input`: the message was signed and something
 * removed that, so that it must not pass as unsigned (OCM-01).
 */
function checkNoneStripped(request: ReceivedRequest): undefined {
  const signatures = readDictionary('signature', valuesOf(request, 'signature'));
  if (signatures.has(OCM_MARK)) throw new BrokenSignature('the signature-input is missing');
}

/** Reads the signature with this label, whatever it covers. Throws {@link BrokenSignature}. */
export function messageSignature(label: string, inputs: Dictionary, request: ReceivedRequest): MessageSignature {
  const input = inputs.get(label);
  if (input === undefined || !isInnerList(input)) throw new BrokenSignature('signature-input is malformed');
  const octets = octetsOf(readDictionary('signature', valuesOf(request, 'signature')).get(label));
  if (octets === undefined) throw new BrokenSignature('the signature itself is missing');
  const covered = input[0].map(componentName);
  if (new Set(covered).size !== covered.length) throw new BrokenSignature('a component is covered twice');
  if (covered.length > MOST_COVERED) throw new BrokenSignature('too many covered components');
  // In the one spelling that signers use (RFC 9421 2.3), since proxies may have changed blanks.
  const parameters = writeInnerList(input);
  return { covered, parameters: input[1], base: signatureBase(covered, parameters, request), octets };
}

/**
 * The name of a component. Those with parameters are refused: no message of this protocol has to cover one, and we
 * could not tell their values.
 */
function componentName([name, parameters]: FieldItem): string {
  if (typeof name !== 'string' || parameters.size > 0) throw new BrokenSignature('a covered component is not known');
  return name;
}

function checkCoverage(covered: readonly string[]): void {
  const missing = REQUIRED_COMPONENTS.filter((name) => !covered.includes(name));
  if (missing.length > 0) throw new BrokenSignature(`${missing.join(', ')} not covered`);
}

function checkBody(request: ReceivedRequest): void {
  checkContentDigest(valuesOf(request, 'content-digest'), request.body);
  checkContentLength(request);
}

/** Throws {@link BrokenSignature} unless the request has exactly one `Content-Length`, and it is that of the body. */
export function checkContentLength(request: ReceivedRequest): void {
  const lengths = valuesOf(request, 'content-length');
  if (lengths.length !== 1 || lengths[0] !== String(request.body.length)) {
    throw new BrokenSignature('content-length does not match');
  }
}

function claimOf({ parameters, base, octets }: MessageSignature): SignatureClaim {
  const [keyId, created, expires] = [parameters.get('keyid'), parameters.get('created'), parameters.get('expires')];
  if (typeof keyId !== 'string' || keyId === '' || keyId.length > LONGEST_KEY_ID) throw new BrokenSignature('no keyid');
  if (!isMoment(created)) throw new BrokenSignature('no created');
  if (expires !== undefined && !isMoment(expires)) throw new BrokenSignature('expires is malformed');
  return {
    kind: 'rfc9421',
    keyId,
    base,
    signature: octets,
    algorithm: algorithmOf(parameters),
    signedAt: created * SECOND,
    expiresAt: expires === undefined ? undefined : expires * SECOND,
  };
}

function algorithmOf(parameters: Attributes): SignatureClaim['algorithm'] {
  const alg = parameters.get('alg');
  if (alg === undefined) return undefined;
  const algorithm = typeof alg === 'string' ? algorithmNamed(alg, 'rfc9421') : undefined;
  if (algorithm === undefined) throw new BrokenSignature('the algorithm is not accepted');
  return algorithm;
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0;
}
