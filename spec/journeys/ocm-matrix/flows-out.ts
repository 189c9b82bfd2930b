import { DAY, HOUR, MINUTE } from '../../../src/kernel/index.js';
import type { BorrowedRoot, TakenShare } from '../../support/ocm-servers/index.js';
import { given, offer, takenBy, type OcmStage, type Outgoing } from './stage.js';

/** Nothing was offered, so nothing can be done with it. */
export class NothingCame extends Error {}

/** One flow of a share that Ana gives Zoe; answers what came of it, in a word of the table. */
export type Flow = (stage: OcmStage) => Promise<string>;

/** What can be done with a share that Ana gave. */
export const OUT: Readonly<Record<string, Flow>> = {
  async invite(stage) {
    if (stage.there.profile.invites === undefined) return 'unknown there';
    const { contacts } = stage.alder.services.agreements;
    const { text } = await contacts.invites.make(stage.ana.accountId, 'Zoe');
    const answer = await stage.there.meet(text);
    const [known] = await contacts.book.list(stage.ana.accountId);
    return `${String(answer?.status)}, ${known?.name ?? 'nobody'}`;
  },
  async share(stage) {
    const shared = await offer(stage);
    await stage.town.settle();
    const { state } = await given(stage, shared);
    if (state === 'created') return `refused: ${withoutHost(stage, await reasonOf(stage, shared))}`;
    return takenBy(stage, shared) === undefined ? `${state}, and nothing came` : state;
  },
  async accept(stage) {
    const { shared, share } = await taken(stage);
    await stage.there.accept(share);
    await stage.town.settle();
    const { state } = await given(stage, shared);
    await (await stage.there.open(share)).list();
    await stage.town.settle();
    return `${state}, ${(await given(stage, shared)).state} after a read`;
  },
  async decline(stage) {
    const { shared, share } = await taken(stage);
    await stage.there.decline(share);
    return (await given(stage, shared)).state;
  },
  async 'list and read'(stage) {
    const { folder } = await opened(stage);
    const { items } = await folder.list();
    const names = items.map(({ path, isFolder }) => `${path}${isFolder ? '/' : ''}`).join(' ');
    const part = await folder.read('a.txt', 'bytes=0-5');
    return `${names} ${String(part.status)} ${part.text}`;
  },
  async write(stage) {
    const { folder, shared } = await opened(stage);
    const { status } = await folder.write('b.txt', 'from Zoe');
    return `${String(status)} ${await readBack(stage, shared, 'b.txt')}`;
  },
  async rename(stage) {
    const { folder, shared } = await opened(stage);
    const { status } = await folder.rename('a.txt', 'z ü.txt');
    return `${String(status)} ${await readBack(stage, shared, 'z ü.txt')}`;
  },
  async delete(stage) {
    const { folder, shared } = await opened(stage);
    const { status } = await folder.remove('a.txt');
    return `${String(status)} ${await readBack(stage, shared, 'a.txt')}`;
  },
  async permission(stage) {
    const { folder, shared } = await opened(stage);
    const { changing } = stage.alder.services.agreements;
    const { id } = await given(stage, shared);
    await changing.change(stage.ana.accountId, id, { permission: 'read-only' });
    const { status } = await folder.write('b.txt', 'from Zoe');
    await changing.change(stage.ana.accountId, id, { permission: 'read-write' });
    return `${String(status)}, then ${String((await folder.write('b.txt', 'from Zoe')).status)}`;
  },
  async 'permission told'(stage) {
    const { shared, share } = await taken(stage);
    const { id } = await given(stage, shared);
    const said: string[] = [];
    for (const permission of ['read-only', 'read-write', 'read-only'] as const) {
      await stage.alder.services.agreements.changing.change(stage.ana.accountId, id, { permission });
      await stage.town.settle();
      said.push(share.permissions?.join('+') ?? 'unsaid');
    }
    const words = ['SHARE_CHANGE_PERMISSION', shared.shareId];
    const told = stage.there.heard.filter(({ body }) => words.every((word) => body.includes(word)));
    return told.length === 0 ? 'no' : `${told.map(({ status }) => status).join(' ')}, there ${said.join(', ')}`;
  },
  async leave(stage) {
    const { shared, share } = await opened(stage);
    await stage.there.decline(share);
    return (await given(stage, shared)).state;
  },
  async expiry(stage) {
    const { folder, shared, share } = await opened(stage, { expiresAt: stage.alder.clock.now() + DAY });
    stage.town.advance(DAY + HOUR);
    const { status } = await folder.list();
    await stage.alder.cloud.tick();
    await stage.town.settle();
    return `${String(status)}, here ${(await given(stage, shared)).state}, there ${share.state}`;
  },
  async 'peer away'(stage) {
    stage.there.isAway = true;
    const shared = await offer(stage);
    await stage.town.settle();
    const { state } = await given(stage, shared);
    stage.there.isAway = false;
    await stage.town.pass(5 * MINUTE);
    return `${state}, then ${takenBy(stage, shared) === undefined ? 'nothing' : 'told'}`;
  },
  async revoke(stage) {
    const { folder, shared, share } = await opened(stage);
    const { sharing } = stage.alder.services.agreements;
    const [{ recipient }] = [await given(stage, shared)];
    await sharing.unshare(stage.ana.accountId, String(shared.folder) as never, [recipient]);
    const { status } = await folder.list();
    await stage.town.settle();
    return `${String(status)}, there ${share.state}`;
  },
};

function withoutHost({ there }: OcmStage, text = ''): string {
  return text.replaceAll(there.host, 'HOST');
}

async function reasonOf(stage: OcmStage, shared: Outgoing): Promise<string | undefined> {
  const { shares, base } = stage.alder.services;
  const { id } = await given(stage, shared);
  return (await shares.outgoing.view(base.database.read, id))?.problem;
}

async function taken(
  stage: OcmStage,
  terms: Parameters<typeof offer>[1] = {},
): Promise<{ shared: Outgoing; share: TakenShare }> {
  const shared = await offer(stage, terms);
  await stage.town.settle();
  const share = takenBy(stage, shared);
  if (share === undefined) throw new NothingCame();
  return { shared, share };
}

async function opened(
  stage: OcmStage,
  terms: Parameters<typeof offer>[1] = {},
): Promise<{ shared: Outgoing; share: TakenShare; folder: BorrowedRoot }> {
  const { shared, share } = await taken(stage, terms);
  await stage.there.accept(share);
  const folder = await stage.there.open(share);
  await folder.list();
  await stage.town.settle();
  return { shared, share, folder };
}

/** What Ana finds under a name in what she gave. */
async function readBack({ ana }: OcmStage, { folder }: Outgoing, name: string): Promise<string> {
  const entry = (await ana.app.children(folder)).get(name);
  return entry === undefined ? 'nothing' : (await ana.app.read(entry.id)).toString();
}
