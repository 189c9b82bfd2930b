import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  acceptInvitation,
  addApp,
  invitationTo,
  settleAt,
  startPair,
  type ProcessPair,
  type Settler,
} from '../spec/journeys/support/process-pair.js';
import { startReference, type Reference } from './reference.js';

/** What every measurement stands on: two clouds with one shared folder, and the reference beside them. */
export interface Ground {
  readonly pair: ProcessPair;
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
  const pair = await startPair(scratch, { nodeOptions: profiling(options.profiles) });
  const reference = await startReference(files);
  try {
    return await work({ ...(await shareOneFolder(pair)), pair, files, reference, isQuick: options.isQuick });
  } finally {
    await reference.stop();
    await pair.stop();
  }
}

function profiling(folder: string | undefined): string[] {
  return folder === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', folder];
}

async function shareOneFolder(pair: ProcessPair): Promise<Pick<Ground, 'ana' | 'bo' | 'folder' | 'mount'>> {
  await Promise.all([addApp(pair.alder), addApp(pair.birch)]);
  const ana = await settleAt(pair.alder, 'Ana Alvarez', 'ana@alder.example');
  const bo = await settleAt(pair.birch, 'Bo Bergman', 'bo@birch.example');
  const { id: folder } = await ana.app.makeFolder('Measured');
  await ana.app.share(folder, bo.email);
  const mount = await acceptInvitation(await invitationTo(pair, bo.email), bo, 'Measured');
  return { ana, bo, folder, mount };
}
