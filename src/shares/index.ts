export * from './agreement.js';
export * from './transitions.js';
export * from './views.js';
