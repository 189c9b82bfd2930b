import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { flow, WholeBody } from '../../src/platform/index.js';

const BYTES = Buffer.from('a short content');

describe('a body that is in memory', () => {
  it('is sent in one piece, and is over then', async () => {
    const [body, answer] = [new WholeBody(BYTES), new PassThrough()];
    const pieces: Buffer[] = [];
    answer.on('data', (piece: Buffer) => pieces.push(piece));
    await flow(body, answer);
    expect([pieces, body.destroyed]).toEqual([[BYTES], true]);
  });

  it('is read like every other stream', async () => {
    expect(await buffer(new WholeBody(BYTES))).toEqual(BYTES);
  });

  it('says that the reader left before it was out', async () => {
    const answer = new PassThrough({ highWaterMark: 1 });
    const sent = flow(new WholeBody(BYTES), answer);
    answer.destroy();
    await expect(sent).rejects.toThrow('left');
  });

  it('breaks the answer when it was broken before it was sent', async () => {
    const [body, answer] = [new WholeBody(BYTES), new PassThrough()];
    body.on('error', () => undefined).destroy(new Error('no longer allowed'));
    const closed = once(answer, 'close');
    const sent = flow(body, answer).catch(() => 'broken');
    await closed;
    expect(await sent).toBe('broken');
    expect(answer.readableEnded).toBe(false);
  });
});
