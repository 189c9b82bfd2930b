import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from '../../../support/cloud-process.js';
import { until } from '../../../support/until.js';

/** The programs that serve WebDAV, where they are installed. */
export type Make = 'nginx' | 'rclone' | 'apache2';

/** Why a program cannot be tried here, printed once; undefined where it can. */
export function reasonAgainst(make: Make): string | undefined {
  if (spawnSync(make, [make === 'rclone' ? 'version' : '-v']).error === undefined) return undefined;
  const reason = `${make} is not installed`;
  console.warn(`The specs of the WebDAV space over ${make} are skipped: ${reason}.`);
  return reason;
}

/** What Debian packages apart: without it nginx takes files and lists none. */
const LISTING_MODULE = '/usr/lib/nginx/modules/ngx_http_dav_ext_module.so';

/** Whether nginx can list here. */
export function hasListing(): Promise<boolean> {
  return access(LISTING_MODULE).then(
    () => true,
    () => false,
  );
}

/** A server in a process of its own over an empty folder, which ends with the running test; its address. */
export async function serve(make: Make): Promise<{ readonly url: string; readonly folder: string }> {
  const place = await mkdtemp(path.join(tmpdir(), `footbridge-${make}-`));
  // Servers that root starts work under an account with fewer rights.
  await chmod(place, 0o777);
  const folder = path.join(place, 'files');
  await mkdir(folder);
  await chmod(folder, 0o777);
  const port = await freePort();
  const child = await STARTS[make]({ place, folder, port });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await once(child, 'exit');
    await rm(place, { recursive: true, force: true });
  });
  const url = `http://localhost:${String(port)}/`;
  await until(`${make} to listen`, () => fetch(url), { every: 50 });
  return { url, folder };
}

interface Start {
  readonly place: string;
  readonly folder: string;
  readonly port: number;
}

const STARTS: Readonly<Record<Make, (start: Start) => Promise<ChildProcess>>> = {
  rclone: ({ folder, port }) => {
    const words = ['serve', 'webdav', folder, '--addr', `localhost:${String(port)}`, '--vfs-cache-mode', 'off'];
    return Promise.resolve(spawn('rclone', words, { stdio: 'ignore' }));
  },
  async nginx({ place, folder, port }) {
    const file = path.join(place, 'nginx.conf');
    await writeFile(
      file,
      `${(await hasListing()) ? `load_module ${LISTING_MODULE};` : ''} daemon off; worker_processes 1; user root; pid ${place}/pid; error_log ${place}/log;
events { worker_connections 64; }
http { access_log off; client_max_body_size 0; client_body_temp_path ${place}/body; proxy_temp_path ${place}/p; fastcgi_temp_path ${place}/f; uwsgi_temp_path ${place}/u; scgi_temp_path ${place}/s;
server { listen 127.0.0.1:${String(port)}; listen [::1]:${String(port)}; root ${folder}; dav_methods PUT DELETE MKCOL COPY MOVE; ${(await hasListing()) ? 'dav_ext_methods PROPFIND OPTIONS;' : ''} } }`,
    );
    return spawn('nginx', ['-c', file, '-p', place], { stdio: 'ignore' });
  },
  async apache2({ place, folder, port }) {
    const modules = '/usr/lib/apache2/modules';
    const load = ['mpm_event', 'authz_core', 'dav', 'dav_fs', 'mime', 'setenvif'];
    const file = path.join(place, 'apache.conf');
    await writeFile(
      file,
      [
        ...load.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`),
        `ServerRoot ${place}`,
        `Listen localhost:${String(port)}`,
        'ServerName localhost',
        `PidFile ${place}/pid`,
        `ErrorLog ${place}/log`,
        `DavLockDB ${place}/locks`,
        'TypesConfig /dev/null',
        'AddType text/plain .txt',
        'User www-data',
        'Group www-data',
        `DocumentRoot ${folder}`,
        `<Directory ${folder}>`,
        '  Dav On',
        '  Require all granted',
        '</Directory>',
      ].join('\n'),
    );
    return spawn('apache2', ['-f', file, '-DFOREGROUND'], { stdio: 'ignore' });
  },
};
