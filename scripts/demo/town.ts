import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startCloud, type CloudProcess } from '../../spec/support/cloud-process.js';
import { startMailbox, type Mailbox } from '../../spec/support/mailbox.js';
import { createPerson, describePage, type Identity, type Page } from '../../spec/support/person.js';
import { unlessAborted } from './aborting.js';
import { anasBelongings } from './belongings.js';
import { startMailboxPage, type MailboxPage } from './mailbox-page.js';
import type { Ports } from './options.js';
import { ANA, BO } from './people.js';

/** Two clouds that trust each other, two people, and a mailbox for all mail. */
export interface Town {
  readonly alder: CloudProcess;
  readonly birch: CloudProcess;
  readonly mailbox: Mailbox;
  readonly mailboxPage: MailboxPage;
  /** Ends everything and removes the data. */
  close(): Promise<void>;
}

/** Starts everything in a fresh folder; what was started is stopped again when something fails or the signal comes. */
export async function openTown(ports: Ports, signal: AbortSignal, say: (line: string) => void): Promise<Town> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-demo-'));
  const ends: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  const keep = async <Thing>(opening: Promise<Thing>, end: (thing: Thing) => Promise<void>): Promise<Thing> => {
    const thing = await opening;
    ends.push(() => end(thing));
    signal.throwIfAborted();
    return thing;
  };
  try {
    const mailbox = await keep(startMailbox(), (it) => it.stop());
    const mailboxPage = await keep(startMailboxPage(ports.mailbox, mailbox), (it) => it.stop());
    const open = async (name: string, port: number): Promise<CloudProcess> => {
      const word = name.toLowerCase();
      const env = { FOOTBRIDGE_SMTP_URL: mailbox.url, FOOTBRIDGE_MAIL_FROM: `no-reply@${word}.example` };
      const options = { name, port, dataDir: path.join(dataDir, word), env };
      const cloud = await keep(startCloud(options), (it) => endCloud(it, signal));
      say(`${name} is at ${cloud.url}`);
      return cloud;
    };
    const alder = await open('Alder', ports.alder);
    const birch = await open('Birch', ports.birch);
    await unlessAborted(signal, settle(alder, birch, say));
    return { alder, birch, mailbox, mailboxPage, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function settle(alder: CloudProcess, birch: CloudProcess, say: (line: string) => void): Promise<void> {
  await Promise.all([addUser(alder, ANA), addUser(birch, BO)]);
  await introduce(alder, birch);
  say('Alder and Birch trust each other');
  await moveIn(alder);
  say('Ana has put some folders into Alder\n');
}

/** How long a cloud may take that has been told to stop already; milliseconds. */
const GRACE = 3_000;

/** A Ctrl-C in the terminal reaches the clouds too; told a second time, they would end at once. */
async function endCloud(cloud: CloudProcess, signal: AbortSignal): Promise<void> {
  const last = performance.now() + (signal.aborted ? GRACE : 0);
  while (cloud.isUp && performance.now() < last) await pause(20);
  await cloud.stop();
}

async function addUser(cloud: CloudProcess, { name, email, password }: Identity): Promise<void> {
  await cloud.cli(['user', 'add', email, '--name', name, '--admin', '--password-stdin'], `${password}\n`);
}

interface Issued {
  readonly issued: { readonly consumerKey: string; readonly consumerSecret: string };
}

/** Makes two clouds peers, as their two administrators do on the command line. */
async function introduce(alder: CloudProcess, birch: CloudProcess): Promise<void> {
  const { issued: ofAlder } = await alder.ask<Issued>(['peer', 'add', ...peerWords(birch)]);
  const { issued: ofBirch } = await birch.ask<Issued>(['peer', 'add', ...peerWords(alder), ...pairWords(ofAlder)]);
  await alder.cli(['peer', 'set', birch.name, ...pairWords(ofBirch)]);
}

function peerWords({ name, url }: CloudProcess): string[] {
  return [name, '--url', url, '--email-domain', `${name.toLowerCase()}.example`];
}

function pairWords({ consumerKey, consumerSecret }: Issued['issued']): string[] {
  return ['--consumer-key', consumerKey, '--consumer-secret', consumerSecret];
}

/** Ana uploads what is hers, through the pages. */
async function moveIn(alder: CloudProcess): Promise<void> {
  const ana = createPerson(ANA);
  mustShow(await ana.signIn(alder.url));
  for (const [file, content] of anasBelongings()) {
    mustShow(content === 'folder' ? await ana.files.makeFolder(file) : await ana.files.write(file, content));
  }
  mustShow(await ana.signOut());
}

function mustShow(page: Page): void {
  if (page.status !== 200) throw new Error(`Setting up the demo failed: ${describePage(page)}`);
}
