import path from 'node:path';
import { openCloud, type Cloud } from '../../../src/cloud.js';
import { readConfig } from '../../../src/config/index.js';
import { parseEmail } from '../../../src/kernel/index.js';
import type { Credentials } from '../../../src/oauth1/index.js';
import { createLog } from '../../../src/platform/index.js';
import { freePort, startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { startFaultProxy, type Fault, type FaultProxy, type Passed } from '../../support/fault-proxy.js';
import { startMailbox, type Mailbox } from '../../support/mailbox.js';

const PASSWORD = 'correct horse battery staple';
const APP = 'journeys';

/** One cloud: a process behind a proxy, and its commands, which run here beside it as an operator's do. */
export interface Site {
  readonly process: CloudProcess;
  /** Its public address, which is the proxy's. */
  readonly url: string;
  readonly desk: Cloud['services'];
  /** The hash of the one password, made once for all accounts there. */
  readonly prepared: string;
}

/** Somebody with an account and a token. */
export interface Settled {
  readonly email: string;
  readonly password: string;
  readonly keys: Credentials;
}

/** Two clouds that know each other by the addresses of their proxies. */
export interface FaultPair {
  readonly alder: Site;
  readonly birch: Site;
  readonly mailbox: Mailbox;
  /** What will happen to the next messages between the clouds, one after the other. */
  readonly faults: Fault[];
  /** Everything that passed either proxy. */
  readonly passed: readonly Traffic[];
  /** The keys that the clouds sign with: who shows one in the header is a cloud. */
  readonly secrets: Set<string>;
  stop(): Promise<void>;
}

/** Paths of Open Cloud Mesh and of its shares, which no browser uses. */
const BY_MESH = /^[A-Z]+ \/(?:ocm\/(?:shares|notifications)|public\.php\/webdav|dav\/ocm)\b/;

/** A request that passed a proxy, and whether a cloud sent it rather than a browser. */
export interface Traffic extends Passed {
  readonly isBetweenClouds: boolean;
}

/** Starts both below `folder` and registers them with each other. */
export async function startFaultPair(folder: string): Promise<FaultPair> {
  const mailbox = await startMailbox();
  const [faults, passed, keys]: [Fault[], Traffic[], Set<string>] = [[], [], new Set()];
  const isBetweenClouds = (head: string): boolean => {
    const authorization = /^authorization: .*oauth_consumer_key="([^"]+)"/im.exec(head);
    return keys.has(authorization?.[1] ?? '') || BY_MESH.test(head);
  };
  const open = (name: string): Promise<Opened> =>
    openSite(name, folder, mailbox, {
      choose: (head) => (isBetweenClouds(head) ? faults.shift() : undefined),
      watch: (each) => passed.push({ ...each, isBetweenClouds: isBetweenClouds(each.request) }),
    });
  const [alder, birch] = [await open('Alder'), await open('Birch')];
  const secrets = new Set<string>();
  for (const pair of await introduce(alder.site, birch.site)) {
    keys.add(pair.key);
    secrets.add(pair.secret);
  }
  await alder.site.process.cli(['peer', 'set', 'Birch', '--ocm-url', birch.site.url]);
  await birch.site.process.cli(['peer', 'set', 'Alder', '--ocm-url', alder.site.url]);
  return {
    alder: alder.site,
    birch: birch.site,
    mailbox,
    faults,
    passed,
    secrets,
    async stop() {
      for (const { close } of [alder, birch]) await close();
      await mailbox.stop();
    },
  };
}

interface Opened {
  readonly site: Site;
  close(): Promise<void>;
}

type Watching = Pick<Parameters<typeof startFaultProxy>[0], 'choose' | 'watch'>;

async function openSite(name: string, folder: string, mailbox: Mailbox, watching: Watching): Promise<Opened> {
  const port = await freePort();
  const proxy = await startFaultProxy({ target: port, ...watching });
  const env = {
    FOOTBRIDGE_PUBLIC_URL: proxy.url,
    FOOTBRIDGE_LISTEN: `127.0.0.1:${String(port)}`,
    FOOTBRIDGE_SMTP_URL: mailbox.url,
  };
  const dataDir = path.join(folder, name.toLowerCase());
  const process = await startCloud({ name, dataDir, port, env });
  const config = readConfig({ ...env, FOOTBRIDGE_CLOUD_NAME: name, FOOTBRIDGE_DATA_DIR: dataDir });
  const cloud = await openCloud(config, { log: createLog('silent') });
  await cloud.services.apps.clients.add(APP, {});
  const prepared = await cloud.services.people.passwords.prepare(PASSWORD, { name: '', addresses: [] });
  const site = { process, url: proxy.url, desk: cloud.services, prepared };
  return { site, close: () => closeSite(process, cloud, proxy) };
}

async function closeSite(process: CloudProcess, cloud: Cloud, proxy: FaultProxy): Promise<void> {
  await process.stop();
  await cloud.stop();
  await proxy.stop();
}

/** Registers both with each other; answers the consumer pairs of both. */
async function introduce(alder: Site, birch: Site): Promise<{ key: string; secret: string }[]> {
  const { issued: ofAlder } = await alder.desk.neighbours.peers.add(draftOf('Birch', birch.url));
  const { issued: ofBirch } = await birch.desk.neighbours.peers.add({
    ...draftOf('Alder', alder.url),
    outbound: ofAlder,
  });
  await alder.desk.neighbours.peers.set('Birch', { outbound: ofBirch });
  return [ofAlder, ofBirch];
}

function draftOf(name: string, url: string) {
  return {
    name,
    shareUrl: `${url}/interop/share`,
    unshareUrl: `${url}/interop/unshare`,
    credentialsUrl: `${url}/interop/credentials`,
    emailDomains: [`${name.toLowerCase()}.example`],
  };
}

/** Gives somebody an account and an app's token. */
export async function settleAt({ desk, prepared }: Site, name: string, email: string): Promise<Settled> {
  const account = await desk.people.accounts.add(parseEmail(email), name);
  await desk.base.database.write((trx) => desk.people.passwords.store(trx, account.id, prepared));
  return { email, password: PASSWORD, keys: await desk.apps.tokens.add(account.id, APP) };
}
