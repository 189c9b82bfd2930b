import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { trashOver } from '../../files/files-bench.js';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import request, { type Test } from 'supertest';
import { onTestFinished } from 'vitest';
import { letSendersRead, refuseOddTargets } from '../../../src/doors/front/index.js';
import {
  createStacksyncDoor,
  createStorageAuthorizer,
  type StorageConsumer,
} from '../../../src/doors/stacksync/index.js';
import { Tree, type Item, type TreeInputs } from '../../../src/files/index.js';
import {
  ROOT_ID,
  type AccountId,
  type GrantPrincipal,
  type ItemId,
  type Permission,
  type Principal,
} from '../../../src/kernel/index.js';
import {
  createNonceTable,
  createSigner,
  KnexNonceStore,
  type Credentials,
  type SecretMethod,
} from '../../../src/oauth1/index.js';
import { createLog, sqliteKnex, type Database, type Log } from '../../../src/platform/index.js';
import type { Bench } from '../../support/each-database.js';
import { ANA, CLEO, createHandClock, createSeededRandom, type HandClock, type Person } from '../../support/seeds.js';
import { contract } from '../docs/api.js';
import { ScriptedSharing } from './scripted-sharing.js';
import { diskContents } from '../../support/disk-contents.js';
import { mailRecipients } from '../../support/mail-recipients.js';

/** A way to sign requests: whose key, which token, how. */
export interface Signature extends Credentials {
  readonly method?: SecretMethod;
}

/** A storage API over a real tree on a real listener, with people, apps, peers and grants. */
export interface Storage {
  readonly origin: string;
  readonly server: Server;
  /** The folder on disk in which contents are kept. */
  readonly contents: string;
  readonly tree: Tree;
  readonly database: Database;
  readonly clock: HandClock;
  readonly sharing: ScriptedSharing;
  /** Log lines of failures that were ours. */
  readonly defects: string[];
  /** Credentials of one of Ana's apps, of one that cannot bear 403, and of Cleo's. */
  readonly ana: Signature;
  readonly anaDesktop: Signature;
  readonly cleo: Signature;
  /** A peer's credentials for one of Ana's folders; dead again after `end`. */
  grant(folderId: string, permission?: Permission, expiresAt?: number): Signature & { end(): void };
  /** A signed request with the header of the API. */
  call(method: string, path: string, signature?: Signature): Test;
  /** A request without any proof. */
  bare(method: string, path: string): Test;
  /** The value of an Authorization header. */
  sign(method: string, path: string, signature?: Signature): string;
  /** Puts something into Ana's tree without the door. */
  folder(name: string, parentId?: string): Promise<Item>;
  file(name: string, content: string | Buffer, parentId?: string): Promise<Item>;
}

/** How a storage under test differs from the usual. */
export interface StorageOptions {
  readonly maxUpload?: number;
  readonly secure?: boolean;
  readonly defaultQuota?: number;
  readonly webOrigin?: string;
  readonly openMount?: TreeInputs['openMount'];
}

const ana = 'acct-ana' as AccountId;
const cleo = 'acct-cleo' as AccountId;

/** Opens a storage that goes away with the running test. */
export async function openStorage(bench: Bench, options: StorageOptions = {}): Promise<Storage> {
  const database = await bench.open();
  await addPeople(database);
  const clock = createHandClock();
  const folder = await temporaryFolder();
  const contents = join(folder, 'contents');
  await mkdir(contents);
  const grants = new Map<string, GrantPrincipal>();
  const tree = new Tree({
    database,
    trash: trashOver(database, clock),
    contents: await diskContents({ folder: contents, random: createSeededRandom('contents') }),
    clock,
    openMount: options.openMount ?? noMounts,
    grantTerms: async (_queries, { grantId }) => grants.get(grantId),
    onRemoved: async () => undefined,
    defaultQuota: options.defaultQuota,
  });
  const { server, origin } = await listen();
  const tokens = new Tokens(grants);
  const sharing = new ScriptedSharing();
  const defects: string[] = [];
  const nonces = await openNonces(folder, clock);
  const authorize = createStorageAuthorizer({
    clock,
    nonces,
    webOrigin: options.webOrigin ?? origin,
    isSecure: () => options.secure ?? true,
    findConsumer: async (key) => tokens.consumer(key),
    findToken: async (consumer, token) => tokens.token(consumer, token),
  });
  const { maxUpload } = options;
  const door = createStacksyncDoor({
    tree,
    sharing,
    leaving: sharing,
    recipients: mailRecipients,
    authorize,
    clock,
    maxUpload,
    tagOf: (state) => createHash('sha256').update(state).digest('hex'),
    log: defectLog(defects),
  });
  const app = express().disable('x-powered-by').use(letSendersRead, refuseOddTargets).use('/v1', door);
  server.on('request', app).on('checkContinue', app);
  const signer = createSigner({
    clock,
    random: createSeededRandom(String(Math.floor(performance.now() * 1e6))),
    insecure: true,
  });
  const sign = (method: string, path: string, { method: how, ...credentials }: Signature = tokens.ana): string =>
    signer.header(
      { method, url: new URL(path, options.webOrigin ?? origin) },
      credentials,
      how === undefined ? {} : { method: how },
    );
  const bare = (method: string, path: string): Test =>
    request(origin)
      [method.toLowerCase() as 'get'](path)
      .buffer(true)
      .parse(asText)
      .expect(({ status, headers, text }) => {
        // Every answer of the storage API is held against the API document.
        contract.check({ method, target: path, status, headers, text });
      });
  const person: Principal = { kind: 'person', accountId: ana };
  return {
    origin,
    server,
    contents,
    tree,
    database,
    clock,
    sharing,
    defects,
    ana: tokens.ana,
    anaDesktop: tokens.anaDesktop,
    cleo: tokens.cleo,
    grant: (folderId, permission = 'read-write', expiresAt) => tokens.grant(folderId as ItemId, permission, expiresAt),
    sign,
    bare,
    call: (method, path, signature) =>
      typed(bare(method, path), method)
        .set('StackSync-API', 'v2')
        .set('Authorization', sign(method, path, signature)),
    folder: (name, parentId = ROOT_ID) => tree.makeFolder(person, parentId as ItemId, name),
    file: (name, content, parentId = ROOT_ID) =>
      tree.create(person, parentId as ItemId, name, { body: streamOf(content) }),
  };
}

