export { HashThread } from './hash-thread.js';
export { InlineHash, type PieceHash } from './piece-hash.js';
