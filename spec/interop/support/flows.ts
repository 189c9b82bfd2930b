import type { IncomingShare, OutgoingShare } from '../../../src/shares/index.js';
import { invitationIn } from '../../support/mailbox.js';
import type { Person } from '../../support/person.js';
import type { Invitation, ScriptedPeer } from '../../support/scripted-peers/peer.js';
import type { Entered } from '../../support/web-form.js';
import type { Page } from '../../support/web-page.js';
import type { Stage } from './stage.js';

/** A folder of Ana's, of which somebody elsewhere has been told by mail. */
export interface Lent {
  readonly shareId: string;
  readonly folder: number;
  /** `budget.txt` in it, which says `twelve`. */
  readonly file: number;
  readonly link: string;
  readonly recipient: string;
}

let guests = 0;

/** Ana shares a new folder with somebody new, at our cloud. */
export async function lend(stage: Stage, permission: Invitation['permission'] = 'read-write'): Promise<Lent> {
  const { app } = stage.ana;
  guests += 1;
  const recipient = `zoe-${String(guests)}@elsewhere.example`;
  const { id: folder } = await app.makeFolder(`Plans ${String(guests)}`);
  const { id: file } = await app.makeFile('budget.txt', 'twelve', folder);
  const shareId = await app.share(folder, recipient, { permission });
  await stage.settle();
  const link = invitationIn(await stage.mailbox.waitForMailTo(recipient));
  return { shareId, folder, file, recipient, link };
}

/** Our half of it. */
export async function lentHalf({ birch }: Stage, { folder }: Pick<Lent, 'folder'>): Promise<OutgoingShare> {
  const {
    shares: { outgoing },
    base: { database },
  } = birch.services;
  const row = await database
    .read('outgoing_shares')
    .where({ folder_id: folder })
    .first<{ id: string } | undefined>('id');
  const share = await outgoing.byId(database.read, row?.id ?? '');
  if (share === undefined) throw new Error('there is no such share');
  return share;
}

/** The invitee picks a cloud behind the link and lets the browser carry whatever there is to carry. */
export async function choose(zoe: Person, { link }: Lent, peer: ScriptedPeer, name: string): Promise<Page> {
  await zoe.openInvitation(link);
  const page = await zoe.chooseCloud(name);
  const { shareUrl } = peer.addresses;
  const isCarried = page.forms.some(({ action }) => action.href === shareUrl);
  return isCarried ? zoe.submit(({ action }) => action.href === shareUrl) : page;
}

/** The invitee answers on the page of a scripted cloud that is open, giving an address and a password if asked. */
export async function answerThere(zoe: Person, { recipient }: Lent, accepted: boolean): Promise<Page> {
  const [form] = zoe.page.forms;
  const login = form?.controls.find(({ name }) => name === 'email' || name === 'login')?.name;
  const values: Record<string, Entered> = login === undefined ? {} : { [login]: recipient, password: 'secret' };
  const [yes = '', no = ''] = (form?.buttons ?? []).map(({ value }) => value);
  return zoe.submit(() => true, values, { button: accepted ? yes : no });
}

/** Something in a scripted cloud that is offered to Bo. */
export interface Offered {
  readonly shareId: string;
  readonly link: string;
  /** In the storage of its cloud; a folder holds `budget.txt`, which says `twelve`, as a file does itself. */
  readonly item: number;
  readonly title: string;
}

/** What somebody offers; default: a folder to read and write. */
export interface OfferOptions {
  readonly permission?: Invitation['permission'];
  readonly kind?: 'folder' | 'file';
}

/** Somebody in a scripted cloud shares with Bo. */
export function offer(peer: ScriptedPeer, recipient: string, options: OfferOptions = {}): Offered {
  const { permission = 'read-write', kind = 'folder' } = options;
  const title = `${peer.constructor.name} ${new URL(peer.server.url).port} ${String(peer.sent.size + 1)}`;
  const item = fill(peer, title, kind);
  return { ...peer.invite({ item, name: title, recipient, permission }), item, title };
}

function fill({ storage }: ScriptedPeer, title: string, kind: 'folder' | 'file'): number {
  if (storage === undefined) return 1972;
  if (kind === 'file') return storage.file(title, 'twelve');
  const folder = storage.folder(title);
  storage.file('budget.txt', 'twelve', folder);
  return folder;
}

/** The recipient opens the link of a scripted cloud and lets the browser go on. */
export async function follow(bo: Person, { link }: Offered): Promise<Page> {
  const page = await bo.visit(link);
  return page.status === 200 ? bo.submit(() => true) : page;
}

/** The whole way: the recipient, signed in already, follows the link and answers. */
export async function answerHere(stage: Stage, bo: Person, offered: Offered, accepted: boolean): Promise<Page> {
  await follow(bo, offered);
  const page = accepted ? await bo.accept() : await bo.decline();
  await stage.settle();
  return page;
}

/** Our half of it. */
export async function offeredHalf({ birch }: Stage, { shareId }: Offered): Promise<IncomingShare | undefined> {
  const {
    shares: { incoming },
    base: { database },
  } = birch.services;
  return (await incoming.named(database.read, shareId))[0];
}
