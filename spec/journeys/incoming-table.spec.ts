import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../src/kernel/index.js';
import { INCOMING_STATES, nextIncoming, type IncomingEvent, type IncomingState } from '../../src/shares/index.js';
import { credentialFields } from './support/peer-voice.js';
import { INCOMING_WAYS } from './support/states.js';
import { halvesOf, openStory, type Halves, type Invited, type Story } from './support/story.js';
import { endEverything, withoutEffect } from './support/world.js';

/** What somebody says to the destination, and what the contract owes in return. */
interface Message {
  /** The state that follows; undefined when it stays. */
  readonly event: IncomingEvent | undefined;
  readonly send: (story: Story, invited: Invited, halves: Halves) => Promise<number>;
  readonly fits: number;
  readonly unfit: number;
  /** True where the same was said before: answered as then, without any effect. */
  readonly isRepeat?: (state: IncomingState) => boolean;
}

const OPEN: readonly IncomingState[] = ['pending', 'accepted', 'active'];

const unshare = (reason: string | undefined, event: Message['event']): Message => ({
  event,
  send: async ({ asAlder }, _invited, { incoming }) => (await asAlder.unshare(incoming?.shareId ?? '', reason)).status,
  fits: 200,
  unfit: 200,
});

/** Bo presses a button on the page that he opened while the proposal was pending. */
const press = (button: 'accept' | 'decline', states: readonly IncomingState[]): Message => ({
  event: button,
  send: async ({ bo }) => {
    const page = await bo.browser[button]({ follow: () => false });
    // The page stays open for another try.
    return page.status;
  },
  fits: 303,
  unfit: 409,
  isRepeat: (state) => states.includes(state),
});

const MESSAGES: Readonly<Record<string, Message>> = {
  'the same proposal comes': {
    event: undefined,
    send: async ({ asAlder }, _invited, halves) => (await asAlder.post('/interop/share', proposalOf(halves))).status,
    fits: 303,
    unfit: 409,
    isRepeat: (state) => state === 'pending',
  },
  'a changed proposal of that name comes': {
    event: undefined,
    send: async ({ asAlder }, _invited, halves) =>
      (await asAlder.post('/interop/share', proposalOf(halves, { folder_name: 'Other' }))).status,
    fits: 303,
    unfit: 409,
  },
  'an unshare comes without a reason': unshare(undefined, 'told-revoked'),
  'an unshare comes, withdrawn': unshare('withdrawn', 'told-withdrawn'),
  'an unshare comes, expired': unshare('expired', 'told-expired'),
  'an unshare comes, revoked': unshare('revoked', 'told-revoked'),
  'an unshare comes, deleted': unshare('deleted', 'told-revoked'),
  'the recipient accepts': press('accept', ['accepted', 'active']),
  'the recipient declines': press('decline', ['declined']),
  'thirty days pass': {
    event: 'lapse',
    send: async (story) => {
      story.birch.clock.advance(31 * 24 * 3600 * 1000);
      await story.birch.cloud.tick();
      story.alder.clock.advance(31 * 24 * 3600 * 1000);
      return 0;
    },
    fits: 0,
    unfit: 0,
  },
};

describe('every message in every state of the destination’s half', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.bo.browser.signIn(story.birch.url);
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  for (const state of INCOMING_STATES) {
    for (const [words, message] of Object.entries(MESSAGES)) {
      // A proposal that nobody has answered is withdrawn rather than revoked.
      const event =
        message.event === 'told-revoked' && words.endsWith('without a reason') && state === 'pending'
          ? 'told-withdrawn'
          : message.event;
      const next = event === undefined ? undefined : nextIncoming(state, event);
      it(`DLV-02 ${words} while ${state}: ${next === undefined ? 'nothing happens' : `now ${next}`}`, async () => {
        const invited = await INCOMING_WAYS[state](story, {});
        expect((await halvesOf(story, invited.folder)).incoming?.state).toBe(state);
        if (next === undefined) await unfit(story, state, invited, message);
        else await fits(story, next, invited, message);
      });
    }
    it(`CRD-04 credentials while ${state}: ${OPEN.slice(1).includes(state) ? 'taken' : 'refused'}`, async () => {
      const invited = await INCOMING_WAYS[state](story, {});
      await credentialsIn(story, state, invited);
    });
  }

  it('UNS-02 an unshare ahead of its proposal is remembered: what comes late is refused', async () => {
    const { asAlder } = story;
    expect((await asAlder.unshare('never-heard-of')).status).toBe(404);
    const late = [...proposalFields(story, 'never-heard-of')];
    expect((await withoutEffect(story, () => asAlder.post('/interop/share', late))).status).toBe(409);
    const credentials = (): Promise<{ status: number }> =>
      asAlder.credentials('never-heard-of', 'a'.repeat(32), 'b'.repeat(43));
    expect((await withoutEffect(story, credentials)).status).toBe(409);
    expect((await withoutEffect(story, () => asAlder.unshare('never-heard-of'))).status).toBe(404);
  });
});

