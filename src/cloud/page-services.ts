import type { PageServices } from '../doors/pages/index.js';
import { discover } from '../peers/index.js';
import type { Rooms } from './rooms.js';

/** What pages call, in the words of the rooms that do it. Nothing is decided here. */
export function pageServices(rooms: Rooms): PageServices {
  return {
    accounts: rooms.accounts,
    passwords: rooms.passwords,
    passwordLinks: rooms.passwordLinks,
    addresses: rooms.addresses,
    apps: apps(rooms),
    letterWishes: rooms.wishes,
    temporaryCredentials: rooms.temporaryCredentials,
    clients: rooms.clients,
    tree: rooms.tree,
    sharing: rooms.sharing,
    inviting: rooms.inviting,
    changing: rooms.changing,
    invitations: rooms.invitations,
    proposals: rooms.proposals,
    peers: rooms.peers,
    logos: rooms.logos,
    limiter: rooms.limiter,
    // The page shows what it names, wherever that lies, and the administrator confirms (ADM-02).
    discover: (url) => discover(rooms.outbound, url, { allowOtherHosts: true }),
    joining: rooms,
    shareAdministration: shareAdministration(rooms),
    care: rooms,
  };
}

function apps({ tokens }: Rooms): PageServices['apps'] {
  return {
    list: async (id) => (await tokens.list(id)).map(({ clientName, ...token }) => ({ ...token, name: clientName })),
    disconnect: (id, appId) => tokens.remove(appId, id),
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
    endShare: (direction, id, by) => endings.half(direction, id, by),
  };
}
