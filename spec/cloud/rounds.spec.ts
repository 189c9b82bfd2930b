import { describe, expect, it } from 'vitest';
import { Rounds } from '../../src/cloud/rounds.js';
import { createLog } from '../../src/platform/index.js';

/** A work that is under way until it is let go. */
function heldWork() {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  return { work: () => held, letGo };
}

/** Whether a promise is settled after everything else that is due. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await new Promise(setImmediate);
  return settled;
}

describe('what comes round by itself', () => {
  const rounds = () => new Rounds(createLog('silent'));

  it('OPS-01 is waited for at the end: the work that is under way, and nothing after it', async () => {
    const coming = rounds();
    const held = heldWork();
    let later = 0;
    coming.once(coming.oneAfterAnother([held.work, () => Promise.resolve((later += 1))]), 'failed');
    const stopped = coming.stop(60_000);
    expect(await isSettled(stopped)).toBe(false);
    held.letGo();
    await stopped;
    expect(later).toBe(0);
  });

  it('OPS-01 is not waited for longer than patience lasts', async () => {
    const coming = rounds();
    const held = heldWork();
    coming.once(held.work, 'failed');
    await coming.stop(1);
    held.letGo();
  });

  it('goes on with the next after one that failed, and tells what went wrong', async () => {
    const coming = rounds();
    let later = 0;
    const work = coming.oneAfterAnother([() => Promise.reject(new Error('full')), () => Promise.resolve((later += 1))]);
    await expect(work()).rejects.toThrow('full');
    expect(later).toBe(1);
  });
});
