export {
  createStorageAuthorizer,
  type StorageAuthorizerInputs,
  type StorageConsumer,
  type StorageToken,
} from './authorize.js';
export type { Delegate, FolderSharing, ShareRequest, StorageCaller, StorageTree } from './ports.js';
export { refuse as refuseStorage } from './refusals.js';
export { createStacksyncDoor, storageRows, type StacksyncInputs } from './routes.js';
