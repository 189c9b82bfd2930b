export { AccessTokens } from './access-tokens.js';
export type { AccessTokensParts, FoundToken, IssuedAccess, IssuedToken, ListedToken } from './access-tokens.js';
export type { Callback } from './callback.js';
export type { Client, ClientOptions, ClientWithSecret } from './client.js';
export { Clients, type ClientsParts } from './clients.js';
export { DelegatedTokens, type FoundDelegation } from './delegated-tokens.js';
export {
  TemporaryCredentials,
  type Approval,
  type PendingAccess,
  type TemporaryCredentialsParts,
} from './temporary-credentials.js';
