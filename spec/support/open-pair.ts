import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCloud, type Cloud, type Overrides } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { createLog, type Log } from '../../src/platform/index.js';
import { freePort } from './cloud-process.js';
import { startMailbox, type Mailbox } from './mailbox.js';
import { giveOcmKeys } from './ocm-keys.js';
import { ANA, BO, createHandClock, createSeededRandom, START, type HandClock, type Person } from './seeds.js';

/** The password of everybody in specs. */
export const PASSWORD = 'correct horse battery staple';

/** One whole cloud in this process, listening on loopback, with a clock of its own. */
export interface Station {
  readonly name: string;
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly cloud: Cloud;
  readonly services: Cloud['services'];
  readonly clock: HandClock;
  readonly dataDir: string;
  /** Every outgoing connection so far, by origin. */
  readonly connections: readonly string[];
}

/** Somebody with an account. */
export interface Citizen extends Person {
  readonly at: Station;
  readonly accountId: AccountId;
}

/** Some clouds that trust each other, and one mailbox for all their mail. */
export interface Town {
  readonly mailbox: Mailbox;
  readonly stations: readonly Station[];
  /** Opens one more cloud, known to all the others. */
  found(name: string): Promise<Station>;
  /** Starts a cloud anew at another address, with everything that it holds; the station of before is closed. */
  move(station: Station): Promise<Station>;
  /** Gives somebody an account. */
  settleIn(person: Person, at: Station): Promise<Citizen>;
  /** Delivers everything that is due, at every cloud, until no delivery causes another. */
  settle(): Promise<void>;
  /** Moves every clock; milliseconds. */
  advance(millis: number): void;
  /** Lets so much time pass, milliseconds, delivering at every cloud whatever falls due on the way. */
  pass(millis: number): Promise<void>;
  /** Resets all rate limits, as a day without activity would. */
  forgetLimits(): Promise<void>;
  close(): Promise<void>;
}

/** Two clouds and two people: Ana, who has folders at Alder, and Bo, who lives at Birch. */
export interface Pair extends Town {
  readonly alder: Station;
  readonly birch: Station;
  readonly ana: Citizen;
  readonly bo: Citizen;
}

/** Further settings of every cloud, by their names in the environment. */
export type Settings = Readonly<Record<string, string>>;

/** Opens the pair of most stories; `settings` are asked for afresh for each cloud, and all write to `log`. */
export async function openPair(
  settings: () => Promise<Settings> = () => Promise.resolve({}),
  log: Log = createLog('silent'),
  overrides: Overrides = {},
): Promise<Pair> {
  const town = await openTown(settings, log, overrides);
  const alder = await town.found('Alder');
  const birch = await town.found('Birch');
  const ana = await town.settleIn(ANA, alder);
  const bo = await town.settleIn(BO, birch);
  return Object.assign(town, { alder, birch, ana, bo });
}

/** A set of clouds, empty at first. */
export async function openTown(
  settings: () => Promise<Settings> = () => Promise.resolve({}),
  log: Log = createLog('silent'),
  overrides: Overrides = {},
): Promise<Town> {
  const mailbox = await startMailbox();
  const stations: Station[] = [];
  return {
    mailbox,
    stations,
    async found(name) {
      const station = await openStation(name, mailbox, await settings(), { ...overrides, log });
      for (const other of stations) await introduce(station, other);
      stations.push(station);
      return station;
    },
    async move(station) {
      await station.cloud.stop();
      const moved = await openStation(station.name, mailbox, await settings(), { ...overrides, log }, station);
      stations.splice(stations.indexOf(station), 1, moved);
      return moved;
    },
    settleIn,
    settle: () => settle(stations),
    advance: (millis) => {
      for (const { clock } of stations) clock.advance(millis);
    },
    pass: (millis) => pass(stations, millis),
    async forgetLimits() {
      for (const { services } of stations) await services.base.database.write((trx) => trx('limits').delete());
    },
    async close() {
      for (const station of stations) await closeStation(station);
      await mailbox.stop();
    },
  };
}

