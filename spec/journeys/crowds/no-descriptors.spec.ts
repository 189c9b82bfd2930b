import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { until } from '../../support/until.js';
import { addApp, settleAt, type Settler } from '../support/process-pair.js';

const DESCRIPTORS = 256;

/** How many descriptors connections may take: half of them, without those that a cloud needs itself. */
const CONNECTIONS = 96;

describe('a cloud that 400 connections come to, with 256 descriptors', () => {
  let folder: string;
  let cloud: CloudProcess;
  let ana: Settler;
  let film: number;
  /** One connection, which was there before. */
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'footbridge-descriptors-'));
    cloud = await startCloud({ name: 'Alder', dataDir: folder, descriptors: DESCRIPTORS });
    await addApp(cloud);
    ana = await settleAt(cloud, 'Ana Alvarez', 'ana@alder.example');
    film = (await ana.app.makeFile('film.bin', Buffer.alloc(1024 * 1024, 'film'))).id;
  });
  afterAll(async () => {
    kept.destroy();
    await cloud.stop();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(
    target: string,
    method = 'GET',
    body?: string | Buffer,
  ): Promise<{ status: number; text: string }> {
    const headers = { ...ana.app.headers(method, target), 'content-type': 'application/octet-stream' };
    const sent = request(new URL(target, cloud.url), { agent: kept, method, headers }).end(body);
    const [answer] = (await once(sent, 'response')) as [AsyncIterable<Buffer> & { statusCode: number }];
    let text = '';
    for await (const piece of answer) text += piece.toString();
    return { status: answer.statusCode, text };
  }

  /** Opens silent connections until no more are accepted; answers the open ones. */
  async function takeAll(): Promise<Socket[]> {
    const standing: Socket[] = [];
    const come = async (): Promise<void> => {
      const { hostname, port } = new URL(cloud.url);
      const socket = connect(Number(port), hostname).on('error', () => undefined);
      standing.push(socket);
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
    };
    for (let round = 0; round < 8; round += 1) await Promise.all(Array.from({ length: 50 }, come));
    const stands = (): Socket[] => standing.filter((socket) => !socket.closed);
    await until('the last to come are turned away', () => Promise.resolve(stands().length <= CONNECTIONS));
    return stands();
  }

  async function lifeOfNewcomer(): Promise<string> {
    const { hostname, port } = new URL(cloud.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    return Promise.race([once(socket.resume(), 'close').then(() => 'turned away'), pause(5_000, 'left waiting')]);
  }

  it('DOS-05 leaves each connection a file: it turns newcomers away, lets others read and write, and recovers', async () => {
    expect((await ask('/v1/folder/0')).status).toBe(200);
    const standing = await takeAll();
    expect(standing.length).toBeGreaterThan(CONNECTIONS / 2);
    expect(standing.length).toBeLessThanOrEqual(CONNECTIONS);

    expect((await ask('/healthz')).status).toBe(200);
    const listing = await ask('/v1/folder/0/contents');
    expect(listing.status).toBe(200);
    expect(listing.text).toContain('film.bin');
    // Too long to lie beside its row: it needs a file of its own (decision 0030).
    expect((await ask('/v1/file?name=late.bin', 'POST', Buffer.alloc(64 * 1024, 'late'))).status).toBe(201);
    expect((await ask('/readyz')).status).toBe(200);
    expect(await lifeOfNewcomer()).toBe('turned away');

    for (const socket of standing) socket.destroy();
    await until('it answers newcomers again', () => ana.app.children().catch(() => undefined));
    expect([...(await ana.app.children()).keys()]).toEqual(['film.bin', 'late.bin']);
    expect((await ana.app.read(film)).length).toBe(1024 * 1024);
    expect(cloud.isUp).toBe(true);
  });
});
