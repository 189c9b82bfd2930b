import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EmlMailer } from '../../src/mail/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { describeMailer, LETTERHEAD } from './mailer.js';

// A file has no envelope.
describeMailer('EmlMailer', async () => {
  const base = await mkdtemp(join(tmpdir(), 'footbridge-mail-'));
  const folder = join(base, 'mail');
  return {
    mailer: new EmlMailer({ ...LETTERHEAD, random: systemRandom, folder }),
    async received() {
      const names = await readdir(folder).catch(() => []);
      return Promise.all(names.map(async (name) => ({ raw: await readFile(join(folder, name)) })));
    },
    stop: () => rm(base, { recursive: true }),
  };
});
