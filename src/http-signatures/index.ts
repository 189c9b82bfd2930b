export { signatureFits, type Algorithm, type SignatureScheme } from './algorithms.js';
export { readSignature } from './carried.js';
export { type CarriedSignature, type SignatureClaim } from './claim.js';
export { contentDigest, legacyDigest } from './digests.js';
export { jwkSet, readJwkSet, type OwnJwk } from './jwk-set.js';
export { readJwk, readRsaPem, type PublishedKey } from './keys.js';
export type { SignaturePolicy } from './policy.js';
export { type ReceivedRequest } from './request.js';
export { messageSignature } from './rfc9421.js';
export { signCavage, signMessage, type OutgoingMessage, type OwnKey, type SignedHeaders } from './sign.js';
export {
  createSignatureVerifier,
  hostOfKeyId,
  type Expectation,
  type KeyDirectory,
  type SeenSignatures,
  type SignatureVerifier,
  type SignatureVerifierOptions,
  type MessageSigner,
} from './verify.js';
