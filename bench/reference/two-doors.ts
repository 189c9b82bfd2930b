/**
 * One cloud with its storage door twice: on the cloud's own port with the signature check, on another with a fixed
 * caller in its place. Prints where they are, and ends with its standard input.
 */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import express from 'express';
import { freePort } from '../../spec/support/cloud-process.js';
import { openCloud, type Cloud } from '../../src/cloud.js';
import { readConfig } from '../../src/config/index.js';
import { createStacksyncDoor } from '../../src/doors/stacksync/index.js';
import { parseEmail, ROOT_ID, type Principal } from '../../src/kernel/index.js';

const dataDir = await mkdtemp(path.join(tmpdir(), 'footbridge-doors-'));
const url = `http://localhost:${String(await freePort())}`;
const settings = { FOOTBRIDGE_PUBLIC_URL: url, FOOTBRIDGE_DATA_DIR: dataDir, FOOTBRIDGE_LOG_LEVEL: 'error' };
const cloud = await openCloud(readConfig(settings));
await cloud.start();
await cloud.listen();

const { services } = cloud;
const account = await services.people.accounts.add(parseEmail('ana@alder.example'), 'Ana Alvarez');
await services.apps.clients.add('bench', {});
const keys = await services.apps.tokens.add(account.id, 'bench');
const principal: Principal = { kind: 'person', accountId: account.id };
const { id } = await services.files.tree.makeFolder(principal, ROOT_ID, 'Measured');

const unsigned = await openWithoutCheck(cloud, principal);
console.log(JSON.stringify({ signed: url, unsigned: unsigned.url, keys, folder: Number(id) }));
await once(process.stdin.resume(), 'end');
unsigned.server.close();
unsigned.server.closeAllConnections();
await cloud.stop();
await rm(dataDir, { recursive: true, force: true });

/** The storage door on the same rooms, with one fixed person as the caller of every request. */
async function openWithoutCheck({ services: rooms }: Cloud, person: Principal) {
  const {
    files: { tree },
    agreements: { sharing, recipients, leaving },
    base: { log, clock },
  } = rooms;
  const caller = { principal: person, id: 'fixed', forbiddenAs400: false };
  const authorize = () => Promise.resolve(caller);
  const door = createStacksyncDoor({
    tree,
    sharing,
    recipients,
    leaving,
    log,
    clock,
    authorize,
    tagOf: (state) => state,
  });
  const app = express().disable('x-powered-by').disable('etag').set('query parser', false).use('/v1', door);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}
