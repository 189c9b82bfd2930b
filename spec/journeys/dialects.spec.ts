import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import type { PeerChanges } from '../../src/peers/index.js';
import { createLog } from '../../src/platform/index.js';
import { incomingLane } from '../../src/shares/index.js';
import {
  activate,
  choose,
  halvesOf,
  invite,
  openStory,
  signInAfresh,
  statesOf,
  type Invited,
  type Story,
} from './support/story.js';
import { endEverything } from './support/world.js';

const PLAIN = { dialect: 'spec', transport: 'server-post', allowUnsigned: false, credentialsByGet: false } as const;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Two clouds that take each other for clouds of other makes. */
describe('clouds of every make', () => {
  let story: Story;
  let keys: object;
  const log: string[] = [];

  beforeAll(async () => {
    story = await openStory(undefined, createLog('trace', { write: (line: string) => log.push(line) }));
    keys = await story.alder.services.base.database.read('peers').first<object>('outbound_key', 'outbound_secret');
  });
  afterAll(() => story.close());
  afterEach(async () => {
    await register(PLAIN);
    await record(keys);
    await endEverything(story);
    await story.forgetLimits();
  });

  /** What each records of the other. */
  async function register(changes: PeerChanges): Promise<void> {
    await story.alder.services.neighbours.peers.set('Birch', changes);
    await story.birch.services.neighbours.peers.set('Alder', changes);
  }

  async function record(columns: object): Promise<void> {
    await story.alder.services.base.database.write((trx) => trx('peers').update(columns));
  }

  /** Neither cloud signs to the other. Alder has no keys of Birch's at all; Birch has those for Alder's storage API. */
  async function silence(changes: PeerChanges): Promise<void> {
    await register({ ...changes, allowUnsigned: true });
    await record({ outbound_key: null, outbound_secret: null });
  }

  /** Bo's browser goes from the invitation to the offer at home, by whatever way there is. */
  async function goHome({ link }: Invited): Promise<void> {
    const { browser } = story.bo;
    await signInAfresh(story.bo);
    await browser.openInvitation(link);
    await browser.chooseCloud('Birch');
    const isCarried = browser.page.url.origin === story.alder.url;
    if (isCarried) await browser.submit((form) => form.action.origin === story.birch.url);
    expect(browser.page.url.href).toContain(`${story.birch.url}/interop/proposals/`);
  }

  describe.each(['spec', 'csinterop', 'nec'] as const)('%s, from server to server', (dialect) => {
    it('share a folder under the name of a UUID, and end it', async () => {
      await register({ dialect });
      const invited = await activate(story, { permission: 'read-write' });
      expect(invited.shareId).toMatch(UUID);
      await story.bo.app.makeFile('from-bo.txt', 'hello', invited.mount);
      expect([...(await story.ana.app.children(invited.folder)).keys()]).toContain('from-bo.txt');
      await story.ana.app.json(`folder/${String(invited.folder)}/unshare`, 'POST', [story.bo.email]);
      await story.settle();
      expect(await statesOf(story, invited.folder)).toEqual(['revoked', 'revoked']);
    });

    it.each(['browser-get', 'browser-post'] as const)('share a folder with a proposal by %s', async (transport) => {
      await register({ dialect, transport });
      const invited = await invite(story);
      await goHome(invited);
      expect(await statesOf(story, invited.folder)).toEqual(['sent', 'absent']);
      await story.bo.browser.accept();
      await story.settle();
      expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
    });

    it.each(['server-post', 'browser-get', 'browser-post'] as const)(
      'share a folder without signatures, by %s',
      async (transport) => {
        await silence({ dialect, transport });
        const invited = await invite(story);
        await goHome(invited);
        await story.bo.browser.accept();
        await story.settle();
        expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
      },
    );
  });

  it('PRO-13 a share is named anew by a UUID when the proposal has to be made again', async () => {
    const { peers } = story.alder.services.neighbours;
    const invited = await invite(story);
    await choose(story, invited);
    await peers.set('Birch', { shareUrl: `${story.birch.url}/interop/share?moved` });
    await choose(story, invited);
    await peers.set('Birch', { shareUrl: `${story.birch.url}/interop/share` });
    const { shareId } = (await halvesOf(story, invited.folder)).outgoing;
    expect(shareId).toMatch(UUID);
    expect(shareId).not.toBe(invited.shareId);
  });

  it('nec: a callback names the share by its GUID in whatever spelling, and no other share', async () => {
    await register({ dialect: 'nec' });
    const invited = await invite(story);
    await choose(story, invited);
    const { callback = '' } = await halvesOf(story, invited.folder);
    const other = await invite(story);
    expect((await story.asBirch.decide(callback, `{${other.shareId.toUpperCase()}}`, true)).status).toBe(404);
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'pending']);
    expect((await story.asBirch.decide(callback, `{${invited.shareId.toUpperCase()}}`, true)).status).toBe(200);
    expect((await story.asBirch.decide(callback, invited.shareId.replaceAll('-', ''), true)).status).toBe(200);
    expect((await statesOf(story, invited.folder))[0]).toBe('accepted');
  });

  it('others than nec: a callback names the share exactly (CBK-01)', async () => {
    const invited = await invite(story);
    await choose(story, invited);
    const { callback = '' } = await halvesOf(story, invited.folder);
    expect((await story.asBirch.decide(callback, invited.shareId.toUpperCase(), true)).status).toBe(404);
  });

  it('csinterop: a no is said without a word, which no origin can take for yes, and nothing is granted', async () => {
    await register({ dialect: 'csinterop' });
    const invited = await invite(story);
    await choose(story, invited);
    const { incoming } = await halvesOf(story, invited.folder);
    const { bo, birch } = story;
    const { proposals } = birch.services.agreements;
    const { location } = await proposals.decide(bo.accountId, incoming?.id ?? '', incoming?.digest ?? '', false);
    expect(location.searchParams.get('accepted')).toBe('');
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'declined']);
    // This origin is not really csinterop: it refuses the empty word, and the repeats end.
    story.advance(2 * MINUTE);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['sent', 'declined']);
    expect((await story.asAlder.credentials(invited.shareId, 'token', 'secret')).status).toBe(409);
    expect(await birch.services.deliveries.outbox.pending(incomingLane(incoming?.id ?? ''))).toEqual([]);
  });

  it('csinterop: SEC-02 credentials by GET stand in no log and in no notice of either cloud', async () => {
    await silence({ dialect: 'csinterop', credentialsByGet: true });
    const invited = await invite(story);
    await choose(story, invited);
    await goHome(invited);
    await story.bo.browser.accept();
    const { grant } = await halvesOf(story, invited.folder);
    // Birch takes nothing of Alder's at first, so that a refusal is noted too.
    await forbid(story.birch.clock.now());
    await story.settle();
    expect((await statesOf(story, invited.folder))[0]).toBe('accepted');
    await forbid(null);
    story.advance(20 * MINUTE);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
    const told = [...log, ...(await rowsOf('deliveries')), ...(await rowsOf('share_events'))].join('\n');
    for (const secret of [grant?.token, grant?.secret]) {
      expect(secret).toMatch(/^\w{32,}$/);
      expect(told).not.toContain(secret);
    }
  });

  async function forbid(since: number | null): Promise<void> {
    await story.birch.services.base.database.write((trx) => trx('peers').update({ blocked_at: since }));
  }

  async function rowsOf(table: string): Promise<string[]> {
    const halves = [story.alder, story.birch].map(({ services }) => services.base.database.read(table));
    return (await Promise.all(halves)).flat().map((row) => JSON.stringify(row));
  }

  it('a decision of a peer that cannot sign goes unsigned, and is repeated so', async () => {
    await silence({ dialect: 'spec' });
    await story.birch.services.base.database.write((trx) =>
      trx('peers').update({ outbound_key: null, outbound_secret: null }),
    );
    const invited = await invite(story);
    await goHome(invited);
    await story.bo.browser.accept({ follow: ({ origin }) => origin !== story.alder.url });
    expect((await statesOf(story, invited.folder))[0]).toBe('sent');
    story.advance(2 * MINUTE);
    await story.birch.cloud.drain();
    expect((await statesOf(story, invited.folder))[0]).toBe('accepted');
  });
});
