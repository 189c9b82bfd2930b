import { link, mkdir, open, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, randomWord, type Random, withoutTrailing } from '../kernel/index.js';

/** Where the secret key may come from. */
export interface SecretKeyOptions {
  /** The setting `FOOTBRIDGE_SECRET_KEY`. */
  readonly text: string | undefined;
  /** The data folder, which holds the generated `secret.key`. */
  readonly folder: string;
  readonly random: Random;
  /** Names in the folder that show that it is in use; by default any but hidden ones. */
  readonly usedWhen?: readonly string[];
}

const FILE = 'secret.key';
const KEY_BYTES = 32;

/**
 * The secret key: the setting if there is one, else the `secret.key` file of the data folder, which is made when the
 * folder is new. A folder in use without its key is refused: a fresh key could read nothing (SEC-03).
 * Starting several times at once ends with one key for all.
 */
export async function loadSecretKey({ text, folder, random, usedWhen }: SecretKeyOptions): Promise<Buffer> {
  if (text !== undefined) return parseSecretKey(text, 'FOOTBRIDGE_SECRET_KEY');
  const path = join(folder, FILE);
  const stored = (await readStored(path)) ?? (await generate(folder, path, random, usedWhen));
  return parseSecretKey(stored, path);
}

async function readStored(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw new Failure('internal', `${path} cannot be read.`, { cause: error });
  }
}

async function generate(
  folder: string,
  path: string,
  random: Random,
  usedWhen: readonly string[] | undefined,
): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Hidden files do not count: another start may be writing its draft at this moment.
  const entries = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  if (entries.includes(FILE)) return readFile(path, 'utf8');
  if (entries.some((name) => usedWhen?.includes(name) ?? true)) {
    throw new Failure(
      'internal',
      `${path} is missing although the data folder is in use. Put the file back, or set FOOTBRIDGE_SECRET_KEY.`,
    );
  }
  const draft = join(folder, `.${FILE}.${randomWord(random)}`);
  await writeDurably(draft, `${random.bytes(KEY_BYTES).toString('base64url')}\n`);
  await publish(draft, path, folder);
  return readFile(path, 'utf8');
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Gives the draft its name unless another start was first; a link, unlike a rename, never replaces a file. */
async function publish(draft: string, path: string, folder: string): Promise<void> {
  try {
    await link(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    await rm(draft, { force: true });
  }
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

/**
 * Reads a key of at least 32 bytes written in base64url. Short and sample keys are refused with a sentence for the
 * administrator that names `source` and never the key (SEC-03).
 */
export function parseSecretKey(text: string, source: string): Buffer {
  const trimmed = withoutTrailing(text.trim(), '=');
  if (!/^[A-Za-z0-9_-]+$/.test(trimmed)) throw refusal(source, 'is not base64url');
  const key = Buffer.from(trimmed, 'base64url');
  if (key.length < KEY_BYTES) throw refusal(source, `holds ${String(key.length)} bytes`);
  if (isSample(trimmed, key)) throw refusal(source, 'looks like a sample');
  return key;
}

/** 32 random bytes practically always hold 24 different ones; repeated, counted and typed keys do not. */
function isSample(text: string, key: Buffer): boolean {
  if (/change.?me|sample|example|secret|password/i.test(text)) return true;
  const steps = new Set(key.subarray(1).map((byte, index) => (byte - (key[index] ?? 0)) & 0xff));
  return new Set(key).size < 16 || steps.size < 4;
}

function refusal(source: string, why: string): Failure {
  return new Failure('invalid', `${source} ${why}. Use at least 32 random bytes in base64url.`);
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
