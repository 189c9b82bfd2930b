export { INLINE_MOST, InlineContentStore, type InlineInputs } from './inline-content-store.js';
