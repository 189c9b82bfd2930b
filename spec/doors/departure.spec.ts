import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Response } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { departureOf } from '../../src/doors/door/departure.js';

/** The answer to a request that waits for it, and a way to go before it comes. */
async function waiting(): Promise<{ response: Response; leave: () => void }> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const client = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', agent: false });
  client.on('error', () => undefined).on('response', (answer) => answer.resume());
  const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
  return { response: response as Response, leave: () => client.destroy() };
}

describe('the signal of a client that leaves (FLW-03)', () => {
  it('is one, whenever it is asked for, and aborted when the client goes before its answer', async () => {
    const { response, leave } = await waiting();
    const signal = departureOf(response);
    const first = signal();
    leave();
    await once(response, 'close');
    expect([first.aborted, signal() === first]).toEqual([true, true]);
  });

  it('is aborted from the start when it is first asked for after the client has gone', async () => {
    const { response, leave } = await waiting();
    const signal = departureOf(response);
    leave();
    await once(response, 'close');
    expect(signal().aborted).toBe(true);
  });

  it('is not aborted by an answer that came whole, before or after', async () => {
    const { response } = await waiting();
    const [asked, later] = [departureOf(response), departureOf(response)];
    const early = asked();
    response.end('here');
    await once(response, 'close');
    expect([early.aborted, later().aborted]).toEqual([false, false]);
  });
});
