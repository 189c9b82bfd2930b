export * from './cached-content-store.js';
export * from './content-store.js';
export * from './disk-content-store.js';
export { diskCalls, type DiskCalls, type DiskFile } from './disk-calls.js';
export * from './memory-content-store.js';
