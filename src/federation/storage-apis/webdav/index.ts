export { createDavApi, type DavApiInputs } from './api.js';
export { davAddresses } from './wire/addresses.js';
