import type { PeerDraft } from '../../../src/peers/index.js';
import type { Log } from '../../../src/platform/index.js';
import { ANA, BO } from '../../support/seeds.js';
import { enter, type Actor } from '../../journeys/support/story.js';
import { openTown, PASSWORD, type Citizen, type Station, type Town } from '../../support/open-pair.js';
import { createPerson, type Person } from '../../support/person.js';
import type { Pair } from '../../support/scripted-peers/oauth.js';
import type { ScriptedPeer } from '../../support/scripted-peers/peer.js';

import type { Hop } from '../../support/web-page.js';

/** One whole cloud of ours, with somebody who is invited and somebody who invites, beside clouds of other makes. */
export interface Stage extends Town {
  readonly birch: Station;
  readonly ana: Actor;
  readonly bo: Actor;
  /** Introduces a scripted cloud and ours to each other; theirs goes when the stage does. */
  introduce(peer: ScriptedPeer, terms: Terms): Promise<Introduced>;
}

/** What our administrator writes down about a peer beside its addresses. */
export interface Terms extends Pick<PeerDraft, 'dialect' | 'transport' | 'allowUnsigned' | 'credentialsByGet'> {
  readonly name: string;
  /** Whether the peer issued us a pair: for its control calls, its storage, or both. Default: yes. */
  readonly isKeyed?: boolean;
}

/** A peer that both sides know. */
export interface Introduced {
  readonly name: string;
  /** What our cloud issued to it. */
  readonly inbound: Pair;
}

/** Opens it; what our cloud logs goes to `log`. */
export async function openStage(log?: Log): Promise<Stage> {
  const town = await openTown(undefined, log);
  const birch = await town.found('Birch');
  const peers: ScriptedPeer[] = [];
  const closeTown = town.close.bind(town);
  return Object.assign(town, {
    birch,
    ana: await enter(town, ANA, birch),
    bo: await enter(town, BO, birch),
    introduce: async (peer: ScriptedPeer, terms: Terms) => {
      peers.push(peer);
      return introduce(birch, peer, terms);
    },
    async close() {
      await closeTown();
      await Promise.all(peers.map((peer) => peer.close()));
    },
  });
}

async function introduce({ url, services }: Station, peer: ScriptedPeer, terms: Terms): Promise<Introduced> {
  const { name, isKeyed = true, ...rest } = terms;
  const issuedByThem = { key: `${name.replaceAll(/\W/g, '')}Key`, secret: `${name.replaceAll(/\W/g, '')}Secret` };
  const outbound = isKeyed ? { outbound: issuedByThem } : {};
  const { issued } = await services.neighbours.peers.add({ name, ...peer.addresses, ...rest, ...outbound });
  peer.befriend({
    name: 'Birch',
    shareUrl: `${url}/interop/share`,
    credentialsUrl: `${url}/interop/credentials`,
    unshareUrl: `${url}/interop/unshare`,
    issuedToUs: issued,
    issuedByUs: issuedByThem,
  });
  return { name, inbound: issued };
}

/** A person with a browser whose every request is kept: what passes there is the front channel. */
export interface Watched extends Person {
  readonly hops: readonly Hop[];
}

/** Gives somebody a new browser. */
export function watched({ name, email }: Pick<Citizen, 'name' | 'email'>): Watched {
  const hops: Hop[] = [];
  const person = createPerson({ name, email, password: PASSWORD }, { watch: (hop) => hops.push(hop) });
  return Object.defineProperty(person, 'hops', { value: hops }) as Watched;
}
