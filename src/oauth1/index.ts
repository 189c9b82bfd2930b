export { baseString, baseStringUri, normalise, type SignableRequest } from './base-string.js';
export { createNonceTable, KnexNonceStore, type KnexNonceStoreOptions, type NonceStore } from './nonces.js';
export {
  formatAuthorization,
  formatPairs,
  isOAuthScheme,
  isProtocolName,
  parseAuthorization,
  parsePairs,
  percentEncode,
  type Pair,
} from './parameters.js';
export { type Transport } from './protocol.js';
export { type Problem } from './refusals.js';
export { createSigner, type Credentials, type OutgoingRequest, type Signer, type SigningOptions } from './sign.js';
export {
  bodyHash,
  digestOf,
  isUsableSecret,
  sameText,
  signature,
  signatureMatches,
  signingKey,
  type SignatureMethod,
} from './signature.js';
export {
  createVerifier,
  type FoundConsumer,
  type FoundToken,
  type IncomingRequest,
  type Verified,
  type Verifier,
} from './verify.js';
