import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDavStory, type DavStory } from './dav-story.js';
import { isInstalled, LITMUS_SUITES, play, playLitmus } from './programs.js';
import { rootOf, shareBySecret, type SecretShare } from './secret-share.js';

const HAS = { litmus: await isInstalled('litmus'), rclone: await isInstalled('rclone') };

/** Programs that go to a share with its secret, as clouds by Open Cloud Mesh do. */
describe('through the secret of a share', () => {
  let story: DavStory;
  let share: SecretShare;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-secret-'));
    story = await openDavStory();
    share = await shareBySecret(story, { permission: 'read-write' });
  });
  afterAll(async () => {
    await story.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!HAS.litmus).each(['secret', 'share'])(
    'litmus finds nothing to say in its 104 tests (%s)',
    async (kind) => {
      const root = kind === 'secret' ? '/public.php/webdav/' : rootOf(share);
      const cwd = await mkdtemp(path.join(folder, 'litmus-'));
      // It wants a password that is not empty.
      const { suites, tests } = await playLitmus(`${story.alder.url}${root}`, share.secret, ':', cwd);
      expect([suites, tests]).toEqual([LITMUS_SUITES, 104]);
    },
  );

  it.skipIf(!HAS.rclone)('rclone works as it does with Nextcloud and ownCloud', async () => {
    const cwd = await mkdtemp(path.join(folder, 'rclone-'));
    const { stdout: obscured } = await promisify(execFile)('rclone', ['obscure', ':']);
    for (const vendor of ['owncloud', 'nextcloud']) {
      const config = path.join(cwd, `${vendor}.conf`);
      await writeFile(
        config,
        `[dav]\ntype = webdav\nurl = ${story.alder.url}/public.php/webdav/\nvendor = ${vendor}\nuser = ${share.secret}\npass = ${obscured}`,
      );
      const rclone = async (...args: string[]): Promise<string> => {
        const { status, output } = await play('rclone', ['--config', config, ...args], { cwd });
        expect([vendor, args, status, status === 0 ? '' : output]).toEqual([vendor, args, 0, '']);
        return output;
      };
      const [from, back] = [path.join(cwd, `${vendor}-from`), path.join(cwd, `${vendor}-back`)];
      await mkdir(path.join(from, 'deep'), { recursive: true });
      await writeFile(path.join(from, 'deep', 'a b+c%.txt'), 'hello');
      await writeFile(path.join(from, 'deep', 'Übersicht (1).txt'), 'x'.repeat(100_000));
      const at = new Date('2020-02-02T02:02:02Z');
      await utimes(path.join(from, 'deep', 'a b+c%.txt'), at, at);
      await rclone('copy', from, `dav:${vendor}`);
      await rclone('check', from, `dav:${vendor}`);
      expect(await rclone('copy', '-vv', from, `dav:${vendor}`)).not.toContain('Copied (');
      expect(await rclone('lsl', `dav:${vendor}/deep`)).toContain('2020-02-02');
      await rclone('copy', `dav:${vendor}`, back);
      expect(await readFile(path.join(back, 'deep', 'a b+c%.txt'), 'utf8')).toBe('hello');
      await rclone('purge', `dav:${vendor}`);
      expect(await rclone('lsf', 'dav:')).not.toContain(vendor);
    }
  });
});
