export { type BorrowedItem, type BorrowedRoot } from './borrowed.js';
export { ZOE } from './people.js';
export { type NoticeKind, type OcmProfile } from './profile.js';
export { OCM_PROFILES, type OcmProfileName } from './profiles.js';
export { type Answered, type Gift, type GivenShare } from './giving.js';
export { OcmServer, type Heard } from './server.js';
export { type TakenShare } from './taking.js';
