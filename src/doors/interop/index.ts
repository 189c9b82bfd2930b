export * from './credentials-entry.js';
export * from './entry.js';
export * from './proposal-entry.js';
export * from './refusals.js';
export * from './routes.js';
export { interopMessages } from './senders.js';
