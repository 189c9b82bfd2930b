export { discard, type Deletion, type OnRemoved } from './discard.js';
export type { EntryCursor, EntryState, TrashEntry } from './entries.js';
export type { OnErased } from './erase.js';
export type { Restored } from './restore.js';
export { freeQuota } from './quota.js';
export { Trash, type Keeping, type Restoration, type Tended, type TrashInputs } from './trash.js';
