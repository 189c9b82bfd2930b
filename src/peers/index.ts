export { inboundSecretOf } from './consumer-pair.js';
export { discover, type DiscoveredPeer, type DiscoveryConsent } from './discovery.js';
export { showJoinCode } from './join-code.js';
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
} from './join-messages.js';
export type { JoinRequest } from './join-request-row.js';
export { JoinRequests, type Approved, type JoinRequestsParts } from './join-requests.js';
export { Joins, type JoinsParts, type WaitingJoin } from './joins.js';
export { KeyRotation, type KeyRotationParts } from './key-rotation.js';
export { checkPeerUrl, isAllowed, originOf } from './origins.js';
export { Logos, type Logo } from './logos.js';
export type { PeerChanges, PeerDraft } from './peer-draft.js';
export { PeerFile, type Imported, type PeerFileParts } from './peer-file.js';
export { PeerKeys, type PeerKeysParts } from './peer-keys.js';
export * from './peer.js';
export { Peers, type PeerConsent, type PeerHooks, type PeersParts } from './peers.js';
export { PROBE_SENTENCES, Probes, type ProbesParts } from './probes.js';
export { lockTrust } from './trust.js';
export { WellKnown, wellKnown, type WellKnownParts } from './well-known.js';
export { PeerConditions, type PeerCondition } from './peer-conditions.js';
export { COMMAND_LINE, PeerEvents, type PeerAct, type PeerEvent } from './peer-events.js';
