import type { IncomingShare, OutgoingShare, ServerRecipient } from '../../../src/shares/index.js';
import { OcmServer, type GivenShare, type OcmProfileName, type TakenShare } from '../../support/ocm-servers/index.js';
import { openTown, type Settings, type Station, type Town } from '../../support/open-pair.js';
import { ANA } from '../../support/seeds.js';
import { enter, type Actor } from '../support/story.js';

/** A cloud of ours with Ana, and a server of another make with Zoe, whose operators have written each other down. */
export interface OcmStage {
  readonly town: Town;
  readonly alder: Station;
  readonly ana: Actor;
  readonly there: OcmServer;
  /** Zoe, as Ana's cloud knows her. */
  readonly zoe: ServerRecipient;
  /** Ana, as Zoe is told of her. */
  readonly anaAddress: string;
  close(): Promise<void>;
}

/** Opens the stage; `settings`: further ones of Ana's cloud. */
export async function openOcmStage(make: OcmProfileName, settings: Settings = {}): Promise<OcmStage> {
  const town = await openTown(() => Promise.resolve(settings));
  const alder = await town.found('Alder');
  const ana = await enter(town, ANA, alder);
  const there = await OcmServer.open(make, () => alder.clock.now());
  const { joining, neighbours } = alder.services;
  const { said: _said, ...record } = await joining.recognise(there.url);
  const { peer } = await neighbours.peers.add({ ...record, name: 'There' });
  const { host } = new URL(alder.url);
  there.entries.set(host, `${alder.url}/ocm`);
  const [id] = there.address.split(/@(?:http:\/\/)?localhost/) as [string];
  return {
    town,
    alder,
    ana,
    there,
    zoe: { peerId: peer.id, address: there.address, clean: `${id}@${there.host}`.toLowerCase() },
    anaAddress: `${ana.email}@${there.profile.needsScheme ? alder.url : host}`,
    async close() {
      await town.close();
      await there.close();
    },
  };
}

/** What Ana gave Zoe. */
export interface Outgoing {
  readonly folder: number;
  readonly name: string;
  readonly shareId: string;
}

let count = 0;

/** A name that nothing had yet. */
export function fresh(): string {
  count += 1;
  return `Plans ${String(count)}`;
}

/** Ana makes a folder with a file in it and shares it with Zoe; nothing has been sent yet. */
export async function offer(
  { alder, ana, zoe }: OcmStage,
  terms: { readonly permission?: 'read-only' | 'read-write'; readonly expiresAt?: number } = {},
): Promise<Outgoing> {
  const name = fresh();
  const { id: folder } = await ana.app.makeFolder(name);
  await ana.app.makeFile('a.txt', 'twelve bytes', folder);
  const { permission = 'read-write', expiresAt } = terms;
  const wish = {
    addresses: [],
    servers: [zoe],
    permission,
    comment: '',
    ...(expiresAt !== undefined && { expiresAt }),
  };
  const { sharing } = alder.services.agreements;
  const { proposals } = await sharing.share(ana.accountId, String(folder) as never, wish);
  return { folder, name, shareId: proposals[0]?.shareId ?? '' };
}

/** The owner's half, as it is now. */
export async function given({ alder }: OcmStage, { shareId }: Outgoing): Promise<OutgoingShare> {
  const { shares, base } = alder.services;
  const found = await shares.outgoing.byShareId(base.database.read, shareId);
  if (found === undefined) throw new Error('there is no such share');
  return found;
}

/** What Zoe was offered under this name; undefined when nothing came. */
export function takenBy({ there }: OcmStage, { name }: { readonly name: string }): TakenShare | undefined {
  return there.taken.find((share) => share.name === name);
}

/** What Ana was offered; undefined when nothing came, or it was refused. */
export async function received({ alder }: OcmStage, { providerId }: GivenShare): Promise<IncomingShare | undefined> {
  const { shares, base } = alder.services;
  const [found] = await shares.incoming.named(base.database.read, providerId);
  return found;
}
