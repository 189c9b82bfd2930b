import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { sqliteBench } from '../../support/each-database.js';
import { openStorage, type Storage } from './support.js';

const bench = sqliteBench();
const ENTRIES = 100_000;
const ROOT = '/v1/folder/0/contents';

/** How often the heap is looked at, and by how much it may differ: a tenth of what is listed. Bytes. */
const STRIDE = 4_000_000;
const ALLOWANCE = 3_000_000;

if (globalThis.gc === undefined) throw new Error('Specs run with --expose-gc (vitest.config.ts).');

/** What is still needed once everything else is collected, bytes. */
function liveHeap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** Rows written at once: so many uploads would be another test. */
async function addRows(storage: Storage, count: number): Promise<void> {
  const first = Number((await storage.file('first.txt', 'first')).id);
  const template = (await storage.database.read('items').where({ id: first }).first()) as Record<string, unknown>;
  const rows = Array.from({ length: count - 1 }, (_, index) => ({
    ...template,
    id: first + 1 + index,
    name: `file ${String(index)} ${'x'.repeat(60)}`,
  }));
  await storage.database.write((trx) => trx.batchInsert('items', rows, 70));
}

/** Asks for the root and hands over the connection before anything was read from it. */
function ask(storage: Storage): Socket {
  const { hostname, port, host } = new URL(storage.origin);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const head = [`GET ${ROOT} HTTP/1.1`, `Host: ${host}`, 'StackSync-API: v2', 'Connection: close'];
  socket.write([...head, `Authorization: ${storage.sign('GET', ROOT)}`, '', ''].join('\r\n'));
  return socket;
}

describe('a listing of a hundred thousand entries', () => {
  it('DOS-03 is read from the database at the pace of its reader, a page at a time', async () => {
    const storage = await openStorage(bench);
    await addRows(storage, ENTRIES);
    let statements = 0;
    storage.database.read.on('query', () => (statements += 1));
    const socket = ask(storage).pause();
    await settled(() => statements);
    const unread = statements;
    expect(unread).toBeGreaterThan(0);
    let size = 0;
    let entries = 0;
    // The key may be cut by the end of a chunk.
    let tail = '';
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length;
      const text = tail + chunk.toString('latin1');
      entries += text.split('"filename":').length - 1;
      tail = text.slice(-('"filename":'.length - 1));
    });
    socket.resume();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(entries).toBe(ENTRIES + 1);
    // What lies between us and the reader are the buffers of two sockets, not the folder.
    expect(unread).toBeLessThan(statements / 2);
    expect(size).toBeGreaterThan(20_000_000);
    expect(storage.defects).toEqual([]);
  });

  it('DOS-03 holds no more of it at the end than at the beginning', async () => {
    const storage = await openStorage(bench);
    await addRows(storage, ENTRIES);
    const held: number[] = [];
    let size = 0;
    const socket = ask(storage).on('data', (chunk: Buffer) => {
      const before = Math.floor(size / STRIDE);
      size += chunk.length;
      if (Math.floor(size / STRIDE) > before) held.push(liveHeap());
    });
    await new Promise((resolve) => socket.once('close', resolve));
    expect(held.length).toBeGreaterThan(5);
    expect(Math.max(...held) - (held[0] ?? 0)).toBeLessThan(ALLOWANCE);
  });

  it('DOS-03 is given up as soon as its reader leaves', async () => {
    const storage = await openStorage(bench);
    await addRows(storage, ENTRIES / 2);
    let statements = 0;
    storage.database.read.on('query', () => (statements += 1));
    const socket = ask(storage).pause();
    await settled(() => statements);
    socket.destroy();
    await vi.waitUntil(async () => (await openConnections(storage)) === 0, { timeout: 5_000 });
    const before = statements;
    await settled(() => statements);
    expect(statements).toBe(before);
    expect(storage.defects).toEqual([]);
  });
});

/** Resolves once a counter has stood still for a while. */
async function settled(counter: () => number): Promise<void> {
  let before = -1;
  await vi.waitUntil(
    () => {
      const now = counter();
      const stands = now === before && now > 0;
      before = now;
      return stands;
    },
    { timeout: 30_000, interval: 200 },
  );
}

function openConnections({ server }: Storage): Promise<number> {
  return new Promise((resolve, reject) => {
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}
