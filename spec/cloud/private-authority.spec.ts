import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { discover } from '../../src/peers/index.js';
import { createLog } from '../../src/platform/index.js';

const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));

async function open(settings: Readonly<Record<string, string>>): Promise<Cloud> {
  const folder = await mkdtemp(path.join(tmpdir(), 'authority-'));
  const config = readConfig({ FOOTBRIDGE_DATA_DIR: folder, ...settings });
  const cloud = await openCloud(config, { log: createLog('silent') });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(folder, { recursive: true });
  });
  return cloud;
}

/** A cloud that is reached by https with a certificate of the office's own authority. */
async function openOfficePeer(): Promise<URL> {
  const birch = await open({ FOOTBRIDGE_CLOUD_NAME: 'Birch' });
  const [cert, key] = [readFileSync(fixture('office.cert.pem')), readFileSync(fixture('office.key.pem'))];
  const server = createServer({ cert, key }, (request, response) => {
    birch.app(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise((resolve) => server.close(() => resolve())));
  return new URL(`https://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
}

it('a peer with a private authority is reached if that is trusted, and not otherwise (F-49)', async () => {
  const url = await openOfficePeer();
  const strict = await open({});
  const trusting = await open({ FOOTBRIDGE_PEER_CA: fixture('office-ca.cert.pem') });
  await expect(discover(strict.services.base.outbound, url.href, { allowOtherHosts: true })).rejects.toThrow();
  expect(await discover(trusting.services.base.outbound, url.href, { allowOtherHosts: true })).toMatchObject({
    name: 'Birch',
  });
});
