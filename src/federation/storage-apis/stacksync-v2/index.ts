export { createStacksyncApi } from './api.js';
export { signingCredentials } from './credentials.js';
export { KeptListings, type ShareListings } from './memory/kept-listings.js';
export { parseResource, resourceAddresses } from './resource.js';
export { StacksyncSpace, type StacksyncSpaceInputs } from './space.js';
