export { DiskReserve } from './disk-reserve.js';
export { withReserve } from './with-reserve.js';
