export {
  createStorageAuthorizer,
  type StorageAuthorizerInputs,
  type StorageConsumer,
  type StorageToken,
} from './authorize.js';
export { storageParties, type PartyInputs } from './parties.js';
export type { Delegate, StorageCaller } from './wire/ports.js';
export { refuse as refuseStorage } from './refusals.js';
export { createStacksyncDoor, storageRows, type StacksyncInputs } from './routes.js';
