import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { until } from '../../support/until.js';

const PROGRAM = path.resolve(import.meta.dirname, '../../../dist/src/main.js');

/** After so many milliseconds the approving process is killed: while it starts, asks, and stores. */
const KILLS = [400, 700, 900, 1_100, 1_300, 1_600];

interface Started {
  readonly code: string;
}

async function start(name: string): Promise<CloudProcess> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-joining-'));
  const cloud = await startCloud({ name, dataDir });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
  return cloud;
}

/** Runs `peer approve` at Birch and kills it. */
async function approveAndDie(birch: CloudProcess, code: string, after: number): Promise<void> {
  const inherited = Object.entries(process.env).filter(([key]) => !key.startsWith('FOOTBRIDGE_'));
  const env = {
    ...Object.fromEntries(inherited),
    FOOTBRIDGE_PUBLIC_URL: birch.url,
    FOOTBRIDGE_DATA_DIR: birch.dataDir,
  };
  const child = spawn(process.execPath, [PROGRAM, 'peer', 'approve', 'Alder', '--code', code], {
    env,
    stdio: 'ignore',
  });
  const gone = once(child, 'close');
  await pause(after);
  child.kill('SIGKILL');
  await gone;
}

it('an approval that is killed anywhere is brought to its end by the same code', { timeout: 120_000 }, async () => {
  const [alder, birch] = await Promise.all([start('Alder'), start('Birch')]);
  const { code } = await alder.ask<Started>(['peer', 'join', birch.url]);
  await until('the request at Birch', async () =>
    (await birch.cli(['peer', 'list'])).includes('asks to join: footbridge'),
  );
  for (const after of KILLS) await approveAndDie(birch, code, after);
  // Unless the last of them got through before it was killed.
  const isAsked = (await birch.cli(['peer', 'list'])).includes('asks to join');
  if (isAsked) expect(await birch.cli(['peer', 'approve', 'Alder', '--code', code])).toContain('The connection works.');
  // One that died before it asked after the other leaves that to the running services.
  for (const cloud of [alder, birch]) {
    const isReady = async (): Promise<boolean> => /\bready$/m.test(await cloud.cli(['peer', 'list']));
    await until(`${cloud.name} finds that all is well`, isReady, { deadline: 60_000, every: 1_000 });
  }
});
