import type { PageServices, PeerDraft } from '../doors/pages/index.js';
import { notFound, type PeerId } from '../kernel/index.js';
import { discover, type DiscoveredPeer, type Peer } from '../peers/index.js';
import type { Rooms } from './rooms.js';

/** What pages call, in the words of the rooms that do it. Nothing is decided here. */
export function pageServices(rooms: Rooms): PageServices {
  return {
    accounts: rooms.accounts,
    passwords: rooms.passwords,
    passwordLinks: rooms.passwordLinks,
    addresses: rooms.addresses,
    apps: apps(rooms),
    tree: rooms.tree,
    sharing: rooms.sharing,
    invitations: rooms.invitations,
    proposals: rooms.proposals,
    peerAdministration: peerAdministration(rooms),
    shareAdministration: shareAdministration(rooms),
  };
}

function apps({ tokens }: Rooms): PageServices['apps'] {
  return {
    list: async (id) =>
      (await tokens.ofAccount(id)).map((token) => ({
        id: token.id,
        name: token.clientName,
        createdAt: token.createdAt,
        lastUsedAt: token.lastUsedAt,
      })),
    async disconnect(id, appId) {
      const token = (await tokens.ofAccount(id)).find((each) => each.id === appId);
      if (token === undefined) throw notFound('This app is not connected.');
      await tokens.remove(token.id);
    },
  };
}

function peerAdministration({ peers, outbound }: Rooms): PageServices['peerAdministration'] {
  const named = async (id: string): Promise<Peer> => {
    const peer = await peers.byId(id as PeerId);
    if (peer === undefined) throw notFound('There is no such peer.');
    return peer;
  };
  return {
    list: () => peers.list(),
    get: named,
    discover: async (url) => draftOf(await discover(outbound, url)),
    add: (draft) => peers.add(draft),
    async change(id, draft) {
      await peers.set((await named(id)).name, draft);
    },
    block: async (id) => peers.block((await named(id)).name),
    unblock: async (id) => peers.unblock((await named(id)).name),
  };
}

function draftOf(found: DiscoveredPeer): PeerDraft {
  const { name, transport, storageApi, shareUrl, unshareUrl, credentialsUrl, origins, emailDomains, returnUrl } = found;
  return {
    ...{ name, transport, storageApi, shareUrl, unshareUrl, credentialsUrl, origins, emailDomains, returnUrl },
    dialect: 'spec',
    allowUnsigned: false,
    credentialsByGet: false,
    outbound: undefined,
  };
}

function shareAdministration({ allShares, endings }: Rooms): PageServices['shareAdministration'] {
  return {
    async shares() {
      const { outgoing, incoming } = await allShares();
      const listed = [
        ...outgoing.map((view) => ({ ...view, direction: 'outgoing' as const })),
        ...incoming.map((view) => ({ ...view, direction: 'incoming' as const })),
      ];
      return listed.sort((a, b) => b.createdAt - a.createdAt);
    },
    endShare: (shareId) => endings.byName(shareId, 'administrator'),
  };
}
