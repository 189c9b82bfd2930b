import path from 'node:path';
import createKnex from 'knex';
import { sendAndPass } from '../../spec/journeys/support/wire.js';
import type { Settler } from '../../spec/journeys/support/process-pair.js';
import { limitLine, MEBI, rate, type Line } from '../figures.js';
import type { Ground } from '../ground.js';
import { watchMemory } from '../memory.js';

const LIMIT = 64;

/**
 * A folder of very many entries, listed at its own cloud and through both: how much the memory of each grows (DOS-03).
 * What another cloud lists is judged as a whole, up to its cap; there the figure only informs.
 */
export async function listing(ground: Ground): Promise<Line[]> {
  const { ana, bo, folder, mount, isQuick } = ground;
  const entries = isQuick ? 20_000 : 100_000;
  // What the first listing loads once is no growth.
  await list(ana, folder);
  await list(bo, mount);
  await fill(ground, entries);
  const home = await watched(ground, `${String(entries)} entries listed at home`, () => list(ana, folder));
  // Gives every entry its id, once; what is polled afterwards is the second.
  await list(bo, mount);
  const abroad = await watched(ground, `${String(entries)} entries listed through both`, () => list(bo, mount));
  return [...home, ...abroad.map((line) => (line.what.endsWith('Birch') ? informing(line) : line))];
}

const informing = (line: Line): Line => ({ ...line, bound: 'capped at 64 MiB of text', holds: undefined });

async function list({ app, at }: Settler, id: number): Promise<number> {
  const target = `/v1/folder/${String(id)}/contents`;
  const { status, size } = await sendAndPass(`${at.url}${target}`, { headers: app.headers('GET', target) });
  if (status !== 200) throw new Error(`the listing was answered ${String(status)}`);
  return size;
}

/** Rows written beside the cloud: so many uploads would measure something else. */
async function fill({ pair, folder }: Ground, entries: number): Promise<void> {
  const filename = path.join(pair.alder.dataDir, 'footbridge.sqlite');
  const knex = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  try {
    const top = (await knex('items').where({ id: folder }).first()) as Record<string, unknown>;
    const [{ last } = { last: 0 }] = await knex('items').max<{ last: number }[]>({ last: 'id' });
    const rows = Array.from({ length: entries }, (_, index) => {
      return { ...top, id: last + 1 + index, parent_id: folder, name: `folder ${String(index)}` };
    });
    await knex.batchInsert('items', rows, 70);
  } finally {
    await knex.destroy();
  }
}

async function watched({ pair }: Ground, what: string, work: () => Promise<number>): Promise<Line[]> {
  const started = performance.now();
  let size = 0;
  const growths = await watchMemory([pair.alder, pair.birch], async () => {
    size = await work();
  });
  const speed = rate(size / ((performance.now() - started) / 1000));
  return growths.map(({ name, bytes }) => limitLine(`${what}: memory of ${name}`, bytes / MEBI, LIMIT, 'MiB', speed));
}
