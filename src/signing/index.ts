export { baseString, baseStringUri, splitTarget, type SignableRequest } from './base-string.js';
export {
  formatAuthorization,
  formatPairs,
  isOAuthScheme,
  isProtocolName,
  isWellFormed,
  parseAuthorization,
  parsePairs,
  percentEncode,
  type Pair,
} from './parameters.js';
export { isUsableSecret, signingKey } from './secrets.js';
