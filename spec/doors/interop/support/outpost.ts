import type { Fields, PeerId } from '../../../../src/kernel/index.js';
import type { Log } from '../../../../src/platform/index.js';
import type { IncomingShare } from '../../../../src/shares/index.js';
import type { Answer } from '../../../journeys/support/wire.js';
import { withoutEffect } from '../../../journeys/support/world.js';
import { openTown, type Citizen, type Station, type Town } from '../../../support/open-pair.js';
import { BO } from '../../../support/seeds.js';
import { Forger, withFields } from './forger.js';
import { openScriptedPeer, type ScriptedPeer } from './scripted-peer.js';

/** A cloud of one's own script that Birch trusts. */
export interface Foreigner extends ScriptedPeer {
  readonly name: string;
  readonly id: PeerId;
  /** The pair that it was issued. */
  readonly pair: { readonly key: string; readonly secret: string };
  /** Speaks to the cloud that trusts it, with that pair. */
  readonly voice: Forger;
}

/** One whole cloud, Birch, where Bo lives, and a scripted cloud, Quill, that it trusts. */
export interface Outpost extends Town {
  readonly birch: Station;
  readonly bo: Citizen;
  readonly quill: Foreigner;
  /** One more scripted cloud. */
  trust(name: string): Promise<Foreigner>;
  /** Proves that something had no effect, at Birch or anywhere else. */
  unmoved<T>(act: () => Promise<T>, except?: readonly string[]): Promise<T>;
}

/** Opens it; it writes to `log`. */
export async function openOutpost(log?: Log): Promise<Outpost> {
  const town = await openTown(undefined, log);
  const birch = await town.found('Birch');
  const bo = await town.settleIn(BO, birch);
  const foreigners: Foreigner[] = [];
  const trust = async (name: string): Promise<Foreigner> => {
    const foreigner = await befriend(birch, name);
    foreigners.push(foreigner);
    return foreigner;
  };
  const closeTown = town.close.bind(town);
  return Object.assign(town, {
    birch,
    bo,
    trust,
    quill: await trust('Quill'),
    unmoved: <T>(act: () => Promise<T>, except: readonly string[] = []) => withoutEffect(town, act, except),
    async close() {
      await closeTown();
      await Promise.all(foreigners.map((each) => each.close()));
    },
  });
}

/** Registers a scripted cloud with a whole one. */
export async function befriend(station: Station, name: string): Promise<Foreigner> {
  const peer = await openScriptedPeer();
  const { url } = peer;
  const { issued, peer: known } = await station.services.neighbours.peers.add({
    name,
    shareUrl: `${url}/interop/share`,
    credentialsUrl: `${url}/interop/credentials`,
    unshareUrl: `${url}/interop/unshare`,
    outbound: { key: `${name}IssuedThisKey`, secret: `${name}IssuedThisSecret` },
  });
  return Object.assign(peer, { name, id: known.id, pair: issued, voice: new Forger(station, issued) });
}

let count = 0;

/** The fields of a sound proposal to Bo, all of its addresses at `origin`. */
export function proposalFrom(origin: string, changes: Readonly<Record<string, string | undefined>> = {}): Fields {
  count += 1;
  const sound: Fields = [
    ['share_id', `agreement-${String(count)}`],
    ['resource_url', `${origin}/v1/folder/1972`],
    ['owner_name', 'Quentin Quill'],
    ['owner_email', 'quentin@quill.example'],
    ['folder_name', 'Drafts'],
    ['permission', 'read-write'],
    ['recipient', BO.email],
    ['callback', `${origin}/interop/result/${'r'.repeat(43)}`],
    ['protocol_version', '1.0'],
  ];
  return withFields(sound, changes);
}

/** The value of a field. */
export function fieldOf(fields: Fields, name: string): string {
  return fields.find(([known]) => known === name)?.[1] ?? '';
}

/** A proposal of a foreigner that Birch has taken. */
export interface Offered {
  readonly fields: Fields;
  readonly shareId: string;
  readonly answer: Answer;
}

/** The foreigner offers Bo a folder. */
export async function offer(
  foreigner: Foreigner,
  changes: Readonly<Record<string, string | undefined>> = {},
): Promise<Offered> {
  const fields = proposalFrom(foreigner.url, changes);
  const answer = await foreigner.voice.post('/interop/share', fields);
  if (answer.status !== 303) throw new Error(`the proposal was answered ${String(answer.status)}: ${answer.text}`);
  return { fields, shareId: fieldOf(fields, 'share_id'), answer };
}

/** Birch's half of an agreement with a foreigner. */
export async function halfOf({ birch }: Outpost, foreigner: Foreigner, shareId: string): Promise<IncomingShare> {
  const {
    shares: { incoming },
    base: { database },
  } = birch.services;
  const found = await incoming.byName(database.read, foreigner.id, { shareId });
  if (found === undefined) throw new Error(`Birch has no ${shareId} of ${foreigner.name}`);
  return found;
}

/** Bo answers a proposal; his browser's way to the other cloud. */
export async function decide(outpost: Outpost, share: IncomingShare, accepted: boolean): Promise<URL> {
  const { birch, bo } = outpost;
  const { location } = await birch.services.agreements.proposals.decide(bo.accountId, share.id, share.digest, accepted);
  return location;
}
