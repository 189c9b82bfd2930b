export {
  baseString,
  baseStringUri,
  formatAuthorization,
  formatPairs,
  isProtocolName,
  isUsableSecret,
  parseAuthorization,
  parsePairs,
  percentEncode,
  saysNonceUsed,
  signingKey,
  type Charset,
  type Pair,
  type SignableRequest,
} from '../signing/index.js';
export { formCharset } from './form-type.js';
export { createNonceTable, hasNonceTable } from './nonce-table.js';
export { KnexNonceStore, type KnexNonceStoreOptions, type NonceStore } from './nonces.js';
export { type Transmission } from './protocol.js';
export { challengeOf, type ProofProblem } from './refusals.js';
export { createSigner, type Credentials, type OutgoingRequest, type Signer, type SigningOptions } from './sign.js';
export {
  bodyHash,
  digestOf,
  HMAC_METHODS,
  sameText,
  signature,
  SIGNATURE_METHODS,
  signatureMatches,
  type SecretMethod,
  type SignatureMethod,
} from './signature.js';
export {
  createVerifier,
  type FoundConsumer,
  type FoundToken,
  type IncomingRequest,
  type Verified,
  type Verifier,
  type VerifierOptions,
} from './verify.js';
