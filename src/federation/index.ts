export * from './courier.js';
export { DeskPlaces } from './desk-places.js';
export * from './dialect.js';
export * from './dialects/spec/index.js';
export * from './foreign-folders.js';
export * from './signed-wire.js';
export type { PeerClock } from './skew.js';
export * from './storage-api.js';
export { StacksyncSpace, type Kinds } from './storage-apis/stacksync-v2/index.js';
