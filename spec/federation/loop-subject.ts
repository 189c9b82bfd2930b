// A process of its own that reads what others send, one order a line of its input and one answer a line of its output.
// Between `begin` and `end` it watches how long its event loop is held. What it runs is the real thing, from the socket of
// a peer to the answer to a client.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import express from 'express';
import { migrations } from '../../migrations/index.js';
import { memoryContents } from '../../src/contents/index.js';
import { Breaker } from '../../src/deliveries/index.js';
import { createDoor, row } from '../../src/doors/door/door.js';
import { sendJsonList } from '../../src/doors/door/json.js';
import { readParts } from '../../src/doors/pages/files/multipart/index.js';
import { StacksyncSpace } from '../../src/federation/storage-apis/stacksync-v2/index.js';
import { createDavApi } from '../../src/federation/storage-apis/webdav/index.js';
import { addMount, Tree, type FileSpace, type Item } from '../../src/files/index.js';
import { invalid, isFailure, statusOf, type AccountId } from '../../src/kernel/index.js';
import { createSigner } from '../../src/oauth1/index.js';
import { createJoinWire, discover, Logos, type Peer } from '../../src/peers/index.js';
import {
  createLog,
  createOutbound,
  migrate,
  openDatabase,
  parseForeignJson,
  systemClock as clock,
  systemRandom as random,
} from '../../src/platform/index.js';
import { parseAuthorization } from '../../src/signing/index.js';
import { trashOver } from '../files/files-bench.js';
import { createHandClock } from '../support/seeds.js';
import { processorTime, watchTurns } from '../support/stopwatch.js';

const folder = await mkdtemp(path.join(tmpdir(), 'footbridge-loop-'));
const database = await openDatabase({
  engine: 'sqlite',
  file: path.join(folder, 'db.sqlite'),
  driver: 'better-sqlite3',
});
await migrate(database, migrations);
const principal = { kind: 'person', accountId: 'bo' as AccountId } as const;
await database.write((trx) => trx('accounts').insert({ id: 'bo', name: 'Bo', quota: null, created_at: 0 }));
const outbound = createOutbound({ allowInsecure: true, exceptions: [] });
const log = createLog('silent');

let heldSince = (): number => 0;

interface Opened {
  readonly space: FileSpace;
  readonly incomingId: string;
}

function stacksync(url: string, incomingId: string): Opened {
  const resourceUrl = `${url}/v1/folder/7`;
  const space = new StacksyncSpace({
    outbound,
    clock,
    log,
    resourceUrl,
    signer: createSigner({ clock, random, insecure: true }),
    peerClock: { ahead: 0 },
    credentials: { consumerKey: 'birch', consumerSecret: 's', token: 't', tokenSecret: 's' },
    breaker: new Breaker(clock),
    originPins: [url],
    onRefused: () => Promise.resolve(undefined),
  });
  return { space, incomingId };
}

function webdav(url: string, incomingId: string): Opened {
  const contents = memoryContents({ random, clock });
  const open = createDavApi({ database, outbound, clock, random, log, contents });
  const space = open({
    peer: { id: incomingId, name: 'Birch', origins: [url] } as unknown as Peer,
    shareId: incomingId,
    person: undefined,
    resourceUrl: `${url}/dav/`,
    expiresAt: undefined,
    credentials: { kind: 'bearer', token: 't' },
    breaker: new Breaker(clock),
    onRefused: () => Promise.resolve(undefined),
    onForbidden: () => Promise.resolve(),
    onTerms: () => Promise.resolve(),
  });
  return { space, incomingId };
}

async function treeOver({ space, incomingId }: Opened): Promise<{ tree: Tree; id: Item['id'] }> {
  const tree = new Tree({
    database,
    clock,
    contents: memoryContents({ random, clock }),
    openMount: async () => space,
    grantTerms: () => Promise.resolve(undefined),
    onRemoved: () => Promise.resolve(),
    defaultQuota: undefined,
    trash: trashOver(database, createHandClock()),
  });
  const mount = await database.write((trx) =>
    addMount(trx, {
      accountId: principal.accountId,
      incomingId,
      name: 'Abroad',
      rootKey: space.rootKey,
      permission: 'read-write',
      expiresAt: undefined,
      createdAt: clock.now(),
    }),
  );
  return { tree, id: mount.id };
}

