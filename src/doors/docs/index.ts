export { describeApi, type Group } from './describe.js';
export { createDocsDoor } from './routes.js';
