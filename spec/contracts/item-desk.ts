import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommentDraft, ItemDesk, LockClaim, Lookup } from '../../src/desk/index.js';
import { MINUTE } from '../../src/kernel/index.js';
import { codeOf } from './file-space/harness.js';

/** One item, as two people may use its desk, of whom each may change the item and neither owns it. */
export interface ItemDeskHarness {
  /** Opens the adapter under test anew, as for one request. */
  desk(): Promise<ItemDesk>;
  /** The same item as somebody else reaches it, by whatever way. */
  other(): Promise<ItemDesk>;
  /** Moves every clock; milliseconds. */
  advance(millis: number): void;
  /** Deletes the item. */
  remove(): Promise<void>;
  close(): Promise<void>;
}

const ALL: Lookup = { cloud: 'any', everywhere: true };
const says = (text: string, cloud = 'Stack sync/1'): CommentDraft => ({ user: 'eye ñ', cloud, text });
const claims = (user: string): LockClaim => ({
  user,
  cloud: 'Stacksync',
  ipserver: '192.0.2.1',
  datetime: '2015-05-12 10:50:00',
  minutes: 10,
});

/** What every desk of an item promises, see {@link ItemDesk}. */
export function describeItemDesk(adapter: { readonly name: string; open(): Promise<ItemDeskHarness> }): void {
  describe(adapter.name, () => {
    let harness: ItemDeskHarness;
    beforeEach(async () => (harness = await adapter.open()));
    afterEach(() => harness.close());

    it('keeps comments, which everybody sees in the order in which they came', async () => {
      const [desk, other] = [await harness.desk(), await harness.other()];
      const texts = ['first\nñ 😀 </p>', 'second', 'third'];
      const made = await desk.comment(says('first\nñ 😀 </p>'));
      expect(made).toEqual({ ...says('first\nñ 😀 </p>'), createdAt: made.createdAt, status: 'NEW' });
      await other.comment(says('second'));
      await desk.comment(says('third'));
      for (const reader of [desk, other]) {
        const found = await reader.comments(ALL);
        expect(found.map(({ text }) => text)).toEqual(texts);
        expect(new Set(found.map(({ createdAt }) => createdAt)).size).toBe(3);
      }
      expect((await desk.comments(ALL))[0]).toEqual(made);
    });

    it('narrows comments of one’s own cloud to the name that was asked for', async () => {
      const desk = await harness.desk();
      await desk.comment(says('one', 'Stacksync'));
      await desk.comment(says('two', 'NEC'));
      const found = await desk.comments({ cloud: 'NEC', everywhere: false });
      expect(found.map(({ text }) => text)).toEqual(['two']);
    });

    it('deletes a comment of one’s own and nobody else’s', async () => {
      const [desk, other] = [await harness.desk(), await harness.other()];
      const mine = await desk.comment(says('mine'));
      await other.comment(says('theirs'));
      const theirs = (await desk.comments(ALL)).find(({ text }) => text === 'theirs') ?? mine;
      expect(await codeOf(desk.withdraw(theirs))).toBe('invalid');
      expect(await codeOf(desk.withdraw({ ...mine, user: 'somebody' }))).toBe('invalid');
      expect(await desk.withdraw(mine)).toEqual({ ...mine, status: 'DELETED' });
      expect(await codeOf(desk.withdraw(mine))).toBe('invalid');
      expect((await other.comments(ALL)).map(({ text }) => text)).toEqual(['theirs']);
    });

    it('gives the lock to one, keeps it while it is refreshed, and frees it in time or when given back', async () => {
      const [desk, other] = [await harness.desk(), await harness.other()];
      expect(await desk.lock(ALL)).toBeUndefined();
      await desk.acquire(claims('eyebo'));
      await desk.acquire(claims('eyebo'));
      expect(await desk.lock(ALL)).toMatchObject({ user: 'eyebo', ipserver: '192.0.2.1', status: 'open' });
      expect(await codeOf(other.acquire(claims('eyebo')))).toBe('invalid');
      harness.advance(9 * MINUTE);
      await desk.refresh(claims('eyebo'));
      harness.advance(9 * MINUTE);
      expect(await codeOf(other.acquire(claims('eyeana')))).toBe('invalid');
      await desk.release(claims('eyebo'));
      expect(await desk.lock(ALL)).toMatchObject({ status: 'close' });
      await other.acquire(claims('eyeana'));
      expect(await codeOf(desk.acquire(claims('eyebo')))).toBe('invalid');
      expect(await codeOf(desk.refresh(claims('eyebo')))).toBe('invalid');
      expect(await codeOf(desk.release(claims('eyebo')))).toBe('invalid');
      harness.advance(10 * MINUTE + 1);
      await desk.acquire(claims('eyebo'));
    });

    it('gives the lock to one of two who want it at once', async () => {
      const desks = [await harness.desk(), await harness.other()];
      const answers = await Promise.allSettled(desks.map((each, at) => each.acquire(claims(`eye${String(at)}`))));
      expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    });

    it('AUT-02 knows nothing of an item that is gone', async () => {
      const desk = await harness.desk();
      await desk.comment(says('before'));
      await harness.remove();
      const asked = [
        () => harness.desk().then((opened) => opened.comments(ALL)),
        () => harness.desk().then((opened) => opened.lock(ALL)),
        () => desk.comment(says('after')),
        () => desk.acquire(claims('eyebo')),
      ];
      for (const ask of asked) expect(['not-found', 'invalid']).toContain(await codeOf(ask()));
    });
  });
}
