import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { HOUR } from '../../src/kernel/index.js';
import type { ProposalTransport } from '../../src/peers/index.js';
import {
  halvesOf,
  invite,
  mountOf,
  openStory,
  signInAfresh,
  statesOf,
  type Invited,
  type Story,
} from './support/story.js';
import { send } from './support/wire.js';

const TRANSPORTS: readonly ProposalTransport[] = ['server-post', 'browser-post', 'browser-get'];

/** Alder has no keys of Birch's, so that it signs nothing; Birch may leave its signatures out. */
describe('two clouds of which neither must sign its messages', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    const keyless = { outbound_key: null, outbound_secret: null };
    await story.alder.services.base.database.write((trx) => trx('peers').where({ name: 'Birch' }).update(keyless));
    await use('server-post');
    await signInAfresh(story.bo);
  });
  beforeEach(() => story.forgetLimits());
  afterAll(() => story.close());

  const use = async (transport: ProposalTransport): Promise<void> => {
    await story.alder.services.neighbours.peers.set('Birch', { allowUnsigned: true, transport });
    await story.birch.services.neighbours.peers.set('Alder', { allowUnsigned: true, transport });
  };

  /** Bo follows the link to Birch's page for the proposal. */
  const lookAt = async (invited: Invited): Promise<string> => {
    const { browser } = story.bo;
    await browser.openInvitation(invited.link);
    await browser.chooseCloud('Birch');
    if (browser.page.url.pathname.startsWith('/invitations/')) await browser.submit('/interop/share');
    return browser.page.text;
  };

  /** Bo chooses Birch, and stops before his browser carries the proposal there: its address. */
  const carry = async ({ link }: Invited): Promise<URL> => {
    await use('browser-get');
    const { browser } = story.bo;
    await browser.openInvitation(link);
    await browser.submit(/^\/invitations\//, { cloud: await birchAt(story) }, { follow: () => false });
    return new URL(String(browser.page.headers['location']));
  };
  const open = async (callback: URL): Promise<number> =>
    (await send(callback.href, { headers: { accept: 'text/plain' } })).status;

  it.each(TRANSPORTS)('share a folder all the way, %s', async (transport) => {
    await use(transport);
    const invited = await invite(story);
    const shown = await lookAt(invited);
    expect(shown).toContain('Look twice');
    expect((await statesOf(story, invited.folder))[1]).toBe('absent');
    await story.bo.browser.accept();
    expect(story.bo.browser.page.text).toContain('You have accepted');
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['active', 'active']);
    const { app } = story.bo;
    const budget = (await app.children(await mountOf(story, invited))).get('budget.txt');
    expect((await app.read(budget?.id ?? 0)).toString()).toBe('twelve');
  });

  it.each(TRANSPORTS)('agree on a refusal, %s', async (transport) => {
    await use(transport);
    const invited = await invite(story);
    await lookAt(invited);
    await story.bo.browser.decline();
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['declined', 'declined']);
  });

  it('PRO-02 hold to the owner’s own record, whatever the invitee made of the proposal on the way', async () => {
    const invited = await invite(story, { permission: 'read-only' });
    const { browser, app } = story.bo;
    const proposal = await carry(invited);
    proposal.searchParams.set('permission', 'read-write');
    await browser.visit(proposal);
    expect(browser.page.text).toContain('Read and write');
    await browser.accept();
    await story.settle();
    const mount = await mountOf(story, invited);
    const made = await app.json('folder', 'POST', { name: 'Mine', parent: mount });
    expect(made.status).toBe(403);
    expect((await app.children(mount)).has('Mine')).toBe(false);
  });

  it('CBK-05 gain nothing when the invitee skips the consent: Birch stores nothing, the grant dies with a reason', async () => {
    const invited = await invite(story);
    const { searchParams } = await carry(invited);
    const callback = new URL(searchParams.get('callback') ?? '');
    callback.search = new URLSearchParams({
      share_id: searchParams.get('share_id') ?? '',
      accepted: 'true',
    }).toString();
    expect(await open(callback)).toBe(200);
    await story.settle();
    expect(await statesOf(story, invited.folder)).toEqual(['accepted', 'absent']);
    // A 404 is believed after an hour: the other cloud may only be starting up.
    story.advance(2 * HOUR);
    await story.settle();
    const { outgoing, grant, incoming } = await halvesOf(story, invited.folder);
    expect([outgoing.state, outgoing.endReason, grant, incoming]).toEqual(['revoked', 'revoked', undefined, undefined]);
    await signInAfresh(story.bo);
  });

  it('CBK-05 gain nothing when the invitee declines at Birch and accepts at Alder: 409 ends it at once', async () => {
    await use('server-post');
    const invited = await invite(story);
    await lookAt(invited);
    const { headers } = await story.bo.browser.decline({ follow: () => false });
    const callback = new URL(String(headers['location']));
    const shareId = callback.searchParams.get('share_id') ?? '';
    // With the answer the signature is thrown away: a cloud that need not sign has none.
    callback.search = new URLSearchParams({ share_id: shareId, accepted: 'true' }).toString();
    expect(await open(callback)).toBe(200);
    await story.settle();
    const { outgoing, grant, incoming } = await halvesOf(story, invited.folder);
    expect([outgoing.state, outgoing.endReason, grant]).toEqual(['revoked', 'revoked', undefined]);
    expect([incoming?.state, incoming?.grantSealed]).toEqual(['declined', undefined]);
  });
});

async function birchAt({ alder }: Story): Promise<string> {
  return (await alder.services.neighbours.peers.byName('Birch'))?.id ?? '';
}
