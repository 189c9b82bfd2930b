import { looksLikeCavage, readCavage } from './cavage.js';
import { BrokenSignature, type CarriedSignature } from './claim.js';
import { valuesOf, type ReceivedRequest } from './request.js';
import { readRfc9421 } from './rfc9421.js';

/** Longest body that may be signed, bytes: Nextcloud's own verifier takes no more (open-cloud-mesh.md 4.1). */
const LONGEST_SIGNED_BODY = 50 * 1024;

const UNSIGNED: CarriedSignature = { kind: 'unsigned' };

/**
 * Finds the signature in a request (open-cloud-mesh.md 10): none, one of the draft, one of the RFC, or one that is
 * broken, whoever made it. Its form, what it covers and the digest of the body are checked here; time, key and the
 * signature itself are not. Never throws.
 */
export function readSignature(request: ReceivedRequest): CarriedSignature {
  try {
    return read(request);
  } catch (error) {
    if (error instanceof BrokenSignature) return { kind: 'broken', why: error.message };
    throw error;
  }
}

function read(request: ReceivedRequest): CarriedSignature {
  const [signatures, inputs] = [valuesOf(request, 'signature'), valuesOf(request, 'signature-input')];
  if (signatures.length === 0 && inputs.length === 0) return UNSIGNED;
  if (request.body.length > LONGEST_SIGNED_BODY) throw new BrokenSignature('the body is too long');
  const [header = ''] = signatures;
  if (signatures.length === 1 && looksLikeCavage(header)) return readCavage(header, request);
  if (inputs.length === 0) throw new BrokenSignature('the signature-input is missing');
  return readRfc9421(request) ?? UNSIGNED;
}
