import { access, appendFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { isInstalled, play } from './programs.js';

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

/** A file system can be mounted here: the program is there, the device too, and we may mount. */
const MOUNTS = (await isInstalled('mount.davfs')) && (await isThere('/dev/fuse')) && process.getuid?.() === 0;
if (!MOUNTS) console.warn('specs of davfs2 are skipped: nothing can be mounted here');

/** The part of GNOME's file manager that speaks WebDAV, wherever the system has it. */
const BACKENDS = ['/usr/libexec/gvfsd-dav', '/usr/lib/gvfs/gvfsd-dav', '/usr/libexec/gvfs/gvfsd-dav'];
const HAS_GIO =
  (await isInstalled('gio')) &&
  (await isInstalled('dbus-run-session')) &&
  (await Promise.all(BACKENDS.map(isThere))).includes(true);
if (!HAS_GIO) console.warn('specs of the file manager of GNOME are skipped: gvfs is not installed');

/** Programs that show the files of a cloud as if they lay on this machine. */
describe('a desktop', () => {
  let folder: string;
  let cloud: CloudProcess;
  let user: string;
  let password: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-desktop-'));
    cloud = await startCloud({ name: 'Alder', dataDir: path.join(folder, 'alder') });
    await cloud.cli(
      ['user', 'add', 'ana@alder.example', '--name', 'Ana', '--password-stdin'],
      'correct horse battery staple\n',
    );
    ({ user, password } = await cloud.ask<{ user: string; password: string }>([
      ...['app-password', 'add', 'ana@alder.example', '--name', 'desktop'],
    ]));
  });
  afterAll(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.skipIf(!MOUNTS)('mounts the tree with davfs2 and works in it as in any folder', async () => {
    const cwd = await mkdtemp(path.join(folder, 'davfs-'));
    const at = path.join(cwd, 'mounted');
    await mkdir(at);
    const secrets = path.join(cwd, 'secrets');
    await writeFile(secrets, `${cloud.url}/dav/ ${user} ${password}\n`, { mode: 0o600 });
    // Uploads are sent at once, and nothing is guessed from a cache of before. Newer kernels want directories in larger pieces
    // than its default.
    const settings = ['buf_size 64', 'delay_upload 0', 'dir_refresh 0', 'file_refresh 0', 'use_locks 1'];
    const config = path.join(cwd, 'davfs2.conf');
    await writeFile(config, `${[...settings, `secrets ${secrets}`].join('\n')}\n`);
    const mounted = await play('mount.davfs', [`${cloud.url}/dav/`, at, '-o', `conf=${config}`], { cwd });
    expect([mounted.status, mounted.output]).toEqual([0, expect.not.stringMatching(/error|fail/i)]);
    try {
      await mkdir(path.join(at, 'Plans'));
      await writeFile(path.join(at, 'Plans', 'Übersicht 1.txt'), 'first');
      await appendFile(path.join(at, 'Plans', 'Übersicht 1.txt'), ', second');
      await rename(path.join(at, 'Plans', 'Übersicht 1.txt'), path.join(at, 'Plans', 'renamed.txt'));
      await writeFile(path.join(at, 'large.bin'), Buffer.alloc(3_000_000, 'x'));
      await rm(path.join(at, 'large.bin'));
      const { output } = await play('ls', [path.join(at, 'Plans')], { cwd });
      expect(output).toBe('renamed.txt\n');
      expect(await readFile(path.join(at, 'Plans', 'renamed.txt'), 'utf8')).toBe('first, second');
      expect((await stat(path.join(at, 'Plans', 'renamed.txt'))).size).toBe(13);
    } finally {
      // What is still on its way is sent before it returns.
      await play('umount.davfs', [at], { cwd });
    }
    expect(await atCloud('/dav/Plans/renamed.txt')).toEqual([200, 'first, second']);
    expect((await atCloud('/dav/large.bin'))[0]).toBe(404);
  });

  it.skipIf(!HAS_GIO)('opens the tree with the file manager of GNOME', async () => {
    const cwd = await mkdtemp(path.join(folder, 'gvfs-'));
    await writeFile(path.join(cwd, 'letter.txt'), 'by the desktop');
    const root = `dav://${encodeURIComponent(user)}@${new URL(cloud.url).host}/dav`;
    // The program that asks for the password reads it from standard input.
    const script = [
      'set -e',
      `printf '%s\\n' "$PASSWORD" | gio mount "${root}"`,
      `gio mkdir "${root}/Desk"`,
      `gio copy letter.txt "${root}/Desk/letter.txt"`,
      `gio rename "${root}/Desk/letter.txt" "a letter.txt"`,
      `gio move "${root}/Desk/a%20letter.txt" "${root}/moved.txt"`,
      `gio list -l "${root}"`,
      `gio cat "${root}/moved.txt"`,
      `gio copy "${root}/moved.txt" back.txt`,
      `gio remove "${root}/Desk"`,
      `gio mount -u "${root}"`,
    ];
    const env = { PASSWORD: password, XDG_RUNTIME_DIR: cwd };
    const { status, output } = await play('dbus-run-session', ['--', 'sh', '-c', script.join('\n')], { cwd, env });
    expect([status, status === 0 ? '' : output]).toEqual([0, '']);
    expect(output).toMatch(/moved\.txt\s+14\s/);
    expect(await readFile(path.join(cwd, 'back.txt'), 'utf8')).toBe('by the desktop');
    expect(await atCloud('/dav/moved.txt')).toEqual([200, 'by the desktop']);
    expect((await atCloud('/dav/Desk/'))[0]).toBe(404);
  });

  async function atCloud(target: string): Promise<readonly [number, string]> {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    const answer = await fetch(new URL(target, cloud.url), { headers: { authorization } });
    return [answer.status, await answer.text()];
  }
});
