import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  isEnd,
  nextOutgoing,
  OUTGOING_STATES,
  type OutgoingEvent,
  type OutgoingState,
} from '../../src/shares/index.js';
import { OUTGOING_WAYS } from './support/states.js';
import { choose, halvesOf, invite, openStory, type Halves, type Invited, type Story } from './support/story.js';
import { send } from './support/wire.js';
import { endEverything, withoutEffect } from './support/world.js';

/** What somebody says to the origin, and what the contract owes in return. */
interface Message {
  readonly event: OutgoingEvent;
  readonly send: (story: Story, invited: Invited, halves: Halves) => Promise<number>;
  /** The status when the event fits. */
  readonly fits: number;
  /** The status when it does not. */
  readonly unfit: number | ((state: OutgoingState) => number);
  /** True where the same was said before: answered as then. */
  readonly isRepeat?: (state: OutgoingState) => boolean;
  /** Not asked in these states: there is nobody who could say it. */
  readonly never?: readonly OutgoingState[];
}

const decision =
  (accepted: boolean): Message['send'] =>
  async ({ asBirch }, _invited, { outgoing, callback }) =>
    (await asBirch.decide(callback ?? '', outgoing.shareId, accepted)).status;

const sameDay = 20 * 3600 * 1000;

const MESSAGES: Readonly<Record<string, Message>> = {
  'the recipient accepts': {
    event: 'accept',
    send: decision(true),
    fits: 200,
    unfit: 409,
    isRepeat: (state) => state === 'accepted' || state === 'active',
    never: ['created'],
  },
  'the recipient declines': {
    event: 'decline',
    send: decision(false),
    fits: 200,
    unfit: 409,
    isRepeat: (state) => state === 'declined',
    never: ['created'],
  },
  'the peer unshares': {
    event: 'left',
    send: async ({ asBirch }, _invited, { outgoing }) => (await asBirch.unshare(outgoing.shareId, 'left')).status,
    fits: 200,
    // A share that was never offered to that peer is not its share; of its own, an end is an end.
    unfit: (state) => (state === 'created' ? 404 : 200),
  },
  'the invitee chooses': {
    event: 'choose',
    send: (story, { link }) => chooseFromOldPage(story, link),
    fits: 303,
    unfit: 409,
  },
  'the owner unshares': {
    event: 'end',
    send: async ({ ana, bo }, { folder }) =>
      (await ana.app.json(`folder/${String(folder)}/unshare`, 'POST', [bo.email])).status,
    fits: 201,
    unfit: 400,
  },
  'thirty days pass': {
    event: 'lapse',
    send: async (story) => {
      story.advance(31 * 24 * 3600 * 1000);
      await story.alder.cloud.tick();
      return 0;
    },
    fits: 0,
    unfit: 0,
  },
};

/** The token of a selection page: it belongs to the browser, whatever the invitation. */
let openToken = '';

describe('every message in every state of the origin’s half', () => {
  let story: Story;

  beforeAll(async () => {
    story = await openStory();
    await story.bo.browser.signIn(story.birch.url);
    const { forms } = await story.bo.browser.openInvitation((await invite(story)).link);
    openToken = forms[0]?.controls.find(({ name }) => name === 'token')?.value ?? '';
  });
  beforeEach(() => story.forgetLimits());
  afterEach(() => endEverything(story));
  afterAll(() => story.close());

  for (const state of OUTGOING_STATES) {
    for (const [words, message] of Object.entries(MESSAGES)) {
      if (message.never?.includes(state) === true) continue;
      const next = nextOutgoing(state, message.event);
      it(`DLV-02 ${words} while ${state}: ${next === undefined ? 'nothing happens' : `now ${next}`}`, async () => {
        const invited = await OUTGOING_WAYS[state](story, {});
        const halves = await halvesOf(story, invited.folder);
        expect(halves.outgoing.state).toBe(state);
        if (next === undefined) await unfit(story, state, invited, message);
        else await fits(story, next, invited, message);
      });
    }
  }

  it('PRO-09 answers every unknown callback alike, and not for long', async () => {
    const guess = (): Promise<{ status: number; text: string }> =>
      send(`${story.alder.url}/interop/result/${'x'.repeat(43)}?share_id=1&accepted=true`);
    const first = await guess();
    expect(first.status).toBe(404);
    for (let miss = 1; miss < 20; miss += 1) expect((await guess()).text).toBe(first.text);
    expect((await guess()).status).toBe(429);
  });

  it('DLV-04 expiry by the owner ends a share whatever its open state', async () => {
    for (const state of ['created', 'sent', 'accepted', 'active'] as const) {
      await story.forgetLimits();
      const soon = new Date(story.alder.clock.now() + sameDay).toISOString().replace('T', ' ').replace('Z', '');
      const invited = await OUTGOING_WAYS[state](story, { expires_at: soon });
      story.advance(sameDay + 1000);
      await story.alder.cloud.tick();
      await story.settle();
      const { outgoing, incoming, grant } = await halvesOf(story, invited.folder);
      expect([state, outgoing.state, grant]).toEqual([state, 'expired', undefined]);
      expect(incoming?.state ?? 'expired').toBe('expired');
    }
  });

  it('goes on as before when it is chosen again while sent', async () => {
    const invited = await OUTGOING_WAYS.sent(story, {});
    const before = await halvesOf(story, invited.folder);
    await choose(story, invited);
    const after = await halvesOf(story, invited.folder);
    expect(after.callback).toBe(before.callback);
    expect(after.incoming?.id).toBe(before.incoming?.id);
  });
});

/** Sends the choice from a page that was opened while there was still something to choose. */
async function chooseFromOldPage(story: Story, link: string): Promise<number> {
  const { browser } = story.bo.browser;
  const birch = await story.alder.services.neighbours.peers.byName('Birch');
  const body = new URLSearchParams({ token: openToken, cloud: birch?.id ?? '' }).toString();
  const cookie = browser.cookies.header(new URL(link), { method: 'POST', sameSite: true }) ?? '';
  const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
  return (await send(link, { method: 'POST', headers, body })).status;
}

async function fits(story: Story, next: OutgoingState, invited: Invited, message: Message): Promise<void> {
  const halves = await halvesOf(story, invited.folder);
  expect(await message.send(story, invited, halves)).toBe(message.fits);
  expect((await halvesOf(story, invited.folder)).outgoing.state).toBe(next);
  const { grant, outgoing } = await halvesOf(story, invited.folder);
  expect(grant === undefined).toBe(outgoing.state !== 'accepted' && outgoing.state !== 'active');
}

/**
 * An event that does not fit changes nothing, the second time too; the first time the peer may be reminded of an end.
 */
async function unfit(story: Story, state: OutgoingState, invited: Invited, message: Message): Promise<void> {
  const { isRepeat = () => false } = message;
  const halves = await halvesOf(story, invited.folder);
  const refusal = typeof message.unfit === 'function' ? message.unfit(state) : message.unfit;
  const expected = isRepeat(state) ? message.fits : refusal;
  const say = (): Promise<number> => message.send(story, invited, halves);
  const reminds = isEnd(state) && (message.event === 'accept' || message.event === 'decline');
  const remembers = state === 'created' && message.event === 'left';
  const except = reminds ? ['deliveries', 'share_events'] : remembers ? ['tombstones'] : [];
  expect(await withoutEffect(story, say, except)).toBe(expected);
  if (reminds) await story.settle();
  expect(await withoutEffect(story, say)).toBe(expected);
  expect((await halvesOf(story, invited.folder)).outgoing.state).toBe(state);
}