/** Lists through a tree, and on to a client over a socket. */
async function list(opened: Opened): Promise<string> {
  const { tree, id } = await treeOver(opened);
  const app = express().use((_request, response) => {
    const answer = async (): Promise<void> => {
      const { children } = await tree.list(principal, id);
      const tell = (item: Item): unknown => item;
      await sendJsonList(response, { head: '[', elements: children, tell, tail: ']' }, new AbortController());
    };
    answer().catch((error: unknown) => response.writeHead(502).end(isFailure(error) ? error.detail : String(error)));
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [response] = (await once(get({ port: (server.address() as AddressInfo).port }), 'response')) as [Readable];
  let size = 0;
  let start = '';
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (start === '') start = (chunk as Buffer).toString('utf8', 0, 100);
  }
  server.close();
  return size > 1_000 ? `listed ${String(size)}` : start;
}

const share = (): string => random.bytes(8).toString('hex');

const TASKS: Readonly<Record<string, (url: string) => unknown>> = {
  list: (url) => list(stacksync(url, share())),
  dav: (url) => list(webdav(url, share())),
  // What the watch must see.
  hold: () => {
    const until = processorTime() + 100;
    while (processorTime() < until);
  },
  discover: (url) => discover(outbound, url),
  join: (url) =>
    createJoinWire(outbound).confirm(url, { join_id: 'j', code: 'c', consumer_key: 'k', consumer_secret: 's' }),
  logo: (url) => new Logos({ database, outbound, log }).keep('p' as never, url),
};

function read(text: string): unknown {
  try {
    return parseForeignJson(text);
  } catch {
    throw invalid('The body must be JSON.');
  }
}

const stringRow = (pathName: string, body: { kind: 'form' | 'text'; limit: number }) =>
  row({
    method: 'POST',
    path: pathName,
    summary: '',
    body,
    enter: ({ text, http }) => {
      if (http.headers.authorization !== undefined) parseAuthorization(http.headers.authorization);
      return Promise.resolve(body.kind === 'text' ? read(text) : text);
    },
    handle: (_request, response) => Promise.resolve(void response.end('read')),
  });

const door = createDoor({
  rows: [
    stringRow('/json', { kind: 'text', limit: 64 * 1024 }),
    stringRow('/form', { kind: 'form', limit: 64 * 1024 }),
    row({
      method: 'POST',
      path: '/parts',
      summary: '',
      body: { kind: 'stream' },
      enter: () => Promise.resolve(undefined),
      handle: async ({ http }, response) => {
        const file = async (_name: string, body: Readable): Promise<void> => void body.resume();
        await readParts(http, { field: () => undefined, file });
        response.end('read');
      },
    }),
  ],
  refuse: (failure, _request, response) => response.status(statusOf(failure.code)).end(failure.message),
  log,
});
const inbound = createServer({ maxHeaderSize: 16 * 1024 }, express().use(door)).listen(0, '127.0.0.1');
await once(inbound, 'listening');

async function obey(order: string, url: string): Promise<unknown> {
  if (order === 'begin') {
    heldSince = watchTurns();
    return (inbound.address() as AddressInfo).port;
  }
  if (order === 'end') return heldSince();
  try {
    return String(await TASKS[order]?.(url));
  } catch (error) {
    return isFailure(error) ? `${error.code}: ${error.detail ?? error.message}` : String(error);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [order = '', url = ''] = line.split(' ');
  process.stdout.write(`${JSON.stringify(await obey(order, url))}\n`);
}
await outbound.close();
inbound.close();
await database.close();
await rm(folder, { recursive: true, force: true });
