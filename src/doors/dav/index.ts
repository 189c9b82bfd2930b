export { createDavDoor } from './routes.js';
export type { DavInputs } from './world/index.js';
