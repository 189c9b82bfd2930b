import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/cloud-process.js';
import { openTown, type Town } from '../support/open-pair.js';
import { ANA } from '../support/seeds.js';
import { until } from '../support/until.js';
import { StorageClient } from './support/storage-client.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const isMissing = spawnSync('nginx', ['-v']).error !== undefined;
if (isMissing) console.warn('The spec of the proxy settings is skipped: nginx is not installed.');

/** A path to the cloud that passes requests on and, while it is `lossy`, cuts the connection in place of each answer. */
class Relay {
  lossy = false;
  requests = 0;
  readonly #server: Server;

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, 'localhost');
      near.on('error', () => far.destroy()).on('close', () => far.destroy());
      far.on('error', () => near.destroy()).on('close', () => near.destroy());
      near.on('data', (piece: Buffer) => {
        if (/^(?:GET|HEAD|POST|PUT|DELETE) /.test(piece.toString('latin1', 0, 8))) this.requests += 1;
        far.write(piece);
      });
      far.on('data', (piece: Buffer) => {
        if (this.lossy) near.destroy();
        else near.write(piece);
      });
    });
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.close();
  }
}

describe.skipIf(isMissing)('a cloud behind nginx as docs/operators.md sets it up', () => {
  let town: Town;
  let app: StorageClient;
  let relays: readonly Relay[];
  let upstreams: string;
  let publicPort: number;

  beforeAll(async () => {
    const [port, listen] = [await freePort(), await freePort()];
    publicPort = port;
    town = await openTown(async () => ({
      FOOTBRIDGE_PUBLIC_URL: `http://localhost:${String(port)}`,
      FOOTBRIDGE_LISTEN: `localhost:${String(listen)}`,
      FOOTBRIDGE_TRUSTED_PROXIES: '127.0.0.1, ::1',
    }));
    const alder = await town.found('Alder');
    const { accountId } = await town.settleIn(ANA, alder);
    await alder.services.apps.clients.add('script');
    const keys = await alder.services.apps.tokens.add(accountId, 'script');
    app = new StorageClient(`http://localhost:${String(port)}`, keys, alder.clock);
    relays = [new Relay(listen), new Relay(listen)];
    const ports = await Promise.all(relays.map((relay) => relay.listen()));
    upstreams = ports.map((each) => `server 127.0.0.1:${String(each)};`).join(' ');
  });
  afterAll(async () => {
    for (const relay of relays) relay.close();
    await town.close();
  });

  /** Runs nginx with the block of the document, as far as it can be had on this machine. */
  async function nginx(change: (block: string) => string = (block) => block): Promise<void> {
    const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-nginx-'));
    const document = await readFile(path.join(ROOT, 'docs/operators.md'), 'utf8');
    const [, block = ''] = /```nginx\n([\s\S]*?)```/.exec(document) ?? [];
    const here = block
      .replace('listen 443 ssl;', `listen 127.0.0.1:${String(publicPort)}; listen [::1]:${String(publicPort)};`)
      .replace(/\tssl_certificate.*\n/g, '')
      .replace('cloud.example', 'localhost')
      .replace('http://127.0.0.1:4000', 'http://cloud');
    const config = path.join(folder, 'nginx.conf');
    const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((at) => `${at}_temp_path ${folder}/${at};`);
    await writeFile(
      config,
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr;\nevents {}\n` +
        `http { access_log off; ${places.join(' ')} upstream cloud { ${upstreams} }\n${change(here)} }\n`,
    );
    const process = spawn('nginx', ['-p', folder, '-e', 'stderr', '-c', config], { stdio: 'ignore' });
    onTestFinished(() => end(process, folder));
    await until(
      'nginx',
      async () => (await fetch(`http://localhost:${String(publicPort)}/healthz`).catch(() => undefined))?.ok === true,
    );
    for (const relay of relays) relay.requests = 0;
  }

  async function end(process: ChildProcess, folder: string): Promise<void> {
    for (const relay of relays) relay.lossy = false;
    process.kill();
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    await rm(folder, { recursive: true, force: true });
  }

  const sent = (): number => relays.reduce((sum, { requests }) => sum + requests, 0);

  it('is reached under signatures, with names of all kinds and uploads of any size (F-87)', async () => {
    await nginx();
    const { id } = await app.makeFile('größer & 100 %?.bin', Buffer.alloc(3 * 1024 * 1024, 1));
    expect(await app.read(id)).toHaveLength(3 * 1024 * 1024);
    expect([...(await app.children()).keys()]).toContain('größer & 100 %?.bin');
  });

  it('never meets its own nonce: a request whose answer is lost is sent once (F-87)', async () => {
    await nginx();
    for (const relay of relays) relay.lossy = true;
    expect((await app.call('folder/0/contents')).status).toBe(502);
    expect(sent()).toBe(1);
  });

  it('would meet it with the settings that nginx has by itself, and says so (F-87)', async () => {
    await nginx((block) => block.replace('proxy_next_upstream off;', ''));
    const [one, other] = relays;
    if (one !== undefined) one.lossy = true;
    const answers = [await app.call('folder/0/contents'), await app.call('folder/0/contents')];
    const refused = answers.find(({ status }) => status === 401);
    expect(refused?.headers['www-authenticate']).toBe('OAuth oauth_problem=nonce_used');
    expect(other?.requests).toBeGreaterThan(0);
  });
});
