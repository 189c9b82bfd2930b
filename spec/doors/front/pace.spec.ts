import { EventEmitter, once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import express from 'express';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createListener } from '../../../src/cloud/server.js';
import { readConfig } from '../../../src/config/index.js';
import { createDoor, row, type BodyRule, type DoorRequest } from '../../../src/doors/door/door.js';
import { letSendersRead, PACE, Pacekeeper } from '../../../src/doors/front/index.js';
import { statusOf } from '../../../src/kernel/index.js';
import { createLog } from '../../../src/platform/index.js';

const MEBI = 1024 * 1024;
const { within: WITHIN, every: EVERY } = PACE;

type Handle = (request: DoorRequest<undefined>, response: ServerResponse) => Promise<void>;

interface WatchedDoor {
  readonly port: number;
  /** Answers that are not over. */
  held(): number;
  /** Requests whose handling has begun, or whose form is read. */
  seen(): number;
  /** Lets time pass for the one who watches, who looks as often as always. Nobody else's clock moves. */
  pass(millis: number): void;
}

/** A server with one door and one row, which is watched by a clock that is moved by hand: a slow machine is no slow sender. */
async function openDoor(handle: Handle, body: BodyRule = { kind: 'stream' }): Promise<WatchedDoor> {
  const door = createDoor({
    rows: [row({ method: 'POST', path: '/', summary: '', body, enter: () => Promise.resolve(undefined), handle })],
    refuse: (failure, _request, response) => response.status(statusOf(failure.code)).send(`door: ${failure.message}`),
    log: createLog('silent'),
  });
  const app = express().use(letSendersRead).use(door);
  let now = 0;
  const pace = new Pacekeeper(PACE, () => now);
  const held = new Set<ServerResponse>();
  let seen = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    seen += 1;
    held.add(response.once('close', () => held.delete(response)));
    pace.watch(request, response);
    app(request, response);
  }).listen(0, '127.0.0.1');
  onTestFinished(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  await once(server, 'listening');
  const pass = (millis: number): void => {
    for (const end = now + millis; now < end;) {
      now += EVERY;
      pace.look();
    }
  };
  return { port: (server.address() as AddressInfo).port, held: () => held.size, seen: () => seen, pass };
}

async function dial(port: number, head: string): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.write(`POST / HTTP/1.1\r\nHost: here\r\n${head}\r\n\r\n`);
  return socket;
}

const swallow: Handle = async ({ http }, response) => {
  let size = 0;
  for await (const chunk of http) size += (chunk as Buffer).length;
  response.end(`stored ${String(size)}`);
};

