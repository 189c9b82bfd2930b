import {
  askSaid,
  ContactBook,
  Farewells,
  ForeignTokens,
  KnownServers,
  OcmWire,
  OwnKeys,
  ownServer,
  OwnTokens,
} from '../../federation/index.js';
import type { AskOcm } from '../../peers/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { DeliveryRooms } from './deliveries.js';

/**
 * How this cloud speaks to servers of Open Cloud Mesh: its keys, what is known of them, and what it sends them; and whom its people
 * know there.
 */
export function furnishOcm(base: Foundation, { deliveries }: { readonly deliveries: DeliveryRooms }) {
  const keys = new OwnKeys(base);
  const servers = new KnownServers(base);
  const own = ownServer(base.config.publicUrl);
  const wire = new OcmWire({ keys, servers, ...base });
  const book = new ContactBook(base);
  // Administrators ask now, whatever is remembered.
  const ask: AskOcm = (place) => askSaid(base.outbound, place);
  return {
    own,
    ask,
    keys,
    servers,
    wire,
    book,
    tokens: new OwnTokens(base),
    foreignTokens: new ForeignTokens({ wire, servers, ownHost: own.host, ...base }),
    farewells: new Farewells({ book, queue: (trx, message) => deliveries.outbox.enqueue(trx, message), ...base }),
  };
}

export type OcmRooms = ReturnType<typeof furnishOcm>;
