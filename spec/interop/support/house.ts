import type { Log } from '../../../src/platform/index.js';
import type { PeerId } from '../../../src/kernel/index.js';
import { CsinteropPeer } from '../../support/scripted-peers/csinterop-peer.js';
import { NecPeer } from '../../support/scripted-peers/nec-peer.js';
import { BorrowedFolder, type ScriptedPeer } from '../../support/scripted-peers/peer.js';
import { SpecPeer } from '../../support/scripted-peers/spec-peer.js';
import { StacksyncPeer } from '../../support/scripted-peers/stacksync-peer.js';
import type { Page } from '../../support/web-page.js';
import { answerThere, choose, lend, type Lent } from './flows.js';
import { openStage, watched, type Introduced, type Stage, type Watched } from './stage.js';

/** Our cloud among one of every other make. */
export interface House extends Stage {
  /** Careful, and signs. */
  readonly spruce: SpecPeer;
  /** The public reference. */
  readonly rowan: CsinteropPeer;
  /** The reference that was wired to storage; takes credentials by GET only. */
  readonly larch: StacksyncPeer;
  /** The .NET one. */
  readonly nettle: NecPeer;
  /** What our administrator calls a cloud, and what he issued to it. */
  known(peer: ScriptedPeer): Introduced & { readonly id: PeerId };
  /** Somebody with a new browser, who lives elsewhere. */
  guest(): Watched;
  /** Bo, signed in here with a new browser. */
  boHere(): Promise<Watched>;
  /** Ana lends a folder to somebody who takes it to another cloud and answers there. */
  lendTo(peer: ScriptedPeer, options?: LendOptions): Promise<Taken>;
  /** A folder of Ana's as its taker's cloud opens it. */
  borrowed(peer: ScriptedPeer, lent: Lent): BorrowedFolder;
}

/** How a folder is lent; default: to read and write, and accepted. */
export interface LendOptions {
  readonly permission?: 'read-only' | 'read-write';
  readonly accepted?: boolean;
}

/** A folder that was taken, or not. */
export interface Taken extends Lent {
  readonly guest: Watched;
  /** Where the browser ended. */
  readonly page: Page;
}

/** Opens it. */
export async function openHouse(log?: Log): Promise<House> {
  const stage = await openStage(log);
  const now = (): number => stage.birch.clock.now();
  const peers = {
    spruce: await SpecPeer.open({ now }),
    rowan: await CsinteropPeer.open({ now }),
    larch: await StacksyncPeer.open({ now }),
    nettle: await NecPeer.open({ now }),
  };
  const introduced = await introduceAll(stage, peers);
  const known = (peer: ScriptedPeer): Introduced & { id: PeerId } => {
    const found = introduced.get(peer);
    if (found === undefined) throw new Error('our cloud does not know this one');
    return found;
  };
  const guest = (): Watched => watched({ name: 'Zoe Zimmer', email: stage.bo.email });
  return Object.assign(stage, {
    ...peers,
    known,
    guest,
    boHere: async () => {
      const bo = watched(stage.bo);
      await bo.signIn(stage.birch.url);
      return bo;
    },
    lendTo: async (peer: ScriptedPeer, { permission, accepted = true }: LendOptions = {}) => {
      const [lent, zoe] = [await lend(stage, permission), guest()];
      await choose(zoe, lent, peer, known(peer).name);
      const page = await answerThere(zoe, lent, accepted);
      await stage.settle();
      return { ...lent, page, guest: zoe };
    },
    borrowed: (peer: ScriptedPeer, { shareId }: Lent) =>
      new BorrowedFolder(peer.mustHaveReceived(shareId), known(peer).inbound, now),
  });
}

type Peers = Pick<House, 'spruce' | 'rowan' | 'larch' | 'nettle'>;

async function introduceAll(
  stage: Stage,
  { spruce, rowan, larch, nettle }: Peers,
): Promise<ReadonlyMap<ScriptedPeer, Introduced & { id: PeerId }>> {
  const legacy = { dialect: 'csinterop', transport: 'browser-get', allowUnsigned: true } as const;
  const all = [
    [spruce, { name: 'Spruce' }],
    [rowan, { ...legacy, name: 'Rowan', isKeyed: false }],
    [larch, { ...legacy, name: 'Larch', credentialsByGet: true }],
    [nettle, { name: 'Nettle', dialect: 'nec', transport: 'browser-post', allowUnsigned: true }],
  ] as const;
  const introduced = new Map<ScriptedPeer, Introduced & { id: PeerId }>();
  for (const [peer, terms] of all) introduced.set(peer, await withId(stage, await stage.introduce(peer, terms)));
  return introduced;
}

async function withId({ birch }: Stage, introduced: Introduced): Promise<Introduced & { id: PeerId }> {
  const peer = await birch.services.neighbours.peers.byName(introduced.name);
  if (peer === undefined) throw new Error(`${introduced.name} was not added`);
  return { ...introduced, id: peer.id };
}
