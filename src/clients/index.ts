export { AccessTokens } from './access-tokens.js';
export type { AccessTokensParts, TokenOfApp, IssuedAccess, IssuedToken, ListedToken } from './access-tokens.js';
export {
  AppPasswords,
  type AppPasswordsParts,
  type BasicProof,
  type IssuedAppPassword,
  type ListedAppPassword,
} from './app-passwords.js';
export type { Callback } from './callback.js';
export type { Client, ClientOptions, ClientWithSecret } from './client.js';
export { Clients, type ClientsParts } from './clients.js';
export { DelegatedTokens, type FoundDelegation } from './delegated-tokens.js';
export type { UsedKey } from './last-used.js';
export {
  TemporaryCredentials,
  type Approval,
  type PendingAccess,
  type TemporaryCredentialsParts,
} from './temporary-credentials.js';
