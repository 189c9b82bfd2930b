import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createListener } from '../../src/cloud/server.js';
import { readConfig } from '../../src/config/index.js';
import { MINUTE, SECOND } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';
import { freePort } from '../support/cloud-process.js';
import { startWatch } from '../support/stopwatch.js';

/** A listener whose only answer is under way until it is let go. */
async function openListener() {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const app = express().get('/', (_, response) => void held.then(() => response.send('whole')));
  const port = await freePort();
  const config = readConfig({ FOOTBRIDGE_PUBLIC_URL: `http://localhost:${String(port)}` });
  const listener = createListener(app, config, createLog('silent'));
  await listener.listen();
  return { listener, letGo, port: (listener.server.address() as AddressInfo).port };
}

describe('OPS-01 the end of a listener that waits a minute for what is under way', () => {
  it('comes with the last answer, though its connection could be used again', async () => {
    const { listener, letGo, port } = await openListener();
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const sent = request({ port, host: 'localhost', agent }).end();
    await once(listener.server, 'request');
    const watch = startWatch();
    const closed = listener.close(MINUTE);
    letGo();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(await text(answer)).toBe('whole');
    await closed;
    expect(watch()).toBeLessThan(20 * SECOND);
  });

  it('does not wait for connections on which nothing was asked', async () => {
    const { listener, port } = await openListener();
    const idle = connect(port, 'localhost').on('error', () => undefined);
    await once(listener.server, 'connection');
    const watch = startWatch();
    await listener.close(MINUTE);
    expect(watch()).toBeLessThan(20 * SECOND);
    idle.destroy();
  });
});
