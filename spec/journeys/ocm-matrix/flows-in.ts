import { DAY, HOUR, MINUTE } from '../../../src/kernel/index.js';
import { parseInvite } from '../../../src/federation/index.js';
import type { GivenShare } from '../../support/ocm-servers/index.js';
import { NothingCame, type Flow } from './flows-out.js';
import { fresh, received, type OcmStage } from './stage.js';

/** What can be done with a share that Zoe gave Ana. */
export const IN: Readonly<Record<string, Flow>> = {
  async invite(stage) {
    if (stage.there.profile.invites === undefined) return 'unknown there';
    const { agreements, people } = stage.alder.services;
    const account = await people.accounts.byId(stage.ana.accountId);
    if (account === undefined) throw new Error('Ana has no account');
    const name = await agreements.contacts.meeting.accept(account, parseInvite(stage.there.invite()));
    return `${name}, there ${[...stage.there.contacts].length === 0 ? 'nobody' : 'Ana'}`;
  },
  async share(stage) {
    const { share } = await give(stage);
    const found = await received(stage, share);
    if (found === undefined) return `refused: ${String(share.answer?.status)} ${messageIn(share)}`;
    return `${found.state}, there ${share.state} upon ${String(share.answer?.status)}`;
  },
  async accept(stage) {
    const { share } = await accepted(stage);
    return `${await stateOf(stage, share)}, there ${share.state}`;
  },
  async decline(stage) {
    const { share } = await give(stage);
    await decide(stage, share, false);
    return `${await stateOf(stage, share)}, there ${share.state}`;
  },
  async 'list and read'(stage) {
    const { mount } = await accepted(stage);
    const children = await stage.ana.app.children(mount);
    const { id = 0 } = children.get('a.txt') ?? {};
    const part = await stage.ana.app.call(`file/${String(id)}/data`, { headers: { range: 'bytes=0-5' } });
    return `${[...children.keys()].join(' ')} ${String(part.status)} ${part.text}`;
  },
  async write(stage) {
    const { share, mount } = await accepted(stage);
    await stage.ana.app.makeFile('b.txt', 'from Ana', mount).catch(() => undefined);
    return textAt(share, '/b.txt');
  },
  async rename(stage) {
    const { share, mount } = await accepted(stage);
    const { id = 0 } = (await stage.ana.app.children(mount)).get('a.txt') ?? {};
    const { status } = await stage.ana.app.json(`file/${String(id)}`, 'PUT', { name: 'z ü.txt' });
    return `${String(status)} ${textAt(share, '/z ü.txt')}`;
  },
  async delete(stage) {
    const { share, mount } = await accepted(stage);
    const { id = 0 } = (await stage.ana.app.children(mount)).get('a.txt') ?? {};
    const { status } = await stage.ana.app.call(`file/${String(id)}`, { method: 'DELETE' });
    return `${String(status)} ${textAt(share, '/a.txt')}`;
  },
  async permission(stage) {
    const { share, mount } = await accepted(stage);
    await stage.there.permit(share, false);
    const write = async (name: string): Promise<number> => {
      const headers = { 'content-type': 'application/octet-stream' };
      const path = `file?name=${name}&parent=${String(mount)}`;
      return (await stage.ana.app.call(path, { method: 'POST', headers, body: 'x' })).status;
    };
    const first = await write('c.txt');
    await stage.there.permit(share, true);
    await stage.town.pass(HOUR);
    await stage.ana.app.children(mount);
    return `${String(first)}, then ${String(await write('d.txt'))}`;
  },
  async leave(stage) {
    const { share } = await accepted(stage);
    const { id } = await mustHaveReceived(stage, share);
    await stage.alder.services.agreements.leaving.leaveIncoming(stage.ana.accountId, id);
    await stage.town.settle();
    return `${await stateOf(stage, share)}, there ${share.state}`;
  },
  async 'taken back'(stage) {
    const { share } = await give(stage);
    await stage.there.unshare(share);
    await stage.town.settle();
    return stateOf(stage, share);
  },
  async expiry(stage) {
    const { share, mount } = await accepted(stage, { expiresAt: stage.alder.clock.now() + DAY });
    stage.town.advance(DAY + HOUR);
    const { status } = await stage.ana.app.call(`folder/${String(mount)}/contents`);
    await stage.alder.cloud.tick();
    await stage.town.pass(30 * MINUTE);
    return `${String(status)}, ${await stateOf(stage, share)} in the end`;
  },
  async 'peer away'(stage) {
    const { share, mount } = await accepted(stage);
    stage.there.isAway = true;
    const { status } = await stage.ana.app.call(`folder/${String(mount)}/contents`);
    const isThere = (await stage.ana.app.children()).size > 0;
    stage.there.isAway = false;
    await stage.town.pass(HOUR);
    const again = await stage.ana.app.call(`folder/${String(mount)}/contents`);
    return `${String(status)}, ${isThere ? 'stays' : 'vanishes'}, ${String(again.status)}, ${await stateOf(stage, share)}`;
  },
  async revoke(stage) {
    const { share, mount } = await accepted(stage);
    await stage.there.unshare(share);
    await stage.town.settle();
    const first = await stateOf(stage, share);
    const { status } = await stage.ana.app.call(`folder/${String(mount)}/contents`);
    await stage.town.pass(30 * MINUTE);
    return `${first}, ${String(status)}, ${await stateOf(stage, share)} in the end`;
  },
  async 'read a file'(stage) {
    const { name, share } = await fileAccepted(stage);
    const { id = 0, is_folder: isFolder = true, size = 0 } = (await stage.ana.app.children()).get(name) ?? {};
    const part = await stage.ana.app.call(`file/${String(id)}/data`, { headers: { range: 'bytes=0-5' } });
    return `${isFolder ? 'no file' : 'file'} of ${String(size)}, ${String(part.status)} ${part.text}, there ${share.state}`;
  },
  async 'write a file'(stage) {
    const { name, share } = await fileAccepted(stage);
    const { id = 0 } = (await stage.ana.app.children()).get(name) ?? {};
    const headers = { 'content-type': 'application/octet-stream' };
    const path = `file/${String(id)}/data`;
    const { status } = await stage.ana.app.call(path, { method: 'PUT', headers, body: 'from Ana' });
    const again = await stage.ana.app.call(path);
    return `${String(status)} ${textAt(share, '/')}, read ${again.text}`;
  },
  async 'end a file'(stage) {
    const { name, share } = await fileAccepted(stage);
    await stage.there.unshare(share);
    const { id: file = 0 } = (await stage.ana.app.children()).get(name) ?? {};
    // Who does not say that it is over shows it to whoever reads it.
    await stage.ana.app.call(`file/${String(file)}/data`);
    await stage.town.pass(30 * MINUTE);
    const isThere = (await stage.ana.app.children()).has(name);
    const other = await fileAccepted(stage);
    const { id } = await mustHaveReceived(stage, other.share);
    await stage.alder.services.agreements.leaving.leaveIncoming(stage.ana.accountId, id);
    return `${await stateOf(stage, share)}, ${isThere ? 'stays' : 'vanishes'}, or ${await stateOf(stage, other.share)}`;
  },
};

