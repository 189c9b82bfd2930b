export * from './checksums.js';
export * from './destination.js';
export * from './headers.js';
export * from './if-header.js';
export * from './paths.js';
export * from './report-bodies.js';
export * from './xml-bodies.js';
