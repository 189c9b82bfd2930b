import type { Response } from 'express';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Jobs } from '../../../src/doors/dav/methods/jobs.js';

const response = { headersSent: false, closed: false, writeProcessing: () => undefined } as unknown as Response;

/** Work that ends when it is told to. */
function held(): { readonly work: () => Promise<string>; readonly end: () => void; readonly begun: () => number } {
  let count = 0;
  let resolve: (word: string) => void = () => undefined;
  const promise = new Promise<string>((done) => (resolve = done));
  const work = async (): Promise<string> => {
    count += 1;
    return promise;
  };
  return { work, end: () => resolve('done'), begun: () => count };
}

/** Somebody who waits, as far as a sign of life needs them. */
function waiting(): {
  response: { headersSent: boolean; closed: boolean; writeProcessing: () => void };
  readonly signs: () => number;
} {
  let count = 0;
  const writeProcessing = (): void => {
    count += 1;
  };
  return { response: { headersSent: false, closed: false, writeProcessing }, signs: () => count };
}

describe('long work of a WebDAV client', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends a sign of life every twenty seconds to each who waits, none to who has left, and none afterwards', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const jobs = new Jobs();
    const { work, end, begun } = held();
    const [one, two] = [waiting(), waiting()];
    const run = ({ response: to }: { readonly response: object }): Promise<string> =>
      jobs.run({ who: 'ana', what: 'move' }, to as Response, work);
    const asked = [run(one), run(two)];
    vi.advanceTimersByTime(19_999);
    expect([one.signs(), two.signs()]).toEqual([0, 0]);
    vi.advanceTimersByTime(1);
    expect([one.signs(), two.signs()]).toEqual([1, 1]);
    // The second leaves, and the work goes on.
    two.response.closed = true;
    vi.advanceTimersByTime(40_000);
    expect([one.signs(), two.signs(), begun()]).toEqual([3, 1, 1]);
    end();
    expect(await Promise.all(asked)).toEqual(['done', 'done']);
    vi.advanceTimersByTime(60_000);
    expect([one.signs(), vi.getTimerCount()]).toEqual([3, 0]);
  });

  it('is done once for all who ask for the same, and anew afterwards', async () => {
    const jobs = new Jobs();
    const { work, end, begun } = held();
    const asked = [1, 2, 3].map(() => jobs.run({ who: 'ana', what: 'move' }, response, work));
    end();
    expect(await Promise.all(asked)).toEqual(['done', 'done', 'done']);
    expect(begun()).toBe(1);
    await jobs.run({ who: 'ana', what: 'move' }, response, work);
    expect(begun()).toBe(2);
  });

  it('is at most sixteen of one person at a time, whoever has left; others are not kept out', async () => {
    const jobs = new Jobs();
    const { work, end } = held();
    const run = (who: string, what: number): Promise<string> => jobs.run({ who, what: String(what) }, response, work);
    const asked = Array.from({ length: 16 }, (_, what) => run('ana', what));
    await expect(run('ana', 16)).rejects.toThrow(expect.objectContaining({ code: 'too-many', retryAfter: 30 }));
    asked.push(run('ana', 0), run('bo', 16));
    end();
    expect(await Promise.all(asked)).toHaveLength(18);
    expect(await run('ana', 16)).toBe('done');
  });
});
