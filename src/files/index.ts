export { Access, type AskGrantTerms, type Reached, type ReachedAbroad, type ReachedHere } from './access/access.js';
export {
  copies,
  followsPaths,
  historyOf,
  keepsOrder,
  keepsTimes,
  keepsVersions,
  knowsQuota,
  type CopyingSpace,
  type DatedSpace,
  type GivenLock,
  type LocatedSpace,
  type LockingSpace,
  type PassedLock,
  type FolderOnWay,
  type MeasuredSpace,
  type OrderedSpace,
  type RememberingSpace,
  type Seen,
  type SpaceQuota,
  type VersionedSpace,
  type WayfindingSpace,
} from './space/abilities.js';
export { isAtOrBelow, type Whereabouts } from './space/whereabouts.js';
export { findAlong, findByNames, listAlong } from './space/along.js';
export { childNamed, eachOf } from './space/children.js';
export { nearestIn } from './space/order.js';
export {
  changesSince,
  cursorOf,
  lastChangeIn,
  lastChangesOf,
  type TreeChange,
  type ChangesSince,
  type ChangeScope,
} from './changes/since.js';
export type { ChangeKind } from './changes/note.js';
export * from './space/file-space.js';
export * from './space/item.js';
export * from './local/local-space.js';
export { desktopLock, enterLock, shownLock, writeDesktopLock } from './locks/desktop-locks.js';
export { LockGuard } from './locks/guard.js';
export type { HeldLock, LockWish } from './locks/held-lock.js';
export { isHeld, type DesktopRow, type LockRow } from './locks/lock-row.js';
export { ForeignLocks, ITEM_KEEPERS, type ForeignTouch } from './locks/foreign-locks.js';
export { Locks, type LocksInputs } from './locks/locks.js';
export { Properties, type PropertiesInputs } from './properties/properties.js';
export type { Property, PropertyName, PropertyStep } from './properties/property.js';
export { copyProperties } from './properties/rows.js';
export { grantRefused } from './space/failures.js';
export { checkChange, checkRead, rangeStillFits } from './space/preconditions.js';
export { resolveRange } from './space/ranges.js';
export { nameOf } from './records/items.js';
export type { ListingLoss } from './records/listing-losses.js';
export { refusal, type ChangeReason } from './space/refusals.js';
export { listingGivenUp, unusableCount, type Unusable, type UnusableWhy } from './space/unusable.js';
export { Reservations } from './records/reservations.js';
export type { Scope } from './records/item-rows.js';
export {
  ForeignFacts,
  type Fact,
  type HeldThere,
  type KnownFact,
  type MountFacts,
  type NewFact,
  type Sighting,
} from './facts/foreign-facts.js';
export type { Namer } from './records/foreign-ids.js';
export {
  addMember,
  changeMember,
  foldersWithMembers,
  removeMember,
  removeMembersOf,
  removeOverMembers,
  type LocalMember,
  type Membership,
} from './records/members.js';
export * from './space/memory-space.js';
export type { OnMountRefused } from './tree/mount-reach.js';
export {
  addMount,
  changeMount,
  markMount,
  mountByIncoming,
  removeMount,
  topOf,
  type Mount,
  type MountTop,
  type NewMount,
} from './records/mounts.js';
export { moveOutContents } from './local/moving-out.js';
export { namedContents, someContents } from './local/named-contents.js';
export { lockTree, lockTrees, ownsFolder, totalOf, type Usage } from './records/owner.js';
export { stagedName } from './places/staged.js';
export { receivedStates, type ReceivedState, type ReceivedWhere } from './places/received-states.js';
export * from './access/access-check.js';
export * from './local/sweeper.js';
export {
  Trash,
  type EntryCursor,
  type Keeping,
  type OnErased,
  type OnRemoved,
  type Restoration,
  type TrashEntry,
  type TrashInputs,
} from './trash/index.js';
export { FolderNews, type FolderNewsInputs } from './tree/folder-news.js';
export type { FoundThere, GoneFromThere, News, NewsPoint, NewsWish } from './tree/news.js';
export * from './tree/tree.js';
export { Carrying, NO_RECORDING, type Carriage, type Target } from './transfers/carrying.js';
export { MemberFailure, type Fault } from './transfers/fault.js';
export { TRAVELLERS } from './transfers/members.js';
export { whatOf } from './transfers/row.js';
export { forgetTransfersOf } from './transfers/store.js';
export type { Transfer, TransferStatus, TransferWish } from './transfers/transfer.js';
export { Transfers, type TransfersInputs } from './transfers/transfers.js';
export type { OpenedUpload, UploadedPart, UploadTarget, UploadWish } from './uploads/upload.js';
export { Uploads, type NextPiece, type UploadsInputs } from './uploads/uploads.js';
export { nextThinning, thinned, type Dated, type ThinningStep, type ThinningRule } from './versions/index.js';
