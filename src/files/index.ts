export * from './file-space.js';
export * from './item.js';
