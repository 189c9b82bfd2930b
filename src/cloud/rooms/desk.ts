import { Desk, type Calendars } from '../../desk/index.js';
import { DeskLocator } from '../../federation/index.js';
import type { GrantPrincipal } from '../../kernel/index.js';
import type { Queries } from '../../platform/index.js';
import type { Foundation } from '../foundation/foundation.js';
import type { FileRooms } from './files.js';
import type { NeighbourRooms } from './neighbours.js';
import type { ShareRooms } from './shares.js';

interface Below {
  readonly shares: ShareRooms;
  readonly neighbours: NeighbourRooms;
  readonly files: FileRooms;
  readonly calendars: Calendars;
}

/** What is said about files, and who has them open. */
export function furnishDesk(base: Foundation, { shares, neighbours, files, calendars }: Below) {
  const cloudOf = async (q: Queries, { grantId }: GrantPrincipal): Promise<string | undefined> => {
    const peerId = await shares.grants.peerOf(q, grantId);
    return peerId === undefined ? undefined : (await neighbours.peers.byId(peerId, q))?.name;
  };
  const places = new DeskLocator({
    cloudOf,
    tree: files.tree,
    deskAbroad: (mount, key) => neighbours.foreign.desk(mount, key),
    ...base,
  });
  return { items: new Desk({ places, cloudName: base.config.cloudName, ...base }), calendars };
}

export type DeskRooms = ReturnType<typeof furnishDesk>;
