export * from './courier.js';
export * from './dialect.js';
export * from './dialects/spec/index.js';
export * from './signed-wire.js';
