export { baseString, baseStringUri, splitTarget, type SignableRequest } from './base-string.js';
export { challenge, saysNonceUsed } from './challenge.js';
export {
  formatAuthorization,
  formatPairs,
  isOAuthScheme,
  isProtocolName,
  isWellFormed,
  parseAuthorization,
  parsePairs,
  percentEncode,
  type Charset,
  type Pair,
} from './parameters.js';
export { isUsableSecret, signingKey } from './secrets.js';
