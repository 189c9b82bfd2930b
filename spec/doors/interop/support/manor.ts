import type { Grant } from '../../../../src/grants/index.js';
import { parseEmail, ROOT_ID, type ItemId } from '../../../../src/kernel/index.js';
import type { OutgoingShare } from '../../../../src/shares/index.js';
import type { Answer } from '../../../journeys/support/wire.js';
import { withoutEffect } from '../../../journeys/support/world.js';
import { openTown, type Citizen, type Station, type Town } from '../../../support/open-pair.js';
import { ANA } from '../../../support/seeds.js';
import { fieldsOf, type Terms } from './forger.js';
import { befriend, type Foreigner } from './outpost.js';
import type { Received, Reply } from './scripted-peer.js';

/** One whole cloud, Alder, where Ana has folders to share, and a scripted cloud, Quill, that takes proposals. */
export interface Manor extends Town {
  readonly alder: Station;
  readonly ana: Citizen;
  readonly quill: Foreigner;
  /** One more scripted cloud that takes whatever it is sent. */
  trust(name: string): Promise<Foreigner>;
  unmoved<T>(act: () => Promise<T>, except?: readonly string[]): Promise<T>;
}

/** Opens it. */
export async function openManor(): Promise<Manor> {
  const town = await openTown();
  const alder = await town.found('Alder');
  const ana = await town.settleIn(ANA, alder);
  const foreigners: Foreigner[] = [];
  const trust = async (name: string): Promise<Foreigner> => {
    const foreigner = await befriend(alder, name);
    foreigner.reply = taking(foreigner.url);
    foreigners.push(foreigner);
    return foreigner;
  };
  const closeTown = town.close.bind(town);
  return Object.assign(town, {
    alder,
    ana,
    trust,
    quill: await trust('Quill'),
    unmoved: <T>(act: () => Promise<T>, except: readonly string[] = []) => withoutEffect(town, act, except),
    async close() {
      await closeTown();
      await Promise.all(foreigners.map((each) => each.close()));
    },
  });
}

/** Answers as a cloud does that takes everything. */
export function taking(url: string): (request: Received) => Reply {
  return ({ target }) => {
    if (target === '/interop/share') return { status: 303, headers: { location: `${url}/interop/proposals/page` } };
    return { status: 200, body: '{}' };
  };
}

/** An invitation of Ana's. */
export interface Invitation {
  readonly id: string;
  readonly folderId: ItemId;
  readonly recipient: string;
  /** The last segment of the link. */
  readonly token: string;
}

let count = 0;

/** Ana shares a new folder with somebody in another cloud. */
export async function invite(
  { alder, ana }: Manor,
  terms: { readonly permission?: 'read-only' | 'read-write'; readonly expiresAt?: number } = {},
): Promise<Invitation> {
  count += 1;
  const {
    agreements: { sharing, invitations },
    files: { tree },
    base: { database },
  } = alder.services;
  const principal = { kind: 'person', accountId: ana.accountId } as const;
  const folder = await tree.makeFolder(principal, ROOT_ID, `Folder ${String(count)}`);
  const recipient = parseEmail(`guest${String(count)}@quill.example`);
  const { permission = 'read-write', ...rest } = terms;
  const { proposals } = await sharing.share(ana.accountId, folder.id, { addresses: [recipient], permission, ...rest });
  const share = await alder.services.shares.outgoing.byShareId(database.read, proposals[0]?.shareId ?? '');
  if (share === undefined) throw new Error('nothing was shared');
  const link = await database.write((trx) => invitations.issue(trx, share.id));
  return { id: share.id, folderId: folder.id, recipient, token: link.split('/').at(-1) ?? '' };
}

/** Alder's half. */
export async function halfOf({ alder }: Manor, { id }: Pick<Invitation, 'id'>): Promise<OutgoingShare> {
  const share = await alder.services.shares.outgoing.byId(alder.services.base.database.read, id);
  if (share === undefined) throw new Error(`there is no share ${id}`);
  return share;
}

/** The live grant of a share. */
export async function grantOf({ alder }: Manor, { id }: Pick<Invitation, 'id'>): Promise<Grant | undefined> {
  return alder.services.shares.grants.ofShare(alder.services.base.database.read, id);
}

/** How many grants were ever made for a share, dead ones too. */
export async function grantsMade({ alder }: Manor, { id }: Pick<Invitation, 'id'>): Promise<number> {
  const rows = (await alder.services.base.database.read('grants').where({ outgoing_id: id }).select('id')) as unknown[];
  return rows.length;
}

/** An invitation whose cloud has been chosen: what that cloud was told. */
export interface Presented extends Invitation {
  readonly shareId: string;
  /** Path of the callback. */
  readonly callback: string;
  readonly proposal: Readonly<Record<string, string>>;
}

/** The invitee picks a cloud. */
export async function choose(manor: Manor, invitation: Invitation, at: Foreigner = manor.quill): Promise<Presented> {
  await manor.alder.services.agreements.invitations.choose(invitation.token, at.id);
  const proposal = fieldsOf(at.received.filter(({ target }) => target === '/interop/share').at(-1)?.body ?? '');
  const callback = new URL(proposal['callback'] ?? '').pathname;
  return { ...invitation, proposal, callback, shareId: proposal['share_id'] ?? '' };
}

/** Shares and chooses. */
export async function present(manor: Manor, terms?: Parameters<typeof invite>[1]): Promise<Presented> {
  return choose(manor, await invite(manor, terms));
}

/** The decision arrives, freshly signed by `from`. */
export async function answer(
  manor: Manor,
  { callback, shareId }: Pick<Presented, 'callback' | 'shareId'>,
  accepted: boolean | string,
  { from = manor.quill, terms = {} }: { from?: Foreigner; terms?: Terms } = {},
): Promise<Answer> {
  return from.voice.get(
    callback,
    [
      ['share_id', shareId],
      ['accepted', String(accepted)],
    ],
    terms,
  );
}

/** The requests that a scripted cloud got at one of its endpoints. */
export function sentTo(
  peer: Foreigner,
  endpoint: 'share' | 'credentials' | 'unshare',
): readonly Readonly<Record<string, string>>[] {
  return peer.received.filter(({ target }) => target === `/interop/${endpoint}`).map(({ body }) => fieldsOf(body));
}
