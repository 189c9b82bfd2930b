export { describeApi, type Api, type Group } from './describe.js';
export { createDocsDoor, type DocsInputs } from './routes.js';
