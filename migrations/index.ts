import type { Migration } from '../src/platform/index.js';
import { accounts } from './0001-accounts.js';
import { peersAndClients } from './0002-peers-and-clients.js';
import { files } from './0003-files.js';
import { shares } from './0004-shares.js';
import { oauthDance } from './0005-oauth-dance.js';
import { desk } from './0006-desk.js';
import { delegatedTokens } from './0007-delegated-tokens.js';
import { joining } from './0008-joining.js';
import { peerProfile } from './0009-peer-profile.js';
import { notices } from './0010-notices.js';
import { audit } from './0011-audit.js';
import { arrivals } from './0012-arrivals.js';
import { deliveryHeads } from './0013-delivery-heads.js';
import { unclaimedContents } from './0014-unclaimed-contents.js';
import { trash } from './0016-trash.js';
import { removedPeople } from './0017-removed-people.js';
import { refusedKeys } from './0020-refused-keys.js';
import { wideVersions } from './0023-wide-versions.js';
import { receiptContents } from './0025-receipt-contents.js';
import { foreignItemsSeen } from './0027-foreign-items-seen.js';
import { listKeys } from './0029-list-keys.js';
import { accountChanges } from './0032-account-changes.js';
import { wishedClouds } from './0033-wished-clouds.js';
import { peerAddresses } from './0036-peer-addresses.js';
import { placedGuests } from './0037-placed-guests.js';
import { namesInLists } from './0038-names-in-lists.js';
import { shareKeys } from './0041-share-keys.js';
import { refusedMessages } from './0042-refused-messages.js';
import { listingLosses } from './0047-listing-losses.js';
import { foreignKeysBelow } from './0048-foreign-keys-below.js';
import { offeredPeers } from './0049-offered-peers.js';
import { listsOfAFolder } from './0050-lists-of-a-folder.js';
import { inlineContents } from './0043-inline-contents.js';
import { changes } from './0051-changes.js';
import { bindingLocks } from './0056-binding-locks.js';
import { contentTimes } from './0052-content-times.js';
import { sortKeys } from './0054-sort-keys.js';
import { shareListsByBytes } from './0055-share-lists-by-bytes.js';
import { whatSharesName } from './0060-what-shares-name.js';
import { properties } from './0057-properties.js';
import { keptAbroad } from './0061-kept-abroad.js';
import { appPasswords } from './0064-app-passwords.js';
import { messagesOfAPeer } from './0068-messages-of-a-peer.js';
import { peerOcm } from './0070-peer-ocm.js';
import { ocmKeys } from './0071-ocm-keys.js';
import { whatOcmServersSay } from './0074-what-ocm-servers-say.js';
import { foreignFacts } from './0072-foreign-facts.js';
import { ocmTokens } from './0075-ocm-tokens.js';
import { ocmContacts } from './0073-ocm-contacts.js';
import { sharesOfOpenCloudMesh } from './0069-shares-of-open-cloud-mesh.js';
import { stagedItems } from './0077-staged-items.js';
import { receivedSharesThatExpire } from './0076-received-shares-that-expire.js';
import { placesOfChanges } from './0078-places-of-changes.js';
import { hashesOfContents } from './0079-hashes-of-contents.js';
import { ownIdsOfContacts } from './0080-own-ids-of-contacts.js';
import { kindsThatShowLater } from './0081-kinds-that-show-later.js';
import { joinedContents } from './0082-joined-contents.js';
import { uploads } from './0083-uploads.js';
import { invitationsOfShares } from './0085-invitations-of-shares.js';
import { stagedAbroad } from './0086-staged-abroad.js';
import { legacyNotifications } from './0090-legacy-notifications.js';
import { bytesBelowFolders } from './0091-bytes-below-folders.js';
import { foreignSnapshots } from './0092-foreign-snapshots.js';
import { locksPassedOn } from './0093-locks-passed-on.js';
import { transfers } from './0094-transfers.js';

/** The schema, step by step. Steps are only added at the end; a released step never changes. */
export const migrations: readonly Migration[] = [
  accounts,
  peersAndClients,
  files,
  shares,
  oauthDance,
  desk,
  delegatedTokens,
  joining,
  peerProfile,
  notices,
  audit,
  arrivals,
  deliveryHeads,
  unclaimedContents,
  trash,
  removedPeople,
  refusedKeys,
  wideVersions,
  receiptContents,
  foreignItemsSeen,
  listKeys,
  accountChanges,
  wishedClouds,
  peerAddresses,
  placedGuests,
  namesInLists,
  shareKeys,
  refusedMessages,
  listingLosses,
  foreignKeysBelow,
  offeredPeers,
  inlineContents,
  changes,
  listsOfAFolder,
  bindingLocks,
  contentTimes,
  sortKeys,
  shareListsByBytes,
  whatSharesName,
  properties,
  appPasswords,
  messagesOfAPeer,
  foreignFacts,
  keptAbroad,
  peerOcm,
  ocmKeys,
  sharesOfOpenCloudMesh,
  whatOcmServersSay,
  placesOfChanges,
  ocmContacts,
  stagedItems,
  hashesOfContents,
  ocmTokens,
  receivedSharesThatExpire,
  ownIdsOfContacts,
  kindsThatShowLater,
  joinedContents,
  uploads,
  invitationsOfShares,
  stagedAbroad,
  legacyNotifications,
  bytesBelowFolders,
  foreignSnapshots,
  locksPassedOn,
  transfers,
];
