import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isInstalled, LITMUS_SUITES, play, playLitmus } from './programs.js';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';

const run = promisify(execFile);

const HAS = {
  litmus: await isInstalled('litmus'),
  rclone: await isInstalled('rclone'),
  cadaver: await isInstalled('cadaver'),
};

describe('programs that nobody here has written', () => {
  let folder: string;
  let cloud: CloudProcess;
  let user: string;
  let password: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-dav-'));
    cloud = await startCloud({ name: 'Alder', dataDir: path.join(folder, 'alder') });
    await cloud.cli(
      ['user', 'add', 'ana@alder.example', '--name', 'Ana', '--password-stdin'],
      'correct horse battery staple\n',
    );
    ({ user, password } = await cloud.ask<{ user: string; password: string }>([
      'app-password',
      'add',
      'ana@alder.example',
      '--name',
      'spec',
    ]));
  });
  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!HAS.litmus)('litmus finds nothing to say, in all of its 104 tests', async () => {
    const cwd = await mkdtemp(path.join(folder, 'litmus-'));
    const { suites, tests, output } = await playLitmus(`${cloud.url}/dav/`, user, password, cwd);
    expect(suites).toEqual(LITMUS_SUITES);
    expect(tests).toBe(104);
    expect(output).not.toContain('WARNING');
  });

  it.skipIf(!HAS.rclone)('rclone copies, checks, moves and deletes a day’s work, times and all', async () => {
    const cwd = await mkdtemp(path.join(folder, 'rclone-'));
    const { stdout: obscured } = await run('rclone', ['obscure', password]);
    for (const vendor of ['other', 'owncloud', 'nextcloud']) {
      const config = path.join(cwd, `${vendor}.conf`);
      await writeFile(
        config,
        `[dav]\ntype = webdav\nurl = ${cloud.url}/dav/\nvendor = ${vendor}\nuser = ${user}\npass = ${obscured}`,
      );
      const rclone = async (...args: string[]): Promise<string> => {
        const { status, output } = await play('rclone', ['--config', config, ...args], { cwd });
        expect([vendor, args, status, status === 0 ? '' : output]).toEqual([vendor, args, 0, '']);
        return output;
      };
      const [from, back] = [path.join(cwd, `${vendor}-from`), path.join(cwd, `${vendor}-back`)];
      await mkdir(path.join(from, 'deep', 'er'), { recursive: true });
      await writeFile(path.join(from, 'deep', 'er', 'a b+c%.txt'), 'hello');
      await writeFile(path.join(from, 'deep', 'Übersicht (1).txt'), 'x'.repeat(100_000));
      await writeFile(path.join(from, 'empty'), '');
      const at = new Date('2020-02-02T02:02:02Z');
      await utimes(path.join(from, 'deep', 'er', 'a b+c%.txt'), at, at);
      await rclone('copy', from, `dav:${vendor}`);
      await rclone('check', from, `dav:${vendor}`);
      if (vendor !== 'other') {
        // A file that has the right time already is not sent again.
        expect(await rclone('copy', '-vv', from, `dav:${vendor}`)).not.toContain('Copied (');
        expect(await rclone('lsl', `dav:${vendor}/deep/er`)).toContain('2020-02-02');
      }
      await rclone('moveto', `dav:${vendor}/empty`, `dav:${vendor}/moved`);
      await rclone('copyto', `dav:${vendor}/moved`, `dav:${vendor}/copied`);
      await rclone('copy', `dav:${vendor}`, back);
      expect(await readFile(path.join(back, 'deep', 'er', 'a b+c%.txt'), 'utf8')).toBe('hello');
      expect(await readFile(path.join(back, 'copied'), 'utf8')).toBe('');
      await rclone('purge', `dav:${vendor}`);
      expect(await rclone('lsf', 'dav:')).not.toContain(vendor);
    }
  });

  it.skipIf(!HAS.cadaver)('cadaver works through a session, locks included', async () => {
    const cwd = await mkdtemp(path.join(folder, 'cadaver-'));
    await writeFile(path.join(cwd, '.netrc'), `machine localhost login ${user} password ${password}\n`);
    await writeFile(path.join(cwd, 'local.txt'), 'from here');
    const session = [
      'mkcol Work',
      'cd Work',
      'put local.txt there.txt',
      'lock there.txt',
      'discover there.txt',
      'unlock there.txt',
      'copy there.txt twin.txt',
      'move twin.txt moved.txt',
      'propset moved.txt colour blue',
      'propget moved.txt colour',
      'ls',
      'get moved.txt back.txt',
      'delete there.txt',
      'quit',
    ];
    const { output } = await play('cadaver', [`${cloud.url}/dav/`], { cwd, stdin: `${session.join('\n')}\n` });
    expect(output).not.toMatch(/failed|error/i);
    expect(output).toContain('moved.txt');
    expect(output).toContain('blue');
    expect(await readFile(path.join(cwd, 'back.txt'), 'utf8')).toBe('from here');
  });
});
