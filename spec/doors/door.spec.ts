import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import express, { type Request } from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readText } from '../../src/doors/front/bodies.js';
import { createDoor, row } from '../../src/doors/door/door.js';
import { Failure, statusOf } from '../../src/kernel/index.js';
import { createLog } from '../../src/platform/index.js';

/** A door with one route, on a port of its own; answers its address. */
async function openDoor(): Promise<string> {
  const door = createDoor({
    rows: [
      row({
        method: 'GET',
        path: '/things/:name',
        summary: 'a thing',
        body: { kind: 'none' },
        enter: () => Promise.resolve(undefined),
        handle: ({ params }, response) => {
          response.json(params);
          return Promise.resolve();
        },
      }),
      row({
        method: 'GET',
        path: '/full',
        summary: 'nothing, at present',
        body: { kind: 'none' },
        enter: () => Promise.resolve(undefined),
        handle: () => Promise.reject(new Failure('too-many', 'Too many.', { retryAfter: 60 })),
      }),
    ],
    refuse: (failure, _request, response) => response.status(statusOf(failure.code)).send(`door: ${failure.message}`),
    log: createLog('silent'),
  });
  const server = createServer(express().use(door)).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** A request whose body is `body`. */
function requestOf(body: PassThrough): Request {
  return Object.assign(body, { headers: {} }) as unknown as Request;
}

describe('a door', () => {
  it('asks nobody to come back at the same moment as everybody else, and never too soon (F-85)', async () => {
    const origin = await openDoor();
    const waits = await Promise.all(
      Array.from({ length: 40 }, async () => Number((await fetch(`${origin}/full`)).headers.get('retry-after'))),
    );
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(60);
    expect(Math.max(...waits)).toBeLessThanOrEqual(90);
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it('PTH-02 decodes a parameter once', async () => {
    const answer = await fetch(`${await openDoor()}/things/%252e`);
    expect(await answer.json()).toEqual({ name: '%2e' });
  });

  it.each(['%', '%ff', '%e0%a4'])(
    'SEC-04 refuses an address that cannot be decoded (%s) in its own words',
    async (escape) => {
      const answer = await fetch(`${await openDoor()}/things/${escape}`);
      expect(answer.status).toBe(400);
      expect(await answer.text()).toBe('door: The request target is malformed.');
    },
  );
});

describe('a body that is read whole', () => {
  it('is its text', async () => {
    const body = new PassThrough();
    body.end('naïve');
    expect(await readText(requestOf(body), 100)).toBe('naïve');
  });

  it('DOS-01 is given up when it does not arrive in time', async () => {
    const body = new PassThrough();
    body.write('a');
    await expect(readText(requestOf(body), 100, 20)).rejects.toMatchObject({ code: 'too-slow' });
  });

  it('DOS-02 is refused beyond its limit, before all of it has come', async () => {
    const body = new PassThrough();
    body.write('x'.repeat(101));
    await expect(readText(requestOf(body), 100)).rejects.toMatchObject({ code: 'too-large' });
  });
});
