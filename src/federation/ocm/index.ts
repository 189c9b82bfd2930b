export {
  ContactBook,
  type Contact,
  type ContactBookParts,
  type MeantPerson,
  type NewContact,
} from './contacts/contact-book.js';
export {
  ContactInvites,
  type ContactInvitesParts,
  type IntroducedShare,
  type IssuedInvite,
  type MetShares,
  type OpenInvite,
} from './contacts/contact-invites.js';
export {
  createFarewellSender,
  FAREWELL,
  Farewells,
  type FarewellParts,
  type FarewellSenderParts,
} from './contacts/farewells.js';
export { Meeting, type MeetingParts } from './contacts/meeting.js';
export { ownDocument, type DiscoveryAsker, type OwnDocument, type OwnServer } from './discovery/own-document.js';
export { readDiscovery } from './discovery/reading.js';
export type { OcmProtocols, OcmRecord, OcmResourceType } from './discovery/record.js';
export {
  chooseManner,
  isOfReva,
  otherManner,
  signingFor,
  type KnownManner,
  type ShareManner,
  type ShareShape,
} from './discovery/shape.js';
export * from './invites/acceptance.js';
export { formatInvite, parseInvite, type Invite } from './invites/invite-string.js';
export { OwnKeys, type OwnKeysParts, type SigningKeys } from './keys/own-keys.js';
export { NOTIFICATION_TYPES, type NotificationType } from './notifications/kinds.js';
export {
  notificationBody,
  termsBody,
  type NotificationBody,
  type SentNotification,
  type SentTerms,
} from './notifications/making.js';
export { readNotification, type ReceivedNotification } from './notifications/reading.js';
export { askServer } from './servers/asking.js';
export { askSaid, KnownServers, recordToSend, type KeyListener } from './servers/known-servers.js';
export { saidOf } from './servers/said.js';
export { errorNote, judgeShareAnswer, type ShareAnswer } from './shares/answers.js';
export { shareBody, type SentShare, type ShareBody } from './shares/making.js';
export { checkOrigin, openingOf, signersOf, type Opening, type OriginCheck } from './shares/origin.js';
export { checkKinds, readShare, usableAccess, type MetRequirements } from './shares/reading.js';
export type { ReceivedShare, WebdavAccess } from './shares/share.js';
export { isDisbelieved } from './wire/disbelief.js';
export { OcmVerifier, type OcmVerifierParts, type SigningPeer, type SigningTerms } from './wire/ocm-verifier.js';
export { OcmWire, type OcmPath, type OcmWireParts } from './wire/ocm-wire.js';
export * from './wording/address.js';
export * from './wording/own-address.js';
export type { OcmPermission } from './wording/fields.js';
export { ocmError, OcmRefusal, type OcmError, type FieldProblem } from './wording/refusal.js';
export { ForeignTokens, type ExchangedShare, type ForeignTokensParts } from './tokens/foreign-tokens.js';
export { OwnTokens, type GivenToken, type OwnTokensParts, type TokenShare } from './tokens/own-tokens.js';
export { readTokenRequest, tokenRefused, type TokenError, type TokenRequest } from './tokens/token-request.js';
