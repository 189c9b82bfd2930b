import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE, SECOND } from '../../src/kernel/index.js';
import { freePort } from '../support/cloud-process.js';
import { openGatehouse, type Gatehouse, type Mood } from './support/gatehouse.js';
import { activate, halvesOf, openStory, statesOf, type Invited, type Story } from './support/story.js';

let story: Story;
let gate: Gatehouse;

beforeAll(async () => {
  const ports = [await freePort(), await freePort()];
  const settings = async () => ({ FOOTBRIDGE_LISTEN: `localhost:${String(ports.shift() ?? (await freePort()))}` });
  const [alder = 0, birch = 0] = ports;
  // A silent cloud is waited for as little as the speed of this machine allows.
  story = await openStory(settings, undefined, { outboundLimits: { headers: 300 } });
  gate = await openGatehouse(story.alder.url, alder);
  const other = await openGatehouse(story.birch.url, birch);
  closeOther = () => other.close();
});
let closeOther: () => Promise<void>;
afterEach(async () => {
  gate.mood = 'open';
  await story.forgetLimits();
});
afterAll(async () => {
  await gate.close();
  await closeOther();
  await story.close();
});

type Standing = Invited & { readonly mount: number };

const look = async ({ mount }: Standing) => story.bo.app.call(`folder/${String(mount)}/contents`);

/** Lets time pass in which Bo looks into the folder at every stop. */
async function passLooking(share: Standing, span: number, each: number): Promise<void> {
  for (let passed = 0; passed < span; passed += each) {
    await look(share);
    await story.pass(Math.min(each, span - passed));
  }
}

const REFUSALS = [401, 403, 404] as const;

describe('a cloud that refuses the key of a share (F-06)', () => {
  it('half a second of 401 ends nothing: 503 with the reason, asked again after 5 s, nothing cached meanwhile (F-06)', async () => {
    const share = await activate(story);
    gate.mood = 401;
    const { status, text, headers } = await look(share);
    expect([status, Number(headers['retry-after']) > 0]).toEqual([503, true]);
    expect(text).toContain('refuses our key');
    gate.mood = 'open';
    const asked = gate.asked;
    // The folder itself is answered from our own rows otherwise.
    for (const path of [`folder/${String(share.mount)}`, `folder/${String(share.mount)}/contents`]) {
      expect((await story.bo.app.call(path)).status).toBe(503);
    }
    expect((await story.bo.app.children()).has(await nameOf(share))).toBe(true);
    expect(gate.asked).toBe(asked);
    await story.pass(5 * SECOND);
    expect((await look(share)).status).toBe(200);
    expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
  });

  it('is asked 5 s, 30 s, 2 min and 10 min after, and then the share is over at both ends (F-06)', async () => {
    const share = await activate(story);
    const begun = story.birch.clock.now();
    gate.mood = 404;
    await look(share);
    const probes: number[] = [];
    for (let asked = gate.asked; story.birch.clock.now() - begun < 10 * MINUTE; asked = gate.asked) {
      await story.pass(SECOND);
      if (gate.asked > asked) probes.push((story.birch.clock.now() - begun) / SECOND);
    }
    expect(probes).toEqual([5, 30, 120, 600]);
    expect(await statesOf(story, share.folder)).toEqual(['left', 'revoked']);
    expect((await halvesOf(story, share.folder)).grant).toBeUndefined();
  });

  it('is believed after ten minutes even when a question came late, as while it rested; none follow at once (F-06)', async () => {
    const share = await activate(story);
    const begun = story.birch.clock.now();
    gate.mood = 401;
    await look(share);
    const probes: number[] = [];
    for (const late of [10, 18, 4, 90, 478]) {
      const asked = gate.asked;
      story.advance(late * SECOND);
      await story.settle();
      if (gate.asked > asked) probes.push((story.birch.clock.now() - begun) / SECOND);
    }
    // The looks after 28 s come too early for the second trial, and the third trial comes at its own time anyway.
    expect(probes).toEqual([10, 32, 122, 600]);
    expect(await statesOf(story, share.folder)).toEqual(['left', 'revoked']);
  });

  it('any mix of 401, 403, 404, 5xx, silence and resets for nine minutes costs no share (F-06)', async () => {
    const share = await activate(story);
    const mood = fc.constantFrom<Mood>(...REFUSALS, ...REFUSALS, 500, 503, 'hang', 'reset');
    const spell = fc.record({ mood, lasts: fc.constantFrom(SECOND, 5 * SECOND, 30 * SECOND, 2 * MINUTE, 8 * MINUTE) });
    await fc.assert(
      fc.asyncProperty(fc.array(spell, { minLength: 1, maxLength: 8 }), async (spells) => {
        let left = 9 * MINUTE;
        for (const { mood, lasts } of spells) {
          gate.mood = mood;
          const span = Math.min(lasts, left);
          left -= span;
          await passLooking(share, span, MINUTE);
        }
        await passLooking(share, left, 2 * MINUTE);
        expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
        gate.mood = 'open';
        // The longest that a probe may wait, and a breaker beside it.
        await story.pass(20 * MINUTE);
        expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
        expect((await look(share)).status).toBe(200);
      }),
      { numRuns: 25 },
    );
  });

  it('one that refuses for good, whichever way, costs it after ten minutes, not before, at both ends (F-06)', async () => {
    const moods = fc.array(fc.constantFrom<Mood>(...REFUSALS), { minLength: 5, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(moods, async (answers) => {
        gate.mood = 'open';
        const share = await activate(story);
        gate.mood = answers[0] ?? 401;
        await look(share);
        for (const [index, span] of [5, 25, 90, 470].entries()) {
          gate.mood = answers[index + 1] ?? 401;
          await passLooking(share, span * SECOND, span * SECOND);
        }
        expect(await statesOf(story, share.folder)).toEqual(['active', 'active']);
        await story.pass(10 * SECOND);
        expect(await statesOf(story, share.folder)).toEqual(['left', 'revoked']);
        await story.forgetLimits();
      }),
      { numRuns: 8 },
    );
  });
});

async function nameOf({ folder }: Invited): Promise<string> {
  const row = await story.alder.services.base.database
    .read('items')
    .where({ id: folder })
    .first<{ name: string } | undefined>('name');
  return row?.name ?? '';
}
