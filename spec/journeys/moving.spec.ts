import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { runBeside } from '../support/command-line.js';
import type { Station } from '../support/open-pair.js';
import { addressOf, atWork, meetToo, openMesh, shareByAddress } from './support/mesh.js';
import { activate, halvesOf, invite, choose, openStory, type Story } from './support/story.js';
import { withoutEffect } from './support/world.js';

let story: Story;

afterEach(() => story.close());

/** Alder is started at another address, and tells its peers. */
async function moveAlder(): Promise<Station> {
  await story.alder.services.joining.ownAddress.announceIfMoved();
  const moved = await story.move(story.alder);
  await moved.services.joining.ownAddress.announceIfMoved();
  return moved;
}

const atBirch = (): Station['services'] => story.birch.services;

describe('a cloud that gets a new address', () => {
  it('keeps its shares once an administrator has confirmed what it said itself', async () => {
    story = await openStory();
    const { mount, folder } = await activate(story);
    const pending = await invite(story);
    await choose(story, pending);
    const moved = await moveAlder();
    const list = (): Promise<string[]> => story.bo.app.children(mount).then((found) => [...found.keys()]);
    await expect(list()).rejects.toThrow();
    await story.settle();
    expect((await atBirch().neighbours.peers.byName('Alder'))?.said).toMatchObject({ address: moved.url });

    const { shares } = await atBirch().joining.peerMoves.confirm('Alder', moved.url, 'bea');
    expect(shares).toBe(2);
    expect(await list()).toEqual(['budget.txt']);
    const peer = await atBirch().neighbours.peers.byName('Alder');
    expect(peer).toMatchObject({ shareUrl: `${moved.url}/interop/share`, origins: [moved.url], said: undefined });
    const after = await halvesOf({ ...story, alder: moved }, pending.folder);
    expect(after.callback).toMatch(`${moved.url}/interop/result/`);
    expect((await halvesOf({ ...story, alder: moved }, folder)).incoming?.resourceUrl).toMatch(moved.url);
  });

  it('keeps what it was given, as the one that was invited', async () => {
    story = await openStory();
    const { folder } = await activate(story);
    await story.birch.services.joining.ownAddress.announceIfMoved();
    const birch = await story.move(story.birch);
    await birch.services.joining.ownAddress.announceIfMoved();
    await story.settle();
    expect(await story.alder.services.joining.peerMoves.confirm('Birch', birch.url, 'ada')).toMatchObject({
      shares: 1,
    });
    const { outgoing } = await halvesOf({ ...story, birch }, folder);
    expect(outgoing.chosen).toMatchObject({ credentialsUrl: `${birch.url}/interop/credentials` });
    await story.alder.services.shares.endings.byName(outgoing.shareId, 'administrator');
    await story.settle();
    expect((await halvesOf({ ...story, birch }, folder)).incoming?.state).toBe('revoked');
  });

  it('loses no share to whoever has its old address now, however long that refuses its keys (F-06)', async () => {
    story = await openStory();
    const { mount, folder } = await activate(story);
    const moved = await moveAlder();
    await story.settle();
    const stranger = createServer((_request, response) => response.writeHead(404).end('Nothing here'));
    stranger.listen(Number(new URL(story.alder.url).port), 'localhost');
    for (let minutes = 0; minutes < 90; minutes += 10) {
      expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBeGreaterThanOrEqual(500);
      await story.pass(10 * MINUTE);
    }
    stranger.closeAllConnections();
    stranger.close();
    const share = (await halvesOf({ ...story, alder: moved }, folder)).incoming;
    expect(share?.state).toBe('active');
    await atBirch().joining.peerMoves.confirm('Alder', moved.url, 'bea');
    await story.pass(20 * MINUTE);
    expect((await story.bo.app.call(`folder/${String(mount)}/contents`)).status).toBe(200);
  });

  it('keeps what it shares by Open Cloud Mesh once an administrator has entered where its server is now', async () => {
    story = await openMesh();
    const shared = await atWork(story);
    const { incoming } = await halvesOf(story, shared.folder);
    const view = await atBirch().agreements.sharing.incomingOne(story.bo.accountId, incoming?.id ?? '');
    const list = async (): Promise<string[]> => [...(await story.bo.app.children(Number(view?.mountId))).keys()];
    const moved = await story.move(story.alder);
    await expect(list()).rejects.toThrow();

    const { text } = await runBeside(story.birch, 'peer', 'set', 'Alder', '--ocm-url', moved.url);
    expect(text).toContain(`It is at ${moved.url} now, and its shares follow it.`);
    expect(await list()).toEqual(['budget.txt']);
    const peer = await atBirch().neighbours.peers.byName('Alder');
    expect(peer).toMatchObject({ shareUrl: `${moved.url}/ocm/shares`, origins: [moved.url] });
    const after = (await halvesOf({ ...story, alder: moved }, shared.folder)).incoming;
    expect(after).toMatchObject({ state: 'active', resourceUrl: expect.stringMatching(moved.url) as string });
    await moved.services.shares.endings.byName(after?.shareId ?? '', 'administrator');
    await runBeside(moved, 'peer', 'set', 'Birch', '--ocm-url', story.birch.url);
    await story.settle();
    expect((await halvesOf({ ...story, alder: moved }, shared.folder)).incoming?.state).toBe('revoked');
  });

  it('keeps what it was given by Open Cloud Mesh, and is offered what waited for it', async () => {
    story = await openMesh();
    const shared = await atWork(story);
    const waiting = await shareByAddress(story);
    const birch = await story.move(story.birch);
    await story.alder.services.neighbours.peers.set('Birch', {
      ocm: { host: new URL(birch.url).host, path: '', isPlain: true },
    });
    const { outgoing } = await halvesOf({ ...story, birch }, shared.folder);
    expect(outgoing).toMatchObject({
      chosen: { shareUrl: birch.url, credentialsUrl: birch.url },
      recipientAddress: addressOf({ email: story.bo.email, at: birch }),
    });
    expect(await story.alder.services.neighbours.peers.byName('Birch')).toMatchObject({
      shareUrl: `${birch.url}/ocm/shares`,
      unshareUrl: `${birch.url}/ocm/notifications`,
      credentialsUrl: `${birch.url}/ocm/notifications`,
      origins: [birch.url],
    });
    await story.settle();
    expect((await halvesOf({ ...story, birch }, waiting.folder)).incoming?.state).toBe('pending');
    await story.alder.services.shares.endings.byName(outgoing.shareId, 'administrator');
    await story.settle();
    expect((await halvesOf({ ...story, birch }, shared.folder)).incoming?.state).toBe('revoked');
  });

  it('takes its server of Open Cloud Mesh along, with the shares that are by that protocol', async () => {
    story = await openStory();
    await meetToo(story.alder, story.birch);
    await meetToo(story.birch, story.alder);
    const { folder } = await atWork(story);
    await story.birch.services.joining.ownAddress.announceIfMoved();
    const birch = await story.move(story.birch);
    await birch.services.joining.ownAddress.announceIfMoved();
    await story.settle();
    const confirmed = await story.alder.services.joining.peerMoves.confirm('Birch', birch.url, 'ada');
    expect(confirmed.shares).toBe(1);
    const { outgoing } = await halvesOf({ ...story, birch }, folder);
    expect(outgoing.chosen).toMatchObject({ shareUrl: birch.url, credentialsUrl: birch.url });
  });

  it('is not believed by its address alone: nothing is taken over before it has said so with its keys', async () => {
    story = await openStory();
    await activate(story);
    const moved = await moveAlder();
    await withoutEffect(story, async () => {
      await expect(atBirch().joining.peerMoves.confirm('Alder', moved.url, 'bea')).rejects.toMatchObject({
        code: 'conflict',
      });
    }, ['(connections)']);
  });

  it('is not taken for another cloud that does not know the keys, whatever the peer said', async () => {
    story = await openStory();
    await activate(story);
    const elm = await story.found('Elm');
    const alder = await atBirch().neighbours.peers.byName('Alder');
    if (alder === undefined) throw new Error('no peer');
    await atBirch().neighbours.peers.remove('Elm');
    await atBirch().joining.peerMoves.said(alder, elm.url);
    await expect(atBirch().joining.peerMoves.confirm('Alder', elm.url, 'bea')).rejects.toThrow('does not confirm');
    expect(await atBirch().neighbours.peers.byName('Alder')).toMatchObject({ origins: [story.alder.url] });
  });

  it('tells nobody when it is started where it was, and tells it once where it is not', async () => {
    story = await openStory();
    const queued = async ({ services }: Station): Promise<number> =>
      (await services.base.database.read('deliveries').where({ kind: 'announcement' }).select('id')).length;
    await story.alder.services.joining.ownAddress.announceIfMoved();
    await story.alder.services.joining.ownAddress.announceIfMoved();
    expect(await queued(story.alder)).toBe(0);
    const moved = await moveAlder();
    await moved.services.joining.ownAddress.announceIfMoved();
    expect(await queued(moved)).toBe(1);
    await story.settle();
    expect(await queued(moved)).toBe(0);
  });
});
