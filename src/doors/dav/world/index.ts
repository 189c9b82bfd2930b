export * from './lock-desk.js';
export * from './places.js';
export * from './ports.js';
export * from './refusals.js';
export * from './sync-tokens.js';
export * from './tags.js';
export * from './twice.js';
