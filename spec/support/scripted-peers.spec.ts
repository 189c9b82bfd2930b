import { afterEach, describe, expect, it } from 'vitest';
import { openPlainBrowser, type PlainBrowser } from './plain-browser.js';
import { CONSTANT_TOKEN, CsinteropPeer } from './scripted-peers/csinterop-peer.js';
import { NecPeer } from './scripted-peers/nec-peer.js';
import { BorrowedFolder, type ScriptedPeer } from './scripted-peers/peer.js';
import { SpecPeer } from './scripted-peers/spec-peer.js';
import { StacksyncPeer } from './scripted-peers/stacksync-peer.js';

const now = (): number => Date.UTC(2026, 10, 2);
const NAMES: readonly string[] = ['one', 'other'];
const ZOE = 'zoe@elsewhere.example';

const opened: ScriptedPeer[] = [];
afterEach(async () => {
  for (const peer of opened.splice(0)) await peer.close();
});

/** Introduces two of them to each other. */
async function between<One extends ScriptedPeer, Other extends ScriptedPeer>(
  one: Promise<One>,
  other: Promise<Other>,
): Promise<[One, Other]> {
  const pair: [One, Other] = [await one, await other];
  opened.push(...pair);
  const keysOf = (name = ''): { key: string; secret: string } => ({ key: `${name}-key`, secret: `${name}-secret` });
  pair.forEach((peer, index) => {
    const { shareUrl, credentialsUrl, unshareUrl = shareUrl } = pair[1 - index]?.addresses ?? peer.addresses;
    const [issuedToUs, issuedByUs] = [keysOf(NAMES[index]), keysOf(NAMES[1 - index])];
    peer.befriend({ name: 'Other', shareUrl, credentialsUrl, unshareUrl, issuedToUs, issuedByUs });
  });
  return pair;
}

/** Zoe follows her link to the page of her own cloud. */
async function follow(link: string): Promise<PlainBrowser> {
  const browser = openPlainBrowser();
  await browser.visit(link);
  await browser.submit(() => true);
  return browser;
}

const offer = (item = 1): { item: number; name: string; recipient: string; permission: 'read-only' } => {
  return { item, name: 'Plans', recipient: ZOE, permission: 'read-only' };
};

describe('scripted clouds', () => {
  it('two careful ones share a folder that can be read, for reading only', async () => {
    const [origin, destination] = await between(SpecPeer.open({ now }), SpecPeer.open({ now }));
    const folder = origin.storage.folder('Plans');
    const file = origin.storage.file('a.txt', 'twelve', folder);
    const { link, shareId } = origin.invite(offer(folder));
    const browser = await follow(link);
    await browser.submit(() => true, { email: ZOE, password: 'secret' }, { button: 'accept' });
    const received = destination.mustHaveReceived(shareId);
    const opened = new BorrowedFolder(received, { key: 'other-key', secret: 'other-secret' }, now);
    expect([...(await opened.list()).files]).toEqual([['a.txt', file]]);
    expect(await opened.read(file)).toEqual({ status: 200, text: 'twelve' });
    expect((await opened.write('b.txt', 'no')).status).toBe(403);
    expect(await origin.end(shareId)).toBe(true);
    expect([received.status, (await opened.list()).status]).toEqual(['ENDED', 401]);
  });

  it('a careful one refuses what was signed with other keys', async () => {
    const [origin, destination] = await between(SpecPeer.open({ now }), SpecPeer.open({ now }));
    const { shareId } = origin.invite(offer());
    destination.befriend({
      name: 'Other',
      shareUrl: '',
      credentialsUrl: '',
      unshareUrl: '',
      issuedToUs: { key: 'x', secret: 'x' },
      issuedByUs: { key: 'one-key', secret: 'forgotten' },
    });
    expect((await origin.propose(shareId)).status).toBe(401);
  });

  it('the reference takes “False” for a yes, and hands a constant token through the browser', async () => {
    const [origin, destination] = await between(CsinteropPeer.open({ now }), CsinteropPeer.open({ now }));
    const { link, shareId } = origin.invite(offer());
    const browser = await follow(link);
    const page = await browser.submit(() => true, {}, { button: 'no' });
    expect(page.hops.map(({ url }) => url.searchParams.get('accepted'))).toContain('False');
    expect(page.url.searchParams.get('oauth_access_token')).toBe(CONSTANT_TOKEN);
    expect(origin.mustHaveSent(shareId).status).toBe('ACCEPTED');
    expect(destination.mustHaveReceived(shareId)).toMatchObject({ status: 'DECLINED', grant: { key: CONSTANT_TOKEN } });
  });

  it('the reference lets everybody read all proposals', async () => {
    const [origin] = await between(CsinteropPeer.open({ now }), CsinteropPeer.open({ now }));
    const { shareId } = origin.invite(offer());
    const list = await openPlainBrowser().visit(`${origin.server.url}/cloudspaces/share/`);
    expect(list.text).toContain(shareId);
  });

  it('the wired reference always gives write access, one token for all, and makes accounts for those who decline', async () => {
    const [origin, destination] = await between(StacksyncPeer.open({ now }), StacksyncPeer.open({ now }));
    const folders = ['A', 'B'].map((name) => origin.storage.folder(name));
    const [first, second] = folders.map((folder) => origin.invite(offer(folder)));
    for (const { link } of [first, second].filter((each) => each !== undefined)) {
      await (await follow(link)).submit(() => true, {}, { button: 'no' });
    }
    const received = [...destination.received.values()];
    expect(received.map(({ permission }) => permission)).toEqual(['read-write', 'read-write']);
    expect(new Set(received.map(({ grant }) => grant?.key)).size).toBe(1);
    expect([origin.shadows, origin.storage.reach(received[0]?.grant?.key ?? '')]).toEqual([[ZOE], 2]);
  });

  it('the wired reference crashes over what it was sent before', async () => {
    const [origin, destination] = await between(StacksyncPeer.open({ now }), StacksyncPeer.open({ now }));
    const { shareId } = origin.invite(offer(origin.storage.folder('A')));
    const browser = openPlainBrowser();
    const statuses = [await browser.visit(origin.offerUrl(shareId)), await browser.visit(origin.offerUrl(shareId))];
    expect(statuses.map(({ status }) => status)).toEqual([200, 500]);
    expect([(await origin.deliver(shareId)).status, (await origin.deliver(shareId)).status]).toEqual([200, 500]);
    expect(destination.received.size).toBe(1);
  });

  it.each([
    ['upper', /^[0-9A-F-]{36}$/],
    ['bare', /^[0-9a-f]{32}$/],
    ['braced', /^\{[0-9a-f-]{36}\}$/],
  ] as const)('the .NET one prints the id of a share %s when it comes back', async (spelling, printed) => {
    const [origin] = await between(NecPeer.open({ now }), NecPeer.open({ now, spelling }));
    const file = origin.storage.file('a.txt', 'twelve');
    const browser = await follow(origin.invite(offer(file)).link);
    const page = await browser.submit(() => true, { login: ZOE, password: 'secret' }, { button: 'Accept' });
    expect(page.url.searchParams.get('share_id')).toMatch(printed);
    expect(page.text).toBe('Shared.');
    expect(origin.said).toMatchObject([{ status: 200, url: expect.stringMatching(/Files\.aspx$/) }]);
  });
});
