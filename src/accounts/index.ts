export { type Account } from './account.js';
export { Accounts, type AccountChanges, type Ending, type OnEnding } from './accounts.js';
export { ACCOUNT_PURPOSE, Addresses, type Address, type CodePurpose } from './addresses.js';
export { type Letter, type Post } from './letter.js';
export { PasswordHasher } from './password-hasher.js';
export { PasswordLinks, type PasswordLinksInputs } from './password-links.js';
export { Passwords, type Origin, type SignIn } from './passwords.js';
export { SESSION_LIFETIME, SessionStore } from './sessions.js';
export { createPassport } from './sign-in.js';
