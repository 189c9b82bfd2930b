import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  acceptInvitation,
  addApp,
  settleAt,
  startPair,
  type ProcessPair,
  type Settler,
} from '../spec/journeys/support/process-pair.js';
import { startPromptMailbox, type PromptMailbox } from './prompt-mailbox.js';
import { startReference, type Reference } from './reference.js';

/** What every measurement needs: two clouds with one shared folder, and the reference. */
export interface Ground {
  readonly pair: ProcessPair;
  /** Where both clouds send their mails. */
  readonly mailbox: PromptMailbox;
  readonly ana: Settler;
  readonly bo: Settler;
  /** The shared folder's id at Ana's cloud. */
  readonly folder: number;
  /** Its id in Bo's own tree. */
  readonly mount: number;
  /** Where the reference finds its files. */
  readonly files: string;
  readonly reference: Reference;
  /** True for a short run that shows whether everything works. */
  readonly isQuick: boolean;
}

/** What the clouds of a run are started with beside the usual. */
export interface GroundOptions {
  readonly isQuick: boolean;
  /** Both clouds write a CPU profile into this folder when they end. */
  readonly profiles: string | undefined;
}

/** Prepares the ground, runs the work on it and clears everything away. */
export async function onGround<T>(options: GroundOptions, work: (ground: Ground) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(path.join(tmpdir(), 'footbridge-bench-'));
  try {
    return await onFolder(scratch, options, work);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function onFolder<T>(scratch: string, options: GroundOptions, work: (ground: Ground) => Promise<T>): Promise<T> {
  const files = path.join(scratch, 'files');
  await mkdir(files);
  const mailbox = await startPromptMailbox();
  const env = { FOOTBRIDGE_SMTP_URL: mailbox.url };
  const pair = await startPair(scratch, { nodeOptions: profiling(options.profiles), env });
  const reference = await startReference(files);
  try {
    const shared = await shareOneFolder(pair, mailbox);
    return await work({ ...shared, pair, mailbox, files, reference, isQuick: options.isQuick });
  } finally {
    await reference.stop();
    await pair.stop();
    mailbox.stop();
  }
}

/** Options of Node.js by which a cloud writes a CPU profile into a folder when it ends. */
export function profiling(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', folder];
}

async function shareOneFolder(
  pair: ProcessPair,
  mailbox: PromptMailbox,
): Promise<Pick<Ground, 'ana' | 'bo' | 'folder' | 'mount'>> {
  await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
  const ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
  const bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
  const { id: folder } = await ana.app.makeFolder('Measured');
  const invitation = mailbox.nextInvitation(bo.email);
  await ana.app.share(folder, bo.email);
  const mount = await acceptInvitation(await invitation, bo, 'Measured');
  return { ana, bo, folder, mount };
}
