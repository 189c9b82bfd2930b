import path from 'node:path';
import type { Credentials } from '../../../src/oauth1/index.js';
import { startCloud, type CloudOptions, type CloudProcess } from '../../support/cloud-process.js';
import { invitationIn, startMailbox, waitForInvitation, type Mailbox } from '../../support/mailbox.js';
import { createPerson, type Person } from '../../support/person.js';
import { until } from '../../support/until.js';
import { StorageClient } from './storage-client.js';

const PASSWORD = 'correct horse battery staple';

/** Two clouds as processes of the built program that trust each other, and one mailbox for both. */
export interface ProcessPair {
  readonly alder: CloudProcess;
  readonly birch: CloudProcess;
  readonly mailbox: Mailbox;
  stop(): Promise<void>;
}

/** A line of `share list --json`. */
export interface ShareLine {
  readonly shareId: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly state: string;
  readonly recipient: string;
}

/** Starts both clouds below `folder` and registers them with each other by the command line. */
export async function startPair(folder: string, options: Partial<CloudOptions> = {}): Promise<ProcessPair> {
  const mailbox = await startMailbox();
  const start = (name: string): Promise<CloudProcess> =>
    startCloud({
      ...options,
      name,
      dataDir: path.join(folder, name.toLowerCase()),
      env: { FOOTBRIDGE_SMTP_URL: mailbox.url, ...options.env },
    });
  const [alder, birch] = await Promise.all([start('Alder'), start('Birch')]);
  await introduce(alder, birch);
  return {
    alder,
    birch,
    mailbox,
    async stop() {
      await Promise.all([alder.stop(), birch.stop()]);
      await mailbox.stop();
    },
  };
}

interface Issued {
  readonly issued: { readonly consumerKey: string; readonly consumerSecret: string };
}

/** Makes two clouds trust each other. */
export async function introduce(alder: CloudProcess, birch: CloudProcess): Promise<void> {
  const atAlder = await alder.ask<Issued>(['peer', 'add', birch.name, '--url', birch.url]);
  const atBirch = await birch.ask<Issued>(['peer', 'add', alder.name, '--url', alder.url, ...keyOptions(atAlder)]);
  await alder.cli(['peer', 'set', birch.name, ...keyOptions(atBirch)]);
}

/** Tells each cloud of a pair the other's server of Open Cloud Mesh. */
export async function introduceByOcm({ alder, birch }: Pick<ProcessPair, 'alder' | 'birch'>): Promise<void> {
  await alder.cli(['peer', 'set', birch.name, '--ocm-url', birch.url]);
  await birch.cli(['peer', 'set', alder.name, '--ocm-url', alder.url]);
}

function keyOptions({ issued }: Issued): string[] {
  return ['--consumer-key', issued.consumerKey, '--consumer-secret', issued.consumerSecret];
}

/** Somebody with an account at a running cloud, a browser and an app. */
export interface Settler {
  readonly email: string;
  readonly at: CloudProcess;
  readonly person: Person;
  readonly keys: Credentials;
  readonly app: StorageClient;
}

/** The name of the app whose tokens the specs use. */
const APP = 'journeys';

/** Makes the app known to a cloud; once per cloud, before {@link settleAt}. */
export async function addApp(at: CloudProcess): Promise<void> {
  await at.cli(['client', 'add', APP]);
}

/** Gives somebody an account, a password and an app's token, by the command line. */
export async function settleAt(at: CloudProcess, name: string, email: string): Promise<Settler> {
  await at.cli(['user', 'add', email, '--name', name, '--password-stdin'], `${PASSWORD}\n`);
  const token = await at.ask<Credentials & { readonly tokenSecret: string }>(['token', 'add', email, '--client', APP]);
  const person = createPerson({ name, email, password: PASSWORD });
  return { email, at, person, keys: token, app: new StorageClient(at.url, token) };
}

/** The link in the newest invitation to an address that came after the letter numbered `after`. */
export async function invitationTo({ mailbox }: ProcessPair, email: string, after = 0): Promise<string> {
  return invitationIn(await waitForInvitation(mailbox, email, after));
}

/** The main job from the invitation to the mounted folder, as a person does it; answers the mount's id at home. */
export async function acceptInvitation(link: string, settler: Settler, folder: string): Promise<number> {
  const { person, app, at } = settler;
  await person.openInvitation(link);
  const page = await person.chooseCloud(at.name);
  if (page.url.pathname === '/login') await person.signIn();
  await person.accept();
  return until(`${folder} among the files of ${settler.email}`, async () => (await app.children()).get(folder)?.id);
}
