import { ContactInvites, Introductions, Meeting } from '../../federation/index.js';
import type { Invitations, OfferingAbroad } from '../../shares/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { NeighbourRooms } from './neighbours.js';
import type { OcmRooms } from './ocm.js';
import type { PeopleRooms } from './people.js';

interface Below {
  readonly people: PeopleRooms;
  readonly ocm: OcmRooms;
  readonly neighbours: NeighbourRooms;
}

/** How people of this cloud and of servers of Open Cloud Mesh come to know each other. */
export function furnishContacts(
  base: Foundation,
  { people, ocm, neighbours: { peers } }: Below,
  offering: Pick<OfferingAbroad, 'isOpen' | 'offerToMet'>,
) {
  const { own, book, wire, servers } = ocm;
  return {
    book,
    invites: new ContactInvites({
      own,
      book,
      accountById: (id) => people.accounts.byId(id),
      shares: {
        isOpen: (q, outgoingId) => offering.isOpen(q, outgoingId),
        offer: (trx, outgoingId, { address: { host }, written }) =>
          offering.offerToMet(trx, outgoingId, { host, address: written }),
      },
      ...base,
    }),
    meeting: new Meeting({
      own,
      book,
      wire,
      servers,
      isTrusted: async (host) => {
        if (await peers.ocm.isBlocked(host)) return false;
        return base.config.ocm.isOpen || (await peers.byOcmHost(host)) !== undefined;
      },
      ...base,
    }),
    /** Those that an administrator has registered: who was only met is not recommended to anybody. */
    clouds: async () => {
      const registered = (await peers.lists.all()).filter(
        ({ ocm: terms, blocked }) => terms?.isMet === false && !blocked,
      );
      return registered.slice(0, MOST_CLOUDS).map(({ name, ocm: terms }) => ({ name, host: terms?.host ?? '' }));
    },
  };
}

/** How invitees come to know the owners of what is shared with them. */
export function furnishIntroductions(
  base: Foundation,
  contacts: ReturnType<typeof furnishContacts>,
  invitations: Invitations,
): Introductions {
  return new Introductions({ contacts, awaiting: (q, token) => invitations.awaiting(q, token), ...base });
}

/** Most clouds that a page recommends. */
const MOST_CLOUDS = 100;
