import type { PageServices } from '../doors/pages/index.js';
import type { Rooms } from './rooms.js';

/** What pages call, in the words of the rooms that do it. Nothing is decided here. */
export function pageServices({ base, deliveries, shares, people, apps, neighbours, ...rooms }: Rooms): PageServices {
  const { files, joining, agreements, care } = rooms;
  return {
    limiter: base.limiter,
    remember: base.remember,
    accounts: people.accounts,
    removedPeople: people.removedPeople,
    passwords: people.passwords,
    passwordLinks: people.passwordLinks,
    recoveries: people.recoveries,
    addresses: people.addresses,
    apps: connectedApps(apps),
    appPasswords: apps.appPasswords,
    temporaryCredentials: apps.temporaryCredentials,
    clients: apps.clients,
    contacts: agreements.contacts,
    introductions: agreements.introductions,
    letterWishes: deliveries.wishes,
    tree: files.tree,
    locks: files.locks,
    trash: files.trash,
    recipients: agreements.recipients,
    sharing: agreements.sharing,
    leaving: agreements.leaving,
    inviting: agreements.inviting,
    changing: agreements.changing,
    invitations: agreements.invitations,
    wishedClouds: agreements.wishedClouds,
    proposals: agreements.proposals,
    shareLists: agreements.shareLists,
    endings: shares.endings,
    peers: neighbours.peers,
    logos: neighbours.logos,
    refused: neighbours.refused,
    // The page shows what it names, wherever that lies, and the administrator confirms (ADM-02).
    discover: (url) => joining.recognise(url, { allowOtherHosts: true }),
    joining,
    care,
  };
}

function connectedApps({ tokens }: Rooms['apps']): PageServices['apps'] {
  return {
    list: async (id) => (await tokens.list(id)).map(({ clientName, ...token }) => ({ name: clientName, ...token })),
    disconnect: (id, appId) => tokens.remove(appId, id),
  };
}
