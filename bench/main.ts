/**
 * `npm run bench`: what two clouds cost, as ratios to small reference programs in the same run, so that slow machines
 * do not excuse and fast ones do not flatter (reliability.md section 5).
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { formatReport, type Line } from './figures.js';
import { onGround, type Ground } from './ground.js';
import { metadata } from './parts/metadata.js';
import { pollers } from './parts/pollers.js';
import { queue } from './parts/queue.js';
import { readLarge } from './parts/read-large.js';
import { readSmall } from './parts/read-small.js';
import { signature } from './parts/signature.js';
import { transfer } from './parts/transfer.js';
import { writes } from './parts/writes.js';

const PARTS: Readonly<Record<string, (ground: Ground) => Promise<Line[]>>> = {
  'read-large': readLarge,
  'read-small': readSmall,
  metadata,
  signature,
  pollers,
  writes,
  transfer,
  queue,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`npm run bench -- [${Object.keys(PARTS).join(' ')}] [--quick] [--profile FOLDER]`);
} else {
  const unknown = positionals.filter((name) => PARTS[name] === undefined);
  if (unknown.length > 0)
    throw new Error(`no such part: ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}`);
  await run(positionals.length === 0 ? Object.keys(PARTS) : positionals);
}

/** Runs the parts one after the other on clouds of their own, so that none inherits what another filled. */
async function run(names: readonly string[]): Promise<void> {
  const lines: Line[] = [];
  for (const name of names) {
    console.log(`== ${name}`);
    const profiles = values.profile === undefined ? undefined : path.resolve(values.profile);
    const found = await onGround(
      { isQuick: values.quick, profiles },
      (ground) => PARTS[name]?.(ground) ?? Promise.resolve([]),
    );
    console.log(`${formatReport(found)}\n`);
    lines.push(...found);
  }
  if (names.length > 1) console.log(`== all\n${formatReport(lines)}`);
}
