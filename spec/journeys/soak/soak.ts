import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { invitationIn, proposalIn, startMailbox, type Letter, type Mailbox } from '../../support/mailbox.js';
import { until } from '../../support/until.js';
import { checkBooks } from '../kills/audit.js';
import { forgetLimits, letBackoffPass } from '../kills/clockwork.js';
import { Dice } from '../kills/dice.js';
import { addressOf } from '../support/mesh.js';
import { addApp, introduce, introduceByOcm, settleAt, type Settler } from '../support/process-pair.js';

const SEED = process.env['FOOTBRIDGE_SPEC_SEED'] ?? randomBytes(4).toString('hex');
const PROBE = fileURLToPath(new URL('../../support/memory-probe.mjs', import.meta.url));
const MEBI = 1024 * 1024;

/** People at work side by side. */
const WORKERS = 6;
/** Files that are written again and again. */
const FILES = 12;

/** What one look at a cloud finds. */
interface Sight {
  /** Minutes since the load began. */
  readonly at: number;
  /** Heap and buffers in use after a garbage collection, bytes. */
  readonly memory: number;
  /** Open files and connections. */
  readonly descriptors: number;
}

/** How long it takes, and what must hold. */
export interface SoakTerms {
  /** Minutes; `FOOTBRIDGE_SPEC_SOAK_MINUTES` says otherwise. */
  readonly minutes: number;
  /** Looks at each cloud, evenly apart. */
  readonly looks: number;
}

/**
 * Two clouds under a constant mixed load, drawn by lot (`FOOTBRIDGE_SPEC_SEED`): files are written, read through a folder
 * received by CloudSpaces and one by Open Cloud Mesh, listed, shared, taken back, refused. Memory may not grow by 1 % a
 * minute (reliability.md 5), nor the number of descriptors, and nothing may stumble.
 */
export function describeSoak(terms: SoakTerms): void {
  const minutes = Number(process.env['FOOTBRIDGE_SPEC_SOAK_MINUTES'] ?? terms.minutes);
  describe(`two clouds under a constant load (seed ${SEED})`, () => {
    let folder: string;
    let mailbox: Mailbox;
    let clouds: readonly [CloudProcess, CloudProcess];

    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'footbridge-soak-'));
      mailbox = await startMailbox();
      const start = (name: string): Promise<CloudProcess> =>
        startCloud({
          name,
          dataDir: path.join(folder, name.toLowerCase()),
          env: { FOOTBRIDGE_SMTP_URL: mailbox.url, MEMORY_PROBE: probeOf(folder, name) },
          nodeOptions: ['--expose-gc', '--import', PROBE],
        });
      clouds = await Promise.all([start('Alder'), start('Birch')]);
      await introduce(...clouds);
      await introduceByOcm({ alder: clouds[0], birch: clouds[1] });
      for (const cloud of clouds) await addApp(cloud);
    }, 120_000);
    afterAll(async () => {
      await Promise.all(clouds.map((cloud) => cloud.stop()));
      await mailbox.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it(
      `neither grow nor stumble in ${String(minutes)} min`,
      async () => {
        const stage = await setStage(clouds, mailbox);
        const end = performance.now() + minutes * 60_000;
        const done = new Map<string, number>();
        const work = Promise.all(
          Array.from({ length: WORKERS }, (_, number) =>
            workAt(stage, new Dice(`${SEED} ${String(number)}`), end, done),
          ),
        );
        const sights = await watch(clouds, folder, minutes, terms.looks);
        await work;
        console.log(summaryOf(done, clouds, sights));
        const acts = [...done.values()].reduce((sum, count) => sum + count, 0);
        expect(done.get('once more') ?? 0).toBeLessThanOrEqual(Math.max(3, acts / 100));
        for (const [index, cloud] of clouds.entries()) {
          requireRest(cloud, sights[index] ?? [], minutes);
          await checkBooks(cloud);
        }
      },
      minutes * 60_000 + 240_000,
    );
  });
}

