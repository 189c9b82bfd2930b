export { JoinedContentStore, namedWithParts, type JoinedInputs } from './joined-content-store.js';
