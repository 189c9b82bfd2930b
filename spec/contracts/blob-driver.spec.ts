import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DiskDriver, MemoryDriver } from '../../src/contents/index.js';
import { systemClock, systemRandom } from '../../src/platform/index.js';
import { describeDriver } from './blob-driver.js';

describeDriver('DiskDriver', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-driver-'));
  const driver = await DiskDriver.open({ folder, random: systemRandom });
  return { driver, stop: () => rm(folder, { recursive: true }) };
});

describeDriver('MemoryDriver', () =>
  Promise.resolve({ driver: new MemoryDriver({ clock: systemClock }), stop: () => Promise.resolve() }),
);
