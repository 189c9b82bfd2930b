import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MINUTE } from '../../src/kernel/index.js';
import { incomingLane } from '../../src/shares/index.js';
import { decide, halfOf, offer, openOutpost, type Outpost } from '../doors/interop/support/outpost.js';
import type { Reply } from '../doors/interop/support/scripted-peer.js';

/** Bo's answers, repeated by his own cloud (cloudspaces-interop.md 5, healing). */
describe('a repeated decision', () => {
  let outpost: Outpost;

  beforeAll(async () => {
    outpost = await openOutpost();
  });
  afterAll(() => outpost.close());

  /** The deliveries that still wait after Quill has answered the repeat of a refusal in this way. */
  async function waitingAfter(reply: Reply): Promise<number> {
    const { quill, birch } = outpost;
    quill.reply = () => reply;
    const half = await halfOf(outpost, quill, (await offer(quill)).shareId);
    await decide(outpost, half, false);
    outpost.advance(MINUTE);
    await outpost.settle();
    return (await birch.services.deliveries.outbox.pending(incomingLane(half.id))).length;
  }

  it('has been taken by a cloud that leads on to its return page', async () => {
    expect(await waitingAfter({ status: 303, headers: { location: `${outpost.quill.url}/shares` } })).toBe(0);
  });

  it('DLV-05 has not been taken by one that leads anywhere else', async () => {
    expect(await waitingAfter({ status: 302, headers: { location: `${outpost.quill.url}/login` } })).toBe(1);
  });
});