async function openStation(
  name: string,
  mailbox: Mailbox,
  settings: Settings,
  overrides: Overrides,
  before?: Pick<Station, 'dataDir' | 'clock'>,
): Promise<Station> {
  const dataDir = before?.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'footbridge-cloud-')));
  const url = `http://localhost:${String(await freePort())}`;
  const clock = before?.clock ?? createHandClock(START);
  const connections: string[] = [];
  const config = readConfig({
    FOOTBRIDGE_PUBLIC_URL: url,
    FOOTBRIDGE_CLOUD_NAME: name,
    FOOTBRIDGE_DATA_DIR: dataDir,
    FOOTBRIDGE_SMTP_URL: mailbox.url,
    ...settings,
  });
  const cloud = await openCloud(config, {
    ...overrides,
    clock,
    random: createSeededRandom(`${name} ${url}`),
    onConnect: (origin) => connections.push(origin),
  });
  if (before === undefined) await giveOcmKeys(cloud.services.base.database, cloud.services.base.sealer);
  await cloud.listen();
  return { name, url, cloud, services: cloud.services, clock, dataDir, connections };
}

async function closeStation({ cloud, dataDir }: Station): Promise<void> {
  await cloud.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** Registers two clouds with each other, as two administrators would. */
async function introduce(one: Station, other: Station): Promise<void> {
  const { issued: ofOne } = await one.services.neighbours.peers.add(draftOf(other));
  const { issued: ofOther } = await other.services.neighbours.peers.add({ ...draftOf(one), outbound: ofOne });
  await one.services.neighbours.peers.set(other.name, { outbound: ofOther });
}

function draftOf({ name, url }: Station) {
  return {
    name,
    shareUrl: `${url}/interop/share`,
    unshareUrl: `${url}/interop/unshare`,
    credentialsUrl: `${url}/interop/credentials`,
    emailDomains: [`${name.toLowerCase()}.example`],
  };
}

async function settleIn(person: Person, at: Station): Promise<Citizen> {
  const {
    people: { accounts, passwords },
    base: { database },
  } = at.services;
  const account = await accounts.add(person.email, person.name);
  const prepared = await passwords.prepare(PASSWORD, { name: person.name, addresses: [person.email] });
  await database.write((trx) => passwords.store(trx, account.id, prepared));
  return { ...person, at, accountId: account.id };
}

async function settle(stations: readonly Station[]): Promise<void> {
  for (let before = ''; ;) {
    for (const { cloud } of stations) await cloud.drain();
    const waiting = await Promise.all(stations.map(dueAt));
    const now = waiting.join(' ');
    // Messages that cannot be sent now, for example to a cloud that is down, wait until the clock moves.
    if (now === before || waiting.every((due) => due === '')) return;
    before = now;
  }
}

/** Moves from one due message to the next, because the result of one decides when the next is due. */
async function pass(stations: readonly Station[], millis: number): Promise<void> {
  await settle(stations);
  for (let left = millis; left > 0;) {
    const waits = await Promise.all(stations.map(waitAt));
    const step = Math.min(left, ...waits);
    for (const { clock } of stations) clock.advance(step);
    left -= step;
    await settle(stations);
  }
}

/** Milliseconds until the next message of a cloud falls due, a second at least. */
async function waitAt({ services, clock }: Station): Promise<number> {
  const row = await services.base.database
    .read('deliveries')
    .where({ state: 'queued' })
    .andWhere('run_at', '>', clock.now())
    .min<{ at: number | null } | undefined>('run_at as at')
    .first();
  return row?.at === undefined || row.at === null ? Infinity : Math.max(1000, Number(row.at) - clock.now());
}

async function dueAt({ services, clock }: Station): Promise<string> {
  const rows = await services.base.database
    .read('deliveries')
    .where({ state: 'queued' })
    .andWhere('run_at', '<=', clock.now())
    .select<{ id: number }[]>('id');
  return rows.map(({ id }) => id).join(',');
}
