export * from './entry.js';
export * from './refusals.js';
export * from './routes.js';
