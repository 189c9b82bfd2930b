export { JsonRefusal } from './bounds.js';
export { parseForeignJson, readForeignJson, tryForeignJson, type ForeignList } from './reading.js';
