export { Lease } from './lease.js';
export { draftName, sweepDrafts } from './sweep-drafts.js';