interface Stage {
  readonly clouds: readonly [CloudProcess, CloudProcess];
  readonly mailbox: Mailbox;
  readonly ana: Settler;
  readonly bo: Settler;
  /** The folder of the files at its owner's, and where recipients have it, by each protocol. */
  readonly work: number;
  readonly guests: readonly { readonly who: Settler; readonly mount: number }[];
}

async function setStage(clouds: Stage['clouds'], mailbox: Mailbox): Promise<Stage> {
  const ana = await settleAt(clouds[0], 'Ana Alvarez', 'ana@alder.example');
  const bo = await settleAt(clouds[1], 'Bo Bergman', 'bo@birch.example');
  const cy = await settleAt(clouds[1], 'Cy Cole', 'cy@birch.example');
  const work = (await ana.app.makeFolder('Work')).id;
  const stage: Stage = { clouds, mailbox, ana, bo, work, guests: [] };
  for (let number = 0; number < FILES; number += 1) {
    await ana.app.makeFile(`file-${String(number)}.bin`, Buffer.alloc(number === 0 ? 2 * MEBI : 2_000), work);
  }
  await ana.app.share(work, bo.email);
  await openLetter(stage, bo, 'Work', true);
  await ana.app.share(work, addressOf(cy));
  await openLetter(stage, cy, 'Work', false);
  const mountOf = ({ app }: Settler): Promise<number> =>
    until('Work to be mounted', async () => {
      await letBackoffPass(clouds[0]);
      return (await app.children()).get('Work')?.id;
    });
  const guests = [
    { who: bo, mount: await mountOf(bo) },
    { who: cy, mount: await mountOf(cy) },
  ];
  return { ...stage, guests };
}

/** From the letter to the accepted proposal; `abroad`: by way of the owner's cloud. */
async function openLetter({ mailbox, clouds }: Stage, who: Settler, folder: string, abroad: boolean): Promise<void> {
  const fits = ({ subject, to }: Letter): boolean => subject.includes(folder) && to.includes(who.email);
  const letter = await until('the letter', async () => {
    await letBackoffPass(clouds[0]);
    return mailbox.waitFor(fits, 500).catch(() => undefined);
  });
  if (abroad) {
    await who.person.openInvitation(invitationIn(letter));
    await who.person.chooseCloud(who.at.name);
  } else await who.person.visit(new URL(proposalIn(letter)));
  if (who.person.page.url.pathname === '/login') await who.person.signIn();
  await who.person.accept();
}

type Act = (stage: Stage, dice: Dice) => Promise<unknown>;

/** What people do, and how often among a hundred acts. */
const ACTS: readonly (readonly [name: string, weight: number, act: Act])[] = [
  [
    'write',
    20,
    async ({ ana, work }, dice) => ana.app.replace(await aFile(ana, work, dice), dice.bytes(dice.between(1, 30_000))),
  ],
  ['write abroad', 10, (stage, dice) => abroad(stage, dice, (who, id) => who.app.replace(id, dice.bytes(3_000)))],
  ['read abroad', 20, (stage, dice) => abroad(stage, dice, (who, id) => who.app.read(id))],
  ['list', 20, ({ ana, work }) => ana.app.children(work)],
  ['list abroad', 15, (stage, dice) => abroad(stage, dice, () => Promise.resolve())],
  ['share and take back', 5, shareAndTakeBack],
  ['be refused', 10, ({ ana }) => ana.app.call('file/999999999/data')],
];

/** A recipient by either protocol lists the folder and does something to one of its files. */
async function abroad(
  { guests }: Stage,
  dice: Dice,
  act: (who: Settler, file: number) => Promise<unknown>,
): Promise<void> {
  const guest = guests[dice.between(0, guests.length - 1)];
  if (guest !== undefined) await act(guest.who, await aFile(guest.who, guest.mount, dice));
}

async function aFile({ app }: Settler, folder: number, dice: Dice): Promise<number> {
  const files = [...(await app.children(folder)).values()];
  return files[dice.between(0, files.length - 1)]?.id ?? 0;
}

