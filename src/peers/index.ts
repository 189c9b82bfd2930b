export { discover, type DiscoveredPeer, type DiscoveryConsent } from './discovery.js';
export { checkPeerUrl, isAllowed, originOf } from './origins.js';
export { Logos, type Logo } from './logos.js';
export type { PeerChanges, PeerDraft } from './peer-draft.js';
export * from './peer.js';
export { Peers, type PeerConsent, type PeerHooks, type PeersParts } from './peers.js';
export { lockTrust } from './trust.js';
export { WellKnown, wellKnown, type WellKnownParts } from './well-known.js';
