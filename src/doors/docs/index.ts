export { describeApi, type Group } from './describe.js';
export { createDocsDoor, type DocsPage } from './routes.js';
