export { Access, type GrantStanding, type Reached, type ReachedAbroad, type ReachedHere } from './access.js';
export * from './file-space.js';
export * from './item.js';
export * from './local-space.js';
export { Reservations } from './reservations.js';
export type { OnRemoved } from './local-writes.js';
export type { Scope } from './item-rows.js';
export {
  addMember,
  changeMember,
  removeMember,
  removeMembersOf,
  removeOverMembers,
  type Member,
  type Membership,
} from './members.js';
export * from './memory-space.js';
export type { OnMountRefused } from './mount-reach.js';
export {
  addMount,
  changeMount,
  mountByIncoming,
  removeMount,
  topOf,
  type Mount,
  type MountTop,
  type NewMount,
} from './mounts.js';
export { lockTree, lockTrees, ownsFolder } from './owner.js';
export * from './standing.js';
export * from './sweeper.js';
export * from './tree.js';
