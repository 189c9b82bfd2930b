export { createOcmEntry, type OcmEntry } from './entry.js';
export { createOcmRefusals, OCM_MESSAGES } from './refusals.js';
export { createOcmDoor, nothingForServers, ocmRows, type OcmInputs } from './routes.js';
