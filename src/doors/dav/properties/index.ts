export { PropertyTeller, propstat, responseOf } from './answers.js';
export { FactFinder, type Facts, type ShownLock } from './facts.js';
export { timeOf } from './live.js';
export { sharePermissionsOf } from './permissions.js';
export { lockDiscovery } from './locks.js';
export { judgePatch, namesOnly, RESOURCE_TYPE, type Patch, type Patched } from './patching.js';
