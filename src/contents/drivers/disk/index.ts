export { diskCalls, type DiskCalls, type DiskFile } from './calls/disk-calls.js';
export { DiskDriver, type DiskDriverOptions } from './disk-driver.js';
export * from './identity/index.js';
export { openDisk } from './open-disk.js';
