/**
 * `npm run bench`: what two clouds cost, as ratios to small reference programs in the same run, so that slow machines
 * do not excuse and fast ones do not flatter (reliability.md section 5).
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatReport, type Line } from './figures.js';
import { onGround, type Ground } from './ground.js';
import { listing } from './parts/listing.js';
import { metadata } from './parts/metadata.js';
import { pollers } from './parts/pollers.js';
import { queue } from './parts/queue.js';
import { readLarge } from './parts/read-large.js';
import { readSmall } from './parts/read-small.js';
import { sharing } from './parts/sharing.js';
import { signature } from './parts/signature.js';
import { transfer } from './parts/transfer.js';
import { webdav } from './parts/webdav.js';
import { writes } from './parts/writes.js';
import { scale } from './scale/scale.js';

const PARTS: Readonly<Record<string, (ground: Ground) => Promise<Line[]>>> = {
  'read-large': readLarge,
  'read-small': readSmall,
  metadata,
  listing,
  webdav,
  signature,
  sharing,
  pollers,
  writes,
  transfer,
  queue,
};

/** The part that starts and fills clouds of its own. It comes last, since it takes longest. */
const SCALE = 'scale';
const NAMES = [...Object.keys(PARTS), SCALE];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    postgres: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`npm run bench -- [${NAMES.join(' ')}] [--quick] [--profile FOLDER] [--postgres]`);
  console.log('--postgres: the clouds of the part "scale" keep their rows in PostgreSQL instead of SQLite');
} else {
  const unknown = positionals.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new Error(`no such part: ${unknown.join(', ')}; there are ${NAMES.join(', ')}`);
  await run(positionals.length === 0 ? NAMES : positionals);
}

/** Runs the parts one after the other on clouds of their own, so that none inherits what another filled. */
async function run(names: readonly string[]): Promise<void> {
  const lines: Line[] = [];
  for (const name of names) {
    console.log(`== ${name}`);
    const found = await measure(name);
    console.log(`${formatReport(found)}\n`);
    lines.push(...found);
  }
  if (names.length > 1) console.log(`== all\n${formatReport(lines)}`);
}

async function measure(name: string): Promise<Line[]> {
  const { quick: isQuick, profile, postgres } = values;
  const profiles = profile === undefined ? undefined : path.resolve(profile);
  if (name === SCALE) return scale({ isQuick, profiles, engine: postgres ? 'postgres' : 'sqlite' });
  const part = PARTS[name];
  return part === undefined ? [] : onGround({ isQuick, profiles }, part);
}