function proposalFields({ alder, bo }: Story, shareId: string): Fields {
  return [
    ['share_id', shareId],
    ['resource_url', `${alder.url}/v1/folder/1`],
    ['owner_name', 'Ana Alvarez'],
    ['owner_email', 'ana@alder.example'],
    ['folder_name', 'Late'],
    ['permission', 'read-only'],
    ['recipient', bo.email],
    ['callback', `${alder.url}/interop/result/late`],
    ['protocol_version', '1.0'],
  ];
}

/** The proposal as it came the first time, with changes. */
function proposalOf({ incoming, callback }: Halves, changes: Readonly<Record<string, string>> = {}): Fields {
  if (incoming === undefined || callback === undefined) throw new Error('there is no proposal');
  return Object.entries({
    share_id: incoming.shareId,
    resource_url: incoming.resourceUrl,
    owner_name: incoming.ownerName,
    owner_email: incoming.ownerEmail,
    folder_name: incoming.folderName,
    permission: incoming.permission,
    recipient: incoming.recipient,
    callback,
    protocol_version: '1.0',
    ...changes,
  });
}

async function fits(story: Story, next: IncomingState, invited: Invited, message: Message): Promise<void> {
  const halves = await halvesOf(story, invited.folder);
  expect(await message.send(story, invited, halves)).toBe(message.fits);
  const { incoming } = await halvesOf(story, invited.folder);
  expect(incoming?.state).toBe(next);
  if (!OPEN.includes(next)) expect(incoming?.grantSealed).toBeUndefined();
}

async function unfit(story: Story, state: IncomingState, invited: Invited, message: Message): Promise<void> {
  const { isRepeat = () => false } = message;
  const halves = await halvesOf(story, invited.folder);
  const answer = await withoutEffect(story, () => message.send(story, invited, halves));
  expect(answer).toBe(isRepeat(state) ? message.fits : message.unfit);
  expect((await halvesOf(story, invited.folder)).incoming?.state).toBe(state);
}

/** Credentials: taken once while accepted, alike again, others never; refused in every other state. */
async function credentialsIn(story: Story, state: IncomingState, invited: Invited): Promise<void> {
  const { asAlder } = story;
  const { incoming, grant } = await halvesOf(story, invited.folder);
  const shareId = incoming?.shareId ?? '';
  const [token, secret] = [grant?.token ?? 'T'.repeat(32), grant?.secret ?? 'S'.repeat(43)];
  const same = async (): Promise<number> => (await asAlder.credentials(shareId, token, secret)).status;
  const other = async (): Promise<number> => (await asAlder.credentials(shareId, `${token.slice(1)}x`, secret)).status;
  const unknownProtocol = credentialFields(shareId, token, secret).map(
    ([name, value]) => [name, name === 'auth_protocol' ? 'basic' : value] as const,
  );
  const foreign = async (): Promise<number> => (await asAlder.post('/interop/credentials', unknownProtocol)).status;
  expect(await withoutEffect(story, foreign)).toBe(400);
  const takes = state === 'accepted' || state === 'active';
  if (state === 'accepted') expect(await same()).toBe(200);
  expect(await withoutEffect(story, same)).toBe(takes ? 200 : 409);
  expect(await withoutEffect(story, other)).toBe(409);
  expect((await halvesOf(story, invited.folder)).incoming?.state).toBe(state);
}
