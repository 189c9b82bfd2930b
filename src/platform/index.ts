export * from './outbound/authorities.js';
export * from './database/database.js';
export { isLoopback } from './outbound/addresses.js';
export { proveKey } from './canary.js';
export { isProxyIn, networkOf } from './network.js';
export { connectionsWithin } from './descriptors.js';
export { flow, LendingBody, WholeBody } from './streams/flow.js';
export { heldBack } from './streams/held-back.js';
export { keepMeta, metaValue } from './database/meta.js';
export { HashThread, InlineHash, type PieceHash } from './hashing/index.js';
export {
  JsonRefusal,
  parseForeignJson,
  readForeignJson,
  tryForeignJson,
  type ForeignList,
} from './foreign-json/index.js';
export * from './limiter.js';
export * from './database/lists/index.js';
export * from './log.js';
export { keepNewest } from './newest.js';
export * from './database/migrations.js';
export * from './outbound/outbound.js';
export * from './database/remembered.js';
export { placeholders, rowsOf, written, type Value } from './database/statements/index.js';
export * from './sealing.js';
export * from './system-clock.js';
export * from './system-random.js';
export * from './reserve/index.js';
export { type SqliteDriver } from './database/sqlite/index.js';
export { isDiskFull, troubleOf } from './troubles.js';
export { inPieces, longWork } from './turns/long-work.js';
export {
  askedBy,
  askedUntil,
  Asker,
  askerNow,
  askerOf,
  OWN_WORK,
  noteAsker,
  turnOfLoop,
  turnOfRequest,
  Turns,
} from './turns/index.js';
