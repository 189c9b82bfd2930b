import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  activate,
  choose,
  decideUnheard,
  halvesOf,
  invite,
  openStory,
  statesOf,
  voiceOf,
  type Story,
} from './support/story.js';
import { startStub } from './support/stub.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';

describe('choosing another cloud', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.found('Cedar');
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  it('PRO-13 only the newest callback lives, and the first cloud is told', async () => {
    const { alder, birch, asBirch } = story;
    const invited = await invite(story);
    await choose(story, invited, 'Birch');
    const first = await halvesOf(story, invited.folder);
    await choose(story, invited, 'Cedar');
    const second = await halvesOf(story, invited.folder);
    expect(second.outgoing.shareId).not.toBe(first.outgoing.shareId);
    const late = (): Promise<{ status: number }> => asBirch.decide(first.callback ?? '', first.outgoing.shareId, true);
    expect((await withoutEffect(story, late)).status).toBe(404);
    await story.settle();
    const [atBirch] = await birch.services.shares.incoming.named(
      birch.services.base.database.read,
      first.outgoing.shareId,
    );
    expect(atBirch?.state).toBe('withdrawn');
    expect((await halvesOf(story, invited.folder)).outgoing.state).toBe('sent');
    const asCedar = await voiceOf('Cedar', alder);
    const cedar = story.stations.find(({ name }) => name === 'Cedar');
    const [atCedar] =
      (await cedar?.services.shares.incoming.named(cedar.services.base.database.read, second.outgoing.shareId)) ?? [];
    const callback = atCedar === undefined ? '' : (cedar?.services.agreements.proposals.callbackOf(atCedar) ?? '');
    expect((await asCedar.decide(callback, second.outgoing.shareId, true)).status).toBe(200);
  });

  it('PRO-13 choosing the same cloud twice at once is one proposal', async () => {
    const invited = await invite(story);
    const pages = await Promise.all(Array.from({ length: 5 }, () => choose(story, invited)));
    expect(new Set(pages.map(String)).size).toBe(1);
    const { birch } = story;
    const { outgoing } = await halvesOf(story, invited.folder);
    expect(
      await birch.services.shares.incoming.named(birch.services.base.database.read, outgoing.shareId),
    ).toHaveLength(1);
  });

  it('PRO-13 the answer for the cloud that was given up opens nothing there', async () => {
    const invited = await invite(story);
    await choose(story, invited, 'Birch');
    const { incoming } = await halvesOf(story, invited.folder);
    await decideUnheard(story, invited, true);
    await choose(story, invited, 'Cedar');
    await story.settle();
    const { birch, alder } = story;
    const [atBirch] = await birch.services.shares.incoming.named(
      birch.services.base.database.read,
      incoming?.shareId ?? '',
    );
    expect(atBirch?.state).toBe('withdrawn');
    expect(await alder.services.base.database.read('grants').whereNull('killed_at')).toEqual([]);
  });

  it('a cloud that does not answer leaves the choice open', async () => {
    const invited = await invite(story);
    const { peers } = story.alder.services.neighbours;
    const birch = await peers.byName('Birch');
    await peers.set('Birch', { shareUrl: 'http://localhost:9/interop/share' });
    await expect(choose(story, invited)).rejects.toMatchObject({ code: 'peer-failed' });
    expect((await statesOf(story, invited.folder))[0]).toBe('created');
    await peers.set('Birch', { shareUrl: birch?.shareUrl });
    await choose(story, invited);
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
  });

  it('PRO-14 a cloud that answers with a page elsewhere gets nobody sent there', async () => {
    const { alder } = story;
    for (const location of ['https://evil.example/', '//evil.example/', 'http://localhost:1/', 'javascript:alert(1)']) {
      const stub = await startStub((response) => response.writeHead(303, { location }).end());
      const name = `Stub ${String(stub.port)}`;
      await alder.services.neighbours.peers.add({
        name,
        shareUrl: `${stub.url}/share`,
        credentialsUrl: `${stub.url}/credentials`,
        outbound: { key: 'k'.repeat(32), secret: 's'.repeat(43) },
      });
      const invited = await invite(story);
      await expect(choose(story, invited, name)).rejects.toMatchObject({ code: 'peer-failed' });
      expect((await halvesOf(story, invited.folder)).outgoing.state).toBe('created');
      await alder.services.neighbours.peers.remove(name);
    }
  });

  it('CRD-07 a peer that has moved since it was chosen gets no credentials: the choice is open again', async () => {
    const { alder, asBirch } = story;
    const invited = await invite(story);
    await choose(story, invited);
    await decideUnheard(story, invited, true);
    const { outgoing, callback } = await halvesOf(story, invited.folder);
    await asBirch.decide(callback ?? '', outgoing.shareId, true);
    const stub = await startStub((response) => response.writeHead(200).end());
    const before = await alder.services.neighbours.peers.byName('Birch');
    await alder.services.neighbours.peers.set('Birch', { credentialsUrl: `${stub.url}/interop/credentials` });
    await story.settle();
    expect(stub.heard.filter(({ path }) => path.includes('credentials'))).toEqual([]);
    const after = await halvesOf(story, invited.folder);
    expect([after.outgoing.state, after.grant]).toEqual(['created', undefined]);
    await alder.services.neighbours.peers.set('Birch', { credentialsUrl: before?.credentialsUrl });
  });

  it('CRD-06 credentials follow no redirect, and are tried again', async () => {
    const { alder, asBirch } = story;
    for (const status of [301, 302, 303, 307, 308]) {
      await story.forgetLimits();
      const second = await startStub((response) => response.writeHead(200).end());
      const first = await startStub((response) =>
        response.writeHead(status, { location: `${second.url}/interop/credentials` }).end(),
      );
      const birch = await alder.services.neighbours.peers.byName('Birch');
      await alder.services.neighbours.peers.set('Birch', { credentialsUrl: `${first.url}/interop/credentials` });
      const invited = await invite(story);
      await choose(story, invited);
      await decideUnheard(story, invited, true);
      const { outgoing, callback } = await halvesOf(story, invited.folder);
      await asBirch.decide(callback ?? '', outgoing.shareId, true);
      await story.settle();
      expect([first.heard.length, second.heard.length]).toEqual([1, 0]);
      expect((await halvesOf(story, invited.folder)).outgoing.state).toBe('accepted');
      await alder.services.neighbours.peers.set('Birch', { credentialsUrl: birch?.credentialsUrl });
      await endEverything(story);
    }
  });

  it('an accepted share is not chosen again', async () => {
    const invited = await activate(story);
    await expect(choose(story, invited, 'Cedar')).rejects.toMatchObject({ code: 'conflict' });
    expect((await send(invited.link, { headers: { accept: 'text/html' } })).status).toBe(200);
  });
});
