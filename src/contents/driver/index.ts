export * from './abilities.js';
export * from './driver.js';
export * from './guard.js';
export * from './keys.js';
export * from './listing.js';
export * from './medium.js';
export * from './refusals.js';
