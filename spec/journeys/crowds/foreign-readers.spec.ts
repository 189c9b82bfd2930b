import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { upload } from '../../../bench/upload.js';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { startMailbox, type Mailbox } from '../../support/mailbox.js';
import { until } from '../../support/until.js';
import { acceptInvitation, addApp, introduce, invitationTo, settleAt, type Settler } from '../support/process-pair.js';
import { standTogether } from './standing.js';

const KIBI = 1024;
const MEBI = 1024 * KIBI;
const PROBE = fileURLToPath(new URL('../../support/memory-probe.mjs', import.meta.url));

/** A person has 16 transfers, a peer 64 (F-63). */
const [ORIGINS, PEOPLE, EACH] = [1, 4, 16];

interface Memory {
  readonly arrayBuffers: number;
  readonly external: number;
  readonly heapUsed: number;
}

describe('readers that read nothing of a folder in another cloud', { timeout: 180_000 }, () => {
  let folder: string;
  let mailbox: Mailbox;
  let birch: CloudProcess;
  const origins: CloudProcess[] = [];
  const guests: Settler[] = [];
  const files: number[] = [];

  const start = (name: string, more: { env?: Record<string, string>; nodeOptions?: string[] } = {}) =>
    startCloud({
      ...more,
      name,
      dataDir: path.join(folder, name.toLowerCase()),
      env: { ...more.env, FOOTBRIDGE_SMTP_URL: mailbox.url },
    });

  async function settleGuests(at: CloudProcess, number: number): Promise<void> {
    await introduce(at, birch);
    await addApp(at);
    const ana = await settleAt(at, 'Ana Alvarez', 'ana@alder.example');
    const { id } = await ana.app.makeFolder('Films');
    await upload(ana, 'film.bin', id, 12 * MEBI);
    for (let person = 0; person < PEOPLE; person += 1) {
      const name = `bo-${String(number)}-${String(person)}`;
      const guest = await settleAt(birch, name, `${name}@birch.example`);
      await ana.app.share(id, guest.email);
      const pair = { alder: at, birch, mailbox, stop: () => Promise.resolve() };
      const mount = await acceptInvitation(await invitationTo(pair, guest.email), guest, 'Films');
      files.push((await guest.app.children(mount)).get('film.bin')?.id ?? 0);
      guests.push(guest);
    }
  }

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-foreign-'));
    mailbox = await startMailbox();
    const env = { MEMORY_PROBE: path.join(folder, 'memory.json') };
    birch = await start('Birch', { env, nodeOptions: ['--expose-gc', '--import', PROBE] });
    await addApp(birch);
    for (let number = 0; number < ORIGINS; number += 1) {
      const origin = await start(`Alder ${String(number)}`);
      origins.push(origin);
      await settleGuests(origin, number);
    }
  }, 180_000);
  afterAll(async () => {
    await Promise.all([...origins, birch].map((cloud) => cloud.stop()));
    await mailbox.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Memory in use after a garbage collection. */
  async function inUse(): Promise<Memory> {
    const file = path.join(folder, 'memory.json');
    await rm(file, { force: true });
    process.kill(birch.pid, 'SIGUSR2');
    return until('the probe', async () => JSON.parse(await readFile(file, 'utf8')) as Memory);
  }

  /** `external` has the array buffers in it. */
  const bytesOf = ({ external, heapUsed }: Memory): number => external + heapUsed;

  /** What the first readers load once does not count as growth. */
  async function warmUp(): Promise<void> {
    for (let turn = 0; turn < 2; turn += 1) {
      for (const [index, { app }] of guests.entries()) await app.read(files[index] ?? 0);
    }
    for (const socket of await standTogether(guests, 4, files)) socket.resetAndDestroy();
    await inUse();
  }

  async function wave(): Promise<{ each: number; resident: number }> {
    const before = await inUse();
    const standing: Socket[] = await standTogether(guests, EACH, files);
    await pause(2_000);
    const [resident, during] = [await birch.rss(), await inUse()];
    for (const socket of standing) socket.resetAndDestroy();
    await until('their buffers to be free', async () => (await inUse()).arrayBuffers < before.arrayBuffers + 4 * MEBI);
    return { each: (bytesOf(during) - bytesOf(before)) / standing.length, resident };
  }

  it('cost at most 512 KiB each, and give their buffers back when they leave (F-82)', async () => {
    await warmUp();
    const before = await birch.rss();
    const [first, second] = [await wave(), await wave()];
    expect((first.resident - before) / (guests.length * EACH)).toBeLessThanOrEqual(512 * KIBI);
    expect(first.each).toBeLessThanOrEqual(512 * KIBI);
    expect(second.each).toBeLessThanOrEqual(512 * KIBI);
  });
});
