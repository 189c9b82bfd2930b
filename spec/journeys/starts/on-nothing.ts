import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createDatabase } from '../../support/postgres.js';
import { serveAtOnce } from '../../support/serving.js';

/** Starts so many processes at once on an empty database and data folder; answers what those said that exited. */
export async function serveOnNothing(engine: 'sqlite' | 'postgres', processes: number): Promise<string[]> {
  const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-nothing-'));
  const database = engine === 'postgres' ? await createDatabase() : undefined;
  const settings = { FOOTBRIDGE_DATA_DIR: folder };
  try {
    const env = database === undefined ? settings : { ...settings, FOOTBRIDGE_DATABASE_URL: database.url };
    const starts = await serveAtOnce(processes, env);
    await Promise.all(starts.map((start) => start.stop()));
    return starts.filter(({ outcome }) => outcome === 'exited').map(({ said }) => said);
  } finally {
    await database?.drop();
    await rm(folder, { recursive: true });
  }
}
