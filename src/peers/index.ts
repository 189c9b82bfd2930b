export { inboundSecretOf } from './peer/consumer-pair.js';
export { discover, type DiscoveryConsent } from './joining/discovery.js';
export { meetServer } from './joining/meeting.js';
export * from './joining/recognising.js';
export type { DiscoveredPeer } from './peer/peer-draft.js';
export { showJoinCode } from './joining/join-code.js';
export {
  ConfirmMessage,
  createJoinWire,
  IssuedPair,
  JoinRequestMessage,
  pairOf,
  RotationMessage,
  TakenKeys,
  wirePair,
  type JoinWire,
} from './joining/join-messages.js';
export type { JoinRequest } from './joining/join-request-row.js';
export { JoinRequests, type Approved, type JoinRequestsParts } from './joining/join-requests.js';
export { Joins, type JoinsParts, type WaitingJoin } from './joining/joins.js';
export { KeyRotation, type KeyRotationParts } from './joining/key-rotation.js';
export { PeerLists, takesProposals, type PeerCounts } from './peer-lists.js';
export { checkPeerUrl, isAllowed, webOriginOf } from './peer/web-origins.js';
export { Logos, type Logo } from './logos.js';
export { OcmNotes } from './ocm-notes.js';
export { LostKeys, type KeylessPeer, type LostKeysParts } from './lost-keys.js';
export type { PeerChanges, PeerDraft } from './peer/peer-draft.js';
export { PeerFile, type Imported, type PeerFileParts } from './peer-file.js';
export { PeerKeys, type PeerKeysParts } from './peer-keys.js';
export { OwnAddress, type OwnAddressParts } from './moving/own-address.js';
export { PeerMoves, type PeerMoved, type PeerMovesParts } from './moving/peer-moves.js';
export { meshRelocation, relocated, type PeerMove, type Relocation } from './peer/relocation.js';
export * from './peer/ocm-said.js';
export * from './peer/ocm-terms.js';
export * from './peer/ocm-words.js';
export * from './peer/peer-abilities.js';
export * from './peer/peer.js';
export { Peers, type PeerConsent, type PeerHooks, type PeersParts } from './peers.js';
export { PROBE_SENTENCES, Probes, type ProbesParts } from './probes.js';
export { lockTrust, trustedServers } from './trust.js';
export { WellKnown, wellKnown, type WellKnownParts } from './joining/well-known.js';
export { PeerConditions, type PeerCondition } from './peer-conditions.js';
export { RefusedMessages, type NewRefusal, type RefusedMessage } from './refusals/refused-messages.js';
export { COMMAND_LINE, PeerEvents, type PeerAct, type PeerEvent } from './peer/peer-events.js';
