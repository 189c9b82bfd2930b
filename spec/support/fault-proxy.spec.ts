import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { request } from 'undici';
import { startFaultProxy, type Fault, type Passed } from './fault-proxy.js';
import { until } from './until.js';

/** A server that remembers what it was sent, behind a proxy that does `fault` to the first request that it hears of. */
async function stand(fault: Fault): Promise<{ url: string; bodies: string[]; passed: Passed[] }> {
  const [bodies, passed]: [string[], Passed[]] = [[], []];
  const server = createServer((heard, response) => {
    void text(heard).then(
      (body) => {
        bodies.push(body);
        response.end('a whole answer');
      },
      () => undefined,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const faults = [fault];
  const { port: target } = server.address() as AddressInfo;
  const proxy = await startFaultProxy({
    target,
    choose: () => faults.pop(),
    watch: (each) => passed.push(each),
  });
  onTestFinished(async () => {
    await proxy.stop();
    server.closeAllConnections();
    server.close();
  });
  return { url: proxy.url, bodies, passed };
}

const ask = async (url: string): Promise<string> => {
  const { statusCode, body } = await request(url, { method: 'POST', body: 'a whole request', reset: true });
  return `${String(statusCode)} ${await body.text()}`;
};

describe('a fault proxy', () => {
  it('changes nothing where nothing is to go wrong', async () => {
    const { url, bodies } = await stand({ kind: 'delay', millis: 0 });
    expect([await ask(url), await ask(url)]).toEqual(['200 a whole answer', '200 a whole answer']);
    expect(bodies).toEqual(['a whole request', 'a whole request']);
  });

  it.each<Fault>([{ kind: 'refuse' }, { kind: 'cut-request', after: 40 }, { kind: 'hang', millis: 20 }])(
    'keeps the request from the server: $kind',
    async (fault) => {
      const { url, bodies } = await stand(fault);
      await expect(ask(url)).rejects.toThrow();
      expect(bodies).toEqual([]);
      expect(await ask(url)).toBe('200 a whole answer');
    },
  );

  it.each<Fault>([{ kind: 'swallow' }, { kind: 'cut-answer', after: 25 }])(
    'keeps the answer from the client: $kind',
    async (fault) => {
      const { url, bodies } = await stand(fault);
      await expect(ask(url)).rejects.toThrow();
      expect(bodies).toEqual(['a whole request']);
    },
  );

  it('brings a request twice, byte by byte the same', async () => {
    const { url, bodies } = await stand({ kind: 'duplicate' });
    expect(await ask(url)).toBe('200 a whole answer');
    await until('the second to arrive', async () => bodies.length === 2);
    expect(new Set(bodies)).toEqual(new Set(['a whole request']));
  });

  it('answers in the place of the server', async () => {
    const { url, bodies } = await stand({ kind: 'misanswer', status: 404 });
    expect(await ask(url)).toBe('404 ');
    expect(bodies).toEqual([]);
  });

  it('shows what passed', async () => {
    const { url, passed } = await stand({ kind: 'swallow' });
    await ask(url).catch(() => undefined);
    const [only] = await until('it to pass', async () => passed.length > 0 && passed);
    expect(only?.request).toMatch(/^POST \/ HTTP\/1\.1[\s\S]*a whole request$/);
    expect(only?.answer).toContain('a whole answer');
  });
});
