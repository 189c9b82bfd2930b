export { dataFingerprint } from './known-store.js';
export { IdentityGuard } from './guard.js';
export { settleIdentity, type IdentityInputs, type StorageClaim } from './settle.js';
export { forgetUnclaimed, unclaimedOf } from './unclaimed.js';
