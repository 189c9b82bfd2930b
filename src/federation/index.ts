export * from './announcing.js';
export * from './arrivals/arriving-notifications.js';
export * from './arrivals/arriving-shares.js';
export { Hints, type HintsInputs } from './arrivals/hints.js';
export {
  readAddresses,
  readFields,
  RESULT_PATH,
  type AddressBook,
  type CloudSpacesInputs,
} from './cloudspaces/index.js';
export * from './courier.js';
export { DeskLocator } from './desk-locator.js';
export type { Gate } from './peer-call/gate.js';
export * from './ports/dialect.js';
export * from './ports/message.js';
export * from './dialects/csinterop/index.js';
export * from './dialects/nec/index.js';
export * from './dialects/ocm/index.js';
export * from './dialects/spec/index.js';
export * from './foreign-folders.js';
export * from './introductions.js';
export * from './recipients.js';
export * from './ocm/index.js';
export { createSignedWire, type SignedWire } from './peer-call/signed-wire.js';
export { NoticedClock, type PeerClock } from './peer-call/skew.js';
export * from './ports/storage-api.js';
export { createDavApi, davAddresses } from './storage-apis/webdav/index.js';
export { createStacksyncApi, resourceAddresses as stacksyncAddresses } from './storage-apis/stacksync-v2/index.js';
