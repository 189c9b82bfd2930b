import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../src/platform/index.js';
import { HOUR } from '../../src/kernel/index.js';
import { addressOf, announced, answer, atWork, openMesh } from './support/mesh.js';
import { postSigned, SECRET, shareText } from './support/mesh-voice.js';
import { halvesOf, type Story } from './support/story.js';

describe('the secret of a share by Open Cloud Mesh', () => {
  let story: Story;
  const log: string[] = [];
  const targets: string[] = [];
  const note = (message: unknown): void => {
    targets.push((message as { request: IncomingMessage }).request.url ?? '');
  };

  beforeAll(async () => {
    subscribe('http.server.request.start', note);
    story = await openMesh(undefined, createLog('trace', { write: (line: string) => log.push(line) }));
  });
  afterAll(async () => {
    unsubscribe('http.server.request.start', note);
    await story.close();
  });

  async function secretOf(folder: number): Promise<string> {
    const { incoming } = await halvesOf(story, folder);
    const held = incoming && story.birch.services.shares.receiving.credentialsOf(incoming);
    return held?.kind === 'bearer' ? held.token : held?.kind === 'basic' ? held.user : '';
  }

  it('OCM-06 stands in no address and no log, whatever becomes of the share, also while the other cloud is away', async () => {
    const { ana, bo, alder, birch } = story;
    const secrets: string[] = [];
    const shared = await atWork(story);
    secrets.push(await secretOf(shared.folder));
    const { incoming, outgoing } = await halvesOf(story, shared.folder);
    const view = await birch.services.agreements.sharing.incomingOne(bo.accountId, incoming?.id ?? '');
    const [file] = [...(await bo.app.children(Number(view?.mountId))).values()];
    await bo.app.read(file?.id ?? '');
    await bo.app.replace(file?.id ?? '', 'new');
    await alder.services.agreements.sharing.withdraw(ana.accountId, outgoing.id);
    await story.settle();

    const declined = await announced(story);
    secrets.push(await secretOf(declined.folder));
    await answer(story, declined, false);
    await story.settle();

    // Nobody listens there: what could not be sent is logged with its reason.
    const lost = await atWork(story);
    secrets.push(await secretOf(lost.folder));
    await alder.services.neighbours.peers.set('Birch', { ocm: { host: 'localhost:1', path: '', isPlain: true } });
    const { outgoing: kept } = await halvesOf(story, lost.folder);
    await alder.services.agreements.sharing.withdraw(ana.accountId, kept.id);
    await story.pass(2 * HOUR);
    await alder.services.neighbours.peers.set('Birch', {
      ocm: { host: new URL(birch.url).host, path: '', isPlain: true },
    });

    expect(secrets.map((secret) => secret.length)).toEqual([43, 43, 43]);
    for (const secret of secrets) {
      expect(targets.filter((target) => target.includes(secret))).toEqual([]);
      expect(log.filter((line) => line.includes(secret))).toEqual([]);
      const basic = Buffer.from(`${secret}:`).toString('base64');
      expect(log.filter((line) => line.includes(basic))).toEqual([]);
    }
    expect(targets.length).toBeGreaterThan(20);
    expect(log.length).toBeGreaterThan(20);
  });

  it('OCM-06 is shown to nobody but the server of the owner: an address elsewhere is refused, and not asked', async () => {
    const { birch, alder } = story;
    const before = birch.connections.length;
    for (const uri of ['https://elsewhere.example/dav/x', 'http://localhost:9/dav/x', '//elsewhere.example/dav']) {
      const protocol = { name: 'multi', webdav: { uri, sharedSecret: SECRET, permissions: ['read'] } };
      const share = shareText(addressOf(story.ana), addressOf(story.bo), { protocol });
      expect([uri, (await postSigned(alder, birch, 'shares', share)).status]).toEqual([uri, 400]);
    }
    const asked = birch.connections.slice(before).map((origin) => new URL(origin).host);
    expect(asked.filter((host) => host !== new URL(alder.url).host)).toEqual([]);
    expect(log.filter((line) => line.includes(SECRET))).toEqual([]);
  });
});
