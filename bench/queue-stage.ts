import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import Database from 'better-sqlite3';
import { Outbox } from '../src/deliveries/index.js';
import {
  createSealer,
  loadSecretKey,
  openDatabase,
  systemClock,
  systemRandom,
  type Database as CloudDatabase,
} from '../src/platform/index.js';
import type { CloudProcess } from '../spec/support/cloud-process.js';

/** A stub of another cloud. It takes every `unshare`, or it is dead: then it accepts connections and never answers. */
export interface StubPeer {
  readonly name: string;
  /** Its id at the cloud that is measured. */
  readonly id: string;
  isDead: boolean;
  /** How many messages it has taken. */
  heard: number;
  /** When it hears of the end of a share, `performance.now()`; ask before it can. */
  hears(shareId: string): Promise<number>;
  stop(): void;
}

/** Starts one and makes it known to a cloud. */
export async function startPeer(cloud: CloudProcess, name: string): Promise<StubPeer> {
  const ears = new EventEmitter();
  const hears = async (shareId: string): Promise<number> => ((await once(ears, shareId)) as [number])[0];
  const peer = { name, isDead: false, heard: 0, hears };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      if (peer.isDead) return;
      peer.heard += 1;
      ears.emit(new URLSearchParams(body).get('share_id') ?? '', performance.now());
      response.end();
    });
  });
  const url = await listening(server);
  const keys = ['--consumer-key', `key-of-${name}`, '--consumer-secret', randomBytes(24).toString('hex')];
  const endpoints = ['share', 'unshare', 'credentials'].flatMap((each) => [`--${each}-url`, `${url}/${each}`]);
  await cloud.cli(['peer', 'add', name, ...endpoints, ...keys]);
  const stop = (): void => {
    server.closeAllConnections();
    server.close();
  };
  return Object.assign(peer, { id: inBooks(cloud, (books) => idOf(books, name)), stop });
}

async function listening(server: Server): Promise<string> {
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return `http://localhost:${String((server.address() as AddressInfo).port)}`;
}

function idOf(books: Database.Database, name: string): string {
  return (books.prepare('select id from peers where name = ?').get(name) as { id: string }).id;
}

/** Reads or changes the database of a cloud while it runs. */
export function inBooks<T>({ dataDir }: CloudProcess, work: (books: Database.Database) => T): T {
  const books = new Database(path.join(dataDir, 'footbridge.sqlite'), { timeout: 5_000 });
  try {
    return work(books);
  } finally {
    books.close();
  }
}

/** Queues ends of so many shares that nobody knows, for each of `peers`, as the service would. */
export async function queueEnds(cloud: CloudProcess, peers: readonly StubPeer[], count: number): Promise<void> {
  const [folder, name] = [cloud.dataDir, 'footbridge.sqlite'];
  const file = path.join(folder, name);
  const database = await openDatabase({ engine: 'sqlite', file, driver: 'better-sqlite3' });
  try {
    const key = await loadSecretKey({ text: undefined, folder, random: systemRandom, usedWhen: [name] });
    const outbox = new Outbox({ database, clock: systemClock, sealer: createSealer(key, systemRandom) });
    const ends = peers.flatMap((peer) => Array.from({ length: count }, () => ({ peer, shareId: newName() })));
    for (let start = 0; start < ends.length; start += 500) {
      await queueSome(database, outbox, ends.slice(start, start + 500));
    }
  } finally {
    await database.close();
  }
}

interface End {
  readonly peer: StubPeer;
  readonly shareId: string;
}

function queueSome(database: CloudDatabase, outbox: Outbox, ends: readonly End[]): Promise<void> {
  return database.write(async (trx) => {
    for (const { peer, shareId } of ends) {
      const payload = { shareId, reason: 'revoked' };
      await outbox.enqueue(trx, { kind: 'unshare', peerId: peer.id, lane: `bench:${shareId}`, payload });
    }
  });
}

/** Copies of the one share that is active, with others in a peer: what an owner ends one by one. */
export function copyShare(
  cloud: CloudProcess,
  peer: StubPeer,
  count: number,
): { shareId: string; recipient: string }[] {
  return inBooks(cloud, (books) => {
    const model = books.prepare("select * from outgoing_shares where state = 'active'").get() as Record<
      string,
      unknown
    >;
    const columns = Object.keys(model);
    const insert = books.prepare(
      `insert into outgoing_shares (${columns.join(', ')}) values (${columns.map((name) => `@${name}`).join(', ')})`,
    );
    return books.transaction(() =>
      Array.from({ length: count }, () => {
        const [shareId, recipient] = [
          newName(),
          `${randomBytes(6).toString('hex')}@${peer.name.toLowerCase()}.example`,
        ];
        const own = { id: newName(), share_id: shareId, recipient, recipient_folded: recipient, peer_id: peer.id };
        insert.run({ ...model, ...own, callback_hash: newName() });
        return { shareId, recipient };
      }),
    )();
  });
}

function newName(): string {
  return randomBytes(20).toString('hex');
}
