import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import type { AccountId } from '../../src/kernel/index.js';
import { createLog, type Log } from '../../src/platform/index.js';
import { freePort } from './cloud-process.js';
import { startMailbox, type Mailbox } from './mailbox.js';
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
  /** Gives somebody an account. */
  settleIn(person: Person, at: Station): Promise<Citizen>;
  /** Delivers everything that is due, at every cloud, until nothing more comes of it. */
  settle(): Promise<void>;
  /** Moves every clock; milliseconds. */
  advance(millis: number): void;
  /** Forgets how often things were done lately, as the passing of a day would. */
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
): Promise<Pair> {
  const town = await openTown(settings, log);
  const alder = await town.found('Alder');
  const birch = await town.found('Birch');
  const ana = await town.settleIn(ANA, alder);
  const bo = await town.settleIn(BO, birch);
  return Object.assign(town, { alder, birch, ana, bo });
}

/** A town without clouds yet. */
export async function openTown(
  settings: () => Promise<Settings> = () => Promise.resolve({}),
  log: Log = createLog('silent'),
): Promise<Town> {
  const mailbox = await startMailbox();
  const stations: Station[] = [];
  return {
    mailbox,
    stations,
    async found(name) {
      const station = await openStation(name, mailbox, await settings(), log);
      for (const other of stations) await introduce(station, other);
      stations.push(station);
      return station;
    },
    settleIn,
    settle: () => settle(stations),
    advance: (millis) => {
      for (const { clock } of stations) clock.advance(millis);
    },
    async forgetLimits() {
      for (const { services } of stations) await services.database.write((trx) => trx('limits').delete());
    },
    async close() {
      for (const station of stations) await closeStation(station);
      await mailbox.stop();
    },
  };
}

async function openStation(name: string, mailbox: Mailbox, settings: Settings, log: Log): Promise<Station> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-cloud-'));
  const url = `http://localhost:${String(await freePort())}`;
  const clock = createHandClock(START);
  const connections: string[] = [];
  const config = readConfig({
    FOOTBRIDGE_PUBLIC_URL: url,
    FOOTBRIDGE_CLOUD_NAME: name,
    FOOTBRIDGE_DATA_DIR: dataDir,
    FOOTBRIDGE_SMTP_URL: mailbox.url,
    ...settings,
  });
  const cloud = await openCloud(config, {
    clock,
    random: createSeededRandom(`${name} ${url}`),
    log,
    onConnect: (origin) => connections.push(origin),
  });
  await cloud.listen();
  return { name, url, cloud, services: cloud.services, clock, dataDir, connections };
}

async function closeStation({ cloud, dataDir }: Station): Promise<void> {
  await cloud.stop();
  await rm(dataDir, { recursive: true, force: true });
}

/** Registers two clouds with each other, as two administrators would. */
async function introduce(one: Station, other: Station): Promise<void> {
  const { issued: ofOne } = await one.services.peers.add(draftOf(other));
  const { issued: ofOther } = await other.services.peers.add({ ...draftOf(one), outbound: ofOne });
  await one.services.peers.set(other.name, { outbound: ofOther });
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
  const { accounts, passwords, hasher, database } = at.services;
  const account = await accounts.add(person.email, person.name);
  const prepared = await hasher.hash(PASSWORD);
  await database.write((trx) => passwords.store(trx, account.id, prepared));
  return { ...person, at, accountId: account.id };
}

async function settle(stations: readonly Station[]): Promise<void> {
  for (let before = ''; ;) {
    for (const { cloud } of stations) await cloud.drain();
    const waiting = await Promise.all(stations.map(dueAt));
    const now = waiting.join(' ');
    // What cannot be sent now, as to a cloud that is down, waits for the clock.
    if (now === before || waiting.every((due) => due === '')) return;
    before = now;
  }
}

async function dueAt({ services, clock }: Station): Promise<string> {
  const rows = await services.database
    .read('deliveries')
    .where({ state: 'queued' })
    .andWhere('run_at', '<=', clock.now())
    .select<{ id: number }[]>('id');
  return rows.map(({ id }) => id).join(',');
}