/** Consumers and tokens as the rooms above would keep them. */
class Tokens {
  readonly ana: Signature = {
    consumerKey: 'app',
    consumerSecret: 'app secret/1',
    token: 'tokenAna',
    tokenSecret: 'ana+secret=1',
  };
  readonly anaDesktop: Signature = {
    ...this.ana,
    consumerKey: 'desktop',
    consumerSecret: 'desktop secret',
    token: 'tokenDesktop',
  };
  readonly cleo: Signature = { ...this.ana, token: 'tokenCleo', tokenSecret: 'cleo secret' };
  readonly #grants: Map<string, GrantPrincipal>;
  readonly #consumers = new Map<string, { secret: string; owner: StorageConsumer }>([
    ['app', { secret: 'app secret/1', owner: { kind: 'client', id: 'app', forbiddenAs400: false, delegated: false } }],
    [
      'desktop',
      { secret: 'desktop secret', owner: { kind: 'client', id: 'desktop', forbiddenAs400: true, delegated: false } },
    ],
    ['birch', { secret: 'birch secret', owner: { kind: 'peer', id: 'birch', used: () => undefined } }],
    ['cedar', { secret: 'cedar secret', owner: { kind: 'peer', id: 'cedar', used: () => undefined } }],
  ]);

  constructor(grants: Map<string, GrantPrincipal>) {
    this.#grants = grants;
  }

  consumer(key: string) {
    const found = this.#consumers.get(key);
    return found === undefined ? undefined : { key, ...found };
  }

  token(consumer: StorageConsumer | undefined, token: string) {
    const owner = (id: string, principal: Principal, secret: string) => ({ token, secret, owner: { id, principal } });
    if (consumer?.id === 'app' && token === 'tokenAna')
      return owner('1', { kind: 'person', accountId: ana }, 'ana+secret=1');
    if (consumer?.id === 'desktop' && token === 'tokenDesktop')
      return owner('2', { kind: 'person', accountId: ana }, 'ana+secret=1');
    if (consumer?.id === 'app' && token === 'tokenCleo')
      return owner('3', { kind: 'person', accountId: cleo }, 'cleo secret');
    const grant = consumer?.id === 'birch' ? this.#grants.get(token) : undefined;
    return grant === undefined ? undefined : owner(token, grant, `${token} secret`);
  }

  grant(folderId: ItemId, permission: Permission, expiresAt: number | undefined): Signature & { end(): void } {
    const grantId = `grant${String(this.#grants.size + 1)}`;
    this.#grants.set(grantId, { kind: 'grant', grantId, ownerId: ana, folderId, permission, expiresAt });
    return {
      consumerKey: 'birch',
      consumerSecret: 'birch secret',
      token: grantId,
      tokenSecret: `${grantId} secret`,
      end: () => this.#grants.delete(grantId),
    };
  }
}

function noMounts(): never {
  throw new Error('no mounts here');
}

/** Without a type of its own a text body would be labelled a form. */
function typed(test: Test, method: string): Test {
  return method === 'POST' || method === 'PUT' ? test.set('Content-Type', 'application/octet-stream') : test;
}

async function addPeople(database: Database): Promise<void> {
  const row = (id: AccountId, { name }: Person): object => ({ id, name, created_at: 0 });
  await database.write((trx) => trx('accounts').insert([row(ana, ANA), row(cleo, CLEO)]));
}

async function openNonces(folder: string, clock: HandClock): Promise<KnexNonceStore> {
  const knex = sqliteKnex({
    file: join(folder, 'nonces.sqlite'),
    driver: 'better-sqlite3',
    synchronous: 'NORMAL',
    connections: 1,
  });
  onTestFinished(() => knex.destroy());
  await createNonceTable(knex);
  return new KnexNonceStore({ knex, clock });
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'footbridge-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

async function listen(): Promise<{ server: Server; origin: string }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { server, origin: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

function defectLog(defects: string[]): Log {
  return createLog('error', { write: (line) => void defects.push(line) });
}

/** Bodies as `text`, whatever their type, and as bytes. */
function asText(answer: unknown, done: (error: Error | null, body: unknown) => void): void {
  const response = answer as IncomingMessage;
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => void pieces.push(piece)).on('error', (error) => done(error, undefined));
  response.on('end', () => {
    const body = Buffer.concat(pieces);
    Object.assign(response, { text: body.toString() });
    done(null, body);
  });
}

function streamOf(content: string | Buffer): Readable {
  return Readable.from([Buffer.from(content)]);
}