async function shareAndTakeBack({ ana, bo, clouds }: Stage, dice: Dice): Promise<void> {
  const name = `Lent ${String(dice.between(0, 2 ** 31))}`;
  const { id } = await ana.app.makeFolder(name);
  const to = dice.happens(0.5) ? bo.email : addressOf(bo);
  await ana.app.share(id, to);
  await ana.app.json(`folder/${String(id)}/unshare`, 'POST', [to]);
  await ana.app.call(`folder/${String(id)}`, { method: 'DELETE' });
  // Limits count by the hour.
  await forgetLimits(clouds[0]);
}

async function workAt(stage: Stage, dice: Dice, end: number, done: Map<string, number>): Promise<void> {
  const total = ACTS.reduce((sum, [, weight]) => sum + weight, 0);
  while (performance.now() < end) {
    let draw = dice.between(1, total);
    const [name, , act] = ACTS.find(([, weight]) => (draw -= weight) <= 0) ??
      ACTS[0] ?? ['', 0, () => Promise.resolve()];
    await act(stage, dice).catch(async () => {
      // A file may be replaced by somebody else at the very moment; who asks once more is served.
      done.set('once more', (done.get('once more') ?? 0) + 1);
      await act(stage, dice);
    });
    done.set(name, (done.get(name) ?? 0) + 1);
  }
}

async function watch(
  clouds: Stage['clouds'],
  folder: string,
  minutes: number,
  looks: number,
): Promise<readonly (readonly Sight[])[]> {
  const sights = clouds.map((): Sight[] => []);
  for (let look = 0; look < looks; look += 1) {
    await pause((minutes * 60_000) / looks);
    for (const [index, cloud] of clouds.entries()) {
      const at = (minutes * (look + 1)) / looks;
      sights[index]?.push({ at, memory: await memoryOf(cloud, folder), descriptors: await descriptorsOf(cloud) });
    }
  }
  return sights;
}

const probeOf = (folder: string, name: string): string => path.join(folder, `${name.toLowerCase()}-memory.json`);

async function memoryOf({ name, pid }: CloudProcess, folder: string): Promise<number> {
  const file = probeOf(folder, name);
  await rm(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  const { heapUsed, external } = await until(
    'the probe',
    async () => JSON.parse(await readFile(file, 'utf8')) as { readonly heapUsed: number; readonly external: number },
  );
  return heapUsed + external;
}

async function descriptorsOf({ pid }: CloudProcess): Promise<number> {
  return (await readdir(`/proc/${String(pid)}/fd`)).length;
}

/** The first half warms up; the rest must be level. A short run shows leaks of descriptors and stumbling alone. */
function requireRest({ name, output }: CloudProcess, sights: readonly Sight[], minutes: number): void {
  const later = sights.slice(Math.floor(sights.length / 2));
  if (minutes >= 5) expect(slopeOf(later), `${name}: growth of memory a minute`).toBeLessThan(0.01);
  const counts = later.map(({ descriptors }) => descriptors);
  expect(Math.max(...counts), `${name}: descriptors`).toBeLessThan(200);
  expect(output.includes('"level":50'), `${name} stumbled`).toBe(false);
}

/** Least squares: how much of its mean the memory grows in a minute. */
function slopeOf(sights: readonly Sight[]): number {
  const mean = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const [at, memory] = [mean(sights.map((each) => each.at)), mean(sights.map((each) => each.memory))];
  const sum = (of: (each: Sight) => number): number => sights.reduce((total, each) => total + of(each), 0);
  const slope = sum((each) => (each.at - at) * (each.memory - memory)) / sum((each) => (each.at - at) ** 2);
  return slope / memory;
}

function summaryOf(
  done: ReadonlyMap<string, number>,
  clouds: Stage['clouds'],
  sights: readonly (readonly Sight[])[],
): string {
  const acts = [...done].map(([name, count]) => `${name} ${String(count)}`).join(', ');
  const memory = clouds.map(({ name }, index) => {
    const seen = sights[index] ?? [];
    const mebis = seen.map((each) => (each.memory / MEBI).toFixed(1)).join(' ');
    return `${name} ${mebis} MiB, ${seen.map(({ descriptors }) => String(descriptors)).join(' ')} descriptors`;
  });
  return [acts, ...memory].join('\n');
}
