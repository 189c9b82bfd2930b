export { readDate, writeDate } from './dates.js';
export { decodeName, encodeName, hrefOf } from './escapes.js';
export * from './xml/index.js';
