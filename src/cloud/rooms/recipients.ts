import { Recipients, saidOf } from '../../federation/index.js';
import { meetServer } from '../../peers/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { NeighbourRooms } from './neighbours.js';
import type { OcmRooms } from './ocm.js';
import type { PeopleRooms } from './people.js';

interface Below {
  readonly people: PeopleRooms;
  readonly ocm: OcmRooms;
  readonly neighbours: NeighbourRooms;
}

/** Tells from what is typed how somebody is reached. */
export function furnishRecipients(base: Foundation, { people, ocm, neighbours }: Below): Recipients {
  const { peers, offered } = neighbours;
  const { servers, book, own } = ocm;
  return new Recipients({
    accounts: people.accounts,
    own,
    isOpen: base.config.ocm.isOpen,
    peerAt: (host) => peers.byOcmHost(host),
    isBlocked: (host) => peers.ocm.isBlocked(host),
    hasMailDomain: async (domain) => (await offered.fitting(domain)).length > 0,
    ask: async (server) => saidOf(await servers.recordOf(server), null),
    meet: (server, said) => meetServer(peers, server, said),
    contactAddress: async (accountId, address) => (await book.find(accountId, address))?.written,
    ...base,
  });
}