describe('the pace of a body', () => {
  it('is 4 KiB within 30 s, looked at every 5 s; headers have 30 s (F-64)', async () => {
    expect(PACE).toEqual({ least: 4_096, within: 30_000, every: 5_000 });
    const config = readConfig({});
    const { server } = createListener(express(), config, createLog('silent'));
    expect([server.headersTimeout, server.requestTimeout]).toEqual([30_000, 0]);
    expect(Reflect.get(server, 'connectionsCheckingInterval')).toBe(5_000);
  });

  it.each([
    ['a standing upload', 0],
    ['a byte now and then', 1],
  ])('DOS-01 %s is 408, in the words of its door (F-64)', async (_what, bytes) => {
    let drawn = 0;
    const { port, held, pass } = await openDoor(async (request, response) => {
      request.http.on('data', (chunk: Buffer) => (drawn += chunk.length));
      await swallow(request, response);
    });
    const socket = await dial(port, 'Content-Length: 100000');
    socket.write('first');
    for (let passed = 0; passed < WITHIN; passed += EVERY) {
      await expect.poll(() => drawn).toBe('first'.length + (bytes * passed) / EVERY);
      expect(held()).toBe(1);
      pass(EVERY);
      socket.write('x'.repeat(bytes));
    }
    pass(EVERY);
    const answer = await text(socket);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('door: The body did not arrive in time.');
    await expect.poll(held).toBe(0);
  });

  it('DOS-01 a slow form is 408 (F-64)', async () => {
    const { port, seen, held, pass } = await openDoor(swallow, { kind: 'form', limit: 10_000 });
    const socket = await dial(port, 'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9000');
    socket.write('a');
    await expect.poll(seen).toBe(1);
    // The door begins to read a moment after it has seen the request.
    await expect.poll(() => (pass(EVERY), held())).toBe(0);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('FLW-04 an upload that keeps moving is never cut, however long it takes (F-64)', async () => {
    let drawn = 0;
    const { port, pass } = await openDoor(async (request, response) => {
      request.http.on('data', (chunk: Buffer) => (drawn += chunk.length));
      await swallow(request, response);
    });
    const socket = await dial(port, 'Content-Length: 102400\r\nConnection: close');
    // As slow as is allowed: 4 KiB whenever a silent sender would be cut at the next look.
    for (let sent = 4_096; sent <= 102_400; sent += 4_096) {
      socket.write(Buffer.alloc(4_096));
      await expect.poll(() => drawn, { interval: 1 }).toBe(sent);
      pass(WITHIN - EVERY);
    }
    expect(await text(socket)).toContain('stored 102400');
  });

  it('is ours while nobody draws on the body, and while the answer is made (F-64)', async () => {
    const [before, after] = [gate(), gate()];
    const { port, seen, held, pass } = await openDoor(async ({ http }, response) => {
      await before.passed;
      await once(http.resume(), 'end');
      after.reached();
      await after.passed;
      response.end('stored');
    });
    const socket = await dial(port, 'Content-Length: 5\r\nConnection: close');
    socket.write('he');
    await expect.poll(seen).toBe(1);
    pass(3 * WITHIN);
    before.open();
    socket.write('llo');
    await after.isReached;
    pass(3 * WITHIN);
    expect(held()).toBe(1);
    after.open();
    expect(await text(socket)).toContain('stored');
  });

  it('DOS-01 a reader that stands still is left with a broken transfer; one that reads on is not (F-64)', async () => {
    const size = 64 * MEBI;
    const { port, held, pass } = await openDoor(async ({ http }, response) => {
      http.resume();
      response.writeHead(200, { 'Content-Length': size });
      for (let sent = 0; sent < size && !response.destroyed; sent += 65_536) {
        if (!response.write(Buffer.alloc(65_536)))
          await Promise.race([once(response, 'drain'), once(response, 'close')]);
      }
      response.end();
    });
    const standing = await dial(port, 'Content-Length: 0');
    standing.pause();
    const moving = await dial(port, 'Content-Length: 0\r\nConnection: close');
    let got = 0;
    // Six times what both kernels hold between us and the reader, before a standing one is cut.
    moving.on('data', (chunk) => {
      const before = Math.floor(got / (4 * MEBI));
      got += (chunk as Buffer).length;
      if (Math.floor(got / (4 * MEBI)) > before) pass(EVERY);
    });
    await once(moving, 'end');
    expect(got).toBeGreaterThan(size);
    await expect.poll(held).toBe(0);
  });

  it('DOS-01 a thousand sockets with slow bodies are gone in time, and somebody else is served meanwhile (F-64)', async () => {
    const { port, held, seen, pass } = await openDoor(swallow);
    const sockets = await Promise.all(Array.from({ length: 1_000 }, () => dial(port, 'Content-Length: 100000')));
    for (const socket of sockets) socket.resume().write('x');
    await expect.poll(seen, { timeout: 60_000 }).toBe(1_000);
    pass(WITHIN - EVERY);
    expect(held()).toBe(1_000);
    const other = await dial(port, 'Content-Length: 2\r\nConnection: close');
    other.write('hi');
    expect(await text(other)).toContain('stored 2');
    pass(2 * EVERY);
    await expect.poll(held, { timeout: 60_000 }).toBe(0);
  });
});

/** Waits until the other side says go. */
function gate() {
  const events = new EventEmitter();
  const [passed, isReached] = [once(events, 'pass'), once(events, 'reach')];
  return { passed, isReached, open: () => events.emit('pass'), reached: () => events.emit('reach') };
}
