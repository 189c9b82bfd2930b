export * from './database.js';
export * from './limiter.js';
export * from './log.js';
export * from './migrations.js';
export * from './outbound.js';
export * from './sealing.js';
export * from './system-clock.js';
export * from './system-random.js';