interface Given {
  readonly share: GivenShare;
  readonly name: string;
}

async function give(stage: OcmStage, more: { readonly expiresAt?: number } = {}): Promise<Given> {
  const name = fresh();
  const share = await stage.there.give({ to: stage.anaAddress, name, mayWrite: true, ...more });
  share.dav.disk.write('/a.txt', Buffer.from('twelve bytes'));
  await stage.town.settle();
  return { share, name };
}

/** Zoe gives Ana a single file, and Ana says yes. */
async function fileAccepted(stage: OcmStage): Promise<Given> {
  const name = `${fresh()}.txt`;
  const share = await stage.there.give({ to: stage.anaAddress, name, mayWrite: true, content: 'twelve bytes' });
  await stage.town.settle();
  await decide(stage, share, true);
  // After trouble with other shares of the server it is left alone for a while.
  if (!(await stage.ana.app.children()).has(name)) await stage.town.pass(HOUR);
  return { share, name };
}

async function accepted(
  stage: OcmStage,
  more: { readonly expiresAt?: number } = {},
): Promise<Given & { readonly mount: number }> {
  const given = await give(stage, more);
  await decide(stage, given.share, true);
  const found = async (): Promise<number | undefined> => (await stage.ana.app.children()).get(given.name)?.id;
  // After trouble with other shares of the server it is left alone for a while.
  if ((await found()) === undefined) await stage.town.pass(HOUR);
  const mount = await found();
  if (mount === undefined) throw new Error(`it is not mounted: ${await stateOf(stage, given.share)}`);
  return { ...given, mount };
}

async function mustHaveReceived(stage: OcmStage, share: GivenShare) {
  const found = await received(stage, share);
  if (found === undefined) throw new NothingCame();
  return found;
}

async function decide(stage: OcmStage, share: GivenShare, isYes: boolean): Promise<void> {
  const { id, digest } = await mustHaveReceived(stage, share);
  await stage.alder.services.agreements.proposals.decide(stage.ana.accountId, id, digest, isYes);
  await stage.town.settle();
}

async function stateOf(stage: OcmStage, share: GivenShare): Promise<string> {
  return (await mustHaveReceived(stage, share)).state;
}

function messageIn({ answer }: GivenShare): string {
  return (JSON.parse(answer?.text ?? '{}') as { message?: string }).message ?? '';
}

/** What lies at a path of what Zoe gave. */
function textAt({ dav }: GivenShare, path: string): string {
  return dav.disk.find(path)?.content?.toString() ?? 'nothing';
}
