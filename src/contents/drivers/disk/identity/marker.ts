import { constants } from 'node:fs';
import { open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { errorCode, syncFolder } from '../calls/disk-calls.js';

/**
 * The file in a storage folder that says to which database the folder belongs. If it is missing, the disk is not
 * mounted.
 */
export const MARKER_FILE = 'footbridge-store.json';

/** The identity of a store: two values that the folder and its database both have. */
export interface Marker {
  /** Random, made when a database takes the folder over; no two databases have the same. */
  readonly id: string;
  /** Rises while contents are stored: a database with a lower number is older than the folder. */
  readonly generation: number;
}

const Written = z.object({ store: z.string().min(1), generation: z.int().nonnegative() });

/** A marker that is read again only when its file was replaced, because each upload asks for it. */
export class WatchedMarker {
  readonly #folder: string;
  #seen: { readonly file: string; readonly marker: Marker | 'unreadable' | undefined } | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Like {@link readMarker}. Markers are never written in place, so a new one is a new file. */
  async read(): Promise<Marker | 'unreadable' | undefined> {
    const file = await this.#file();
    if (file === undefined) return undefined;
    if (this.#seen?.file !== file) this.#seen = { file, marker: await readMarker(this.#folder) };
    return this.#seen.marker;
  }

  /** A text that identifies the file: equal only while it was not replaced. */
  async #file(): Promise<string | undefined> {
    try {
      const { dev, ino, size, mtimeMs, ctimeMs } = await stat(join(this.#folder, MARKER_FILE));
      return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw error;
    }
  }
}

/** The marker of a folder; undefined when there is none, `unreadable` for a file that is no marker of ours. */
export async function readMarker(folder: string): Promise<Marker | 'unreadable' | undefined> {
  let text: string;
  try {
    text = await readFile(join(folder, MARKER_FILE), 'utf8');
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
  return parseMarker(text);
}

function isAbsence(error: unknown): boolean {
  return errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
}

function parseMarker(text: string): Marker | 'unreadable' {
  try {
    const { store: id, generation } = Written.parse(JSON.parse(text));
    return { id, generation };
  } catch {
    return 'unreadable';
  }
}

/** Writes the marker of a folder, completely or not at all, and syncs it. `draft` is a name that nobody else uses. */
export async function writeMarker(folder: string, { id, generation }: Marker, draft: string): Promise<void> {
  const path = join(folder, `.${MARKER_FILE}.${draft}`);
  const about = 'This folder belongs to one Footbridge database; see docs/operators.md before you change anything.';
  try {
    await writeDurably(path, `${JSON.stringify({ store: id, generation, about }, undefined, 2)}\n`);
    await rename(path, join(folder, MARKER_FILE));
  } catch (error) {
    await rm(path, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(folder);
}

async function writeDurably(path: string, text: string): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const file = await open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
