import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../../bench/upload.js';
import { standAt, standTogether } from './standing.js';
import {
  acceptInvitation,
  addApp,
  invitationTo,
  settleAt,
  startPair,
  type ProcessPair,
  type Settler,
} from '../support/process-pair.js';

const KIBI = 1024;
const MEBI = 1024 * KIBI;

/** How many of a crowd come at the same moment. */
const SIDE_BY_SIDE = 25;

/** More than the kernel buffers of a transfer whose reader does not read. */
const SIZE = 12 * MEBI;

/**
 * The memory of a cloud once it no longer changes. A process frees memory only while it works, so it is given the same
 * work before each measurement, and what that leaves behind is in every figure.
 */
async function restingMemory({ at: cloud, app }: Settler, id: number, reads = 6): Promise<number> {
  for (let turn = 0; turn < reads; turn += 1) await app.read(id);
  let last = await cloud.rss();
  for (let steady = 0; steady < 4;) {
    await pause(250);
    const now = await cloud.rss();
    steady = Math.abs(now - last) < MEBI ? steady + 1 : 0;
    last = now;
  }
  return last;
}

/**
 * What so many readers of one's own files cost who do not read, and how long they may stand (F-63, F-64, F-82). What is fixed
 * for a process weighs on each of a small crowd: a bound that holds for some hundreds holds for a thousand.
 */
export function describeSlowReaders(crowd: number): void {
  describe('readers that read nothing', () => {
    let folder: string;
    let pair: ProcessPair;
    let ana: Settler;
    let guests: Settler[];
    let mounted: number[];
    let own: number;

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'footbridge-slow-'));
      pair = await startPair(folder);
      await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
      ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
      const { id } = await ana.app.makeFolder('Films');
      own = await upload(ana, 'film.bin', id, SIZE);
      guests = [];
      mounted = [];
      for (const name of ['Bo', 'Cy', 'Di', 'Ed']) {
        const guest = await settleAt(pair.birch, name, `${name.toLowerCase()}@birch.example`);
        await ana.app.share(id, guest.email);
        const mount = await acceptInvitation(await invitationTo(pair, guest.email), guest, 'Films');
        mounted.push((await guest.app.children(mount)).get('film.bin')?.id ?? 0);
        guests.push(guest);
      }
    });
    afterAll(async () => {
      await pair.stop();
      await rm(folder, { recursive: true, force: true });
    });

    async function growthOf(watched: Settler, id: number, stand: () => Promise<Socket[]>) {
      const before = await restingMemory(watched, id);
      const sockets = await stand();
      // The readers are cut off after a while; memory that they leave must not be taken for that of the next ones.
      const during = await restingMemory(watched, id, sockets.length > 100 ? 0 : 6);
      // On a slow machine the first reader may be cut for standing still before the last one has come, so only those who
      // stand are counted.
      const standing = await standingAt(watched.at.url);
      for (const socket of sockets) socket.resetAndDestroy();
      expect(standing).toBeGreaterThan(sockets.length / 2);
      return (during - before) / Math.min(standing, sockets.length);
    }

    it(`cost at most 512 KiB each, ${String(crowd)} of them (F-82)`, async () => {
      // What the first readers load once does not count as growth.
      await growthOf(ana, own, () => standTogether([ana], 50, [own]));
      const [people, ids] = [Array<Settler>(SIDE_BY_SIDE).fill(ana), Array<number>(SIDE_BY_SIDE).fill(own)];
      const each = await growthOf(ana, own, () => standTogether(people, crowd / SIDE_BY_SIDE, ids));
      expect(each).toBeLessThanOrEqual(512 * KIBI);
    });

    it('of a folder in another cloud are at most 16 of one person, and the next has its turn when one leaves (F-63)', async () => {
      const [bo] = guests;
      const standing = await standTogether(guests.slice(0, 1), 16, mounted);
      const late = standAt(bo ?? ana, mounted[0] ?? 0);
      expect(await Promise.race([late.then(() => 'answered'), pause(1_000, 'waits')])).toBe('waits');
      standing[0]?.resetAndDestroy();
      standing.push(await late);
      for (const socket of standing) socket.resetAndDestroy();
    });

    it('DOS-01 are cut after 30 s, as slow forms and slow headers are, and nobody earlier (F-64)', async () => {
      const { hostname, port, host } = new URL(pair.alder.url);
      const began = performance.now();
      const lifeOf = async (start: string, every: string): Promise<number> => {
        const socket = connect(Number(port), hostname).on('error', () => undefined);
        socket.write(start);
        const timer = setInterval(() => socket.writable && socket.write(every), 5_000);
        await once(socket.resume(), 'close');
        clearInterval(timer);
        return performance.now() - began;
      };
      const form = `POST /login HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 900\r\n\r\n`;
      const standing = await standAt(ana, own);
      const lives = await Promise.all([lifeOf(form, 'a'), lifeOf(`GET / HTTP/1.1\r\nHost: ${host}\r\n`, 'X')]);
      for (const life of lives) {
        expect(life).toBeGreaterThan(29_000);
        expect(life).toBeLessThan(45_000);
      }
      let got = 0;
      standing.on('data', (chunk) => (got += (chunk as Buffer).length));
      await once(standing.resume(), 'close');
      expect(got).toBeLessThan(SIZE);
    });
  });
}

/** How many connections to a port the kernel knows that neither side has closed; as the server has them. */
async function standingAt(url: string): Promise<number> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const isStanding = (line: string): boolean => {
    const [, local = '', , state] = line.trim().split(/\s+/);
    return local.endsWith(`:${port}`) && state === '01';
  };
  return tables.flatMap((table) => table.split('\n')).filter(isStanding).length;
}
