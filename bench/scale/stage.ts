import path from 'node:path';
import {
  acceptInvitation,
  addApp,
  introduce,
  settleAt,
  type Settler,
} from '../../spec/journeys/support/process-pair.js';
import { startCloud, type CloudProcess } from '../../spec/support/cloud-process.js';
import { invitationIn, startMailbox, waitForInvitation, type Mailbox } from '../../spec/support/mailbox.js';
import { until } from '../../spec/support/until.js';
import type { Database } from '../../src/platform/index.js';
import { profiling } from '../ground.js';
import { inRows, openLibrary, type Books, type Library } from './books.js';
import type { NeighbourModels } from './neighbour-rows.js';
import type { ShareModels } from './share-rows.js';
import type { TreeModels } from './tree-rows.js';

/** A cloud that is measured, with somebody who administers it and owns everything there. */
export interface Side {
  readonly cloud: CloudProcess;
  readonly books: Books;
  readonly ana: Settler;
  /** The `Authorization` of a WebDAV program of Ana's. */
  readonly basic: string;
  /** Files of 4 KiB, in a folder of their own. */
  readonly small: readonly number[];
}

/** A cloud in which the product itself has made one of each thing: those rows are copied. */
export interface Prepared extends Side {
  readonly models: TreeModels & ShareModels & NeighbourModels;
}

/** Where the clouds stand, and how they keep their rows. */
export interface StageOptions {
  readonly scratch: string;
  readonly engine: 'sqlite' | 'postgres';
  /** As in the other parts. */
  readonly profiles: string | undefined;
}

/** Bytes of the files that are read. */
const READ = 4_096;

/** How many there are of them. */
const READ_FILES = 10;

/**
 * Starts a cloud for each name. In each the product makes one of each thing that is copied later; for the shares a
 * third cloud takes part, which is stopped before the work begins.
 */
export async function onStage<T>(
  { scratch, engine, profiles }: StageOptions,
  names: readonly string[],
  work: (sides: readonly Prepared[]) => Promise<T>,
): Promise<T> {
  const nodeOptions = profiling(profiles);
  const library = await openLibrary(engine);
  const mailbox = await startMailbox();
  const open: CloudProcess[] = [];
  try {
    const partner = await Partner.start(scratch, mailbox);
    open.push(partner.cloud);
    const sides: Opened[] = [];
    for (const name of names) {
      const side = await openSide(scratch, { name, library, mailbox, nodeOptions });
      open.push(side.cloud);
      sides.push({ ...side, shares: await partner.shareWith(side) });
    }
    await partner.cloud.stop();
    return await work(await Promise.all(sides.map(finish)));
  } finally {
    for (const cloud of open) await cloud.stop();
    await mailbox.stop();
    await library.close();
  }
}

interface Opening {
  readonly name: string;
  readonly library: Library;
  readonly mailbox: Mailbox;
  readonly nodeOptions: readonly string[];
}

/** Names of the two shared folders of each cloud: one whose share stays, and one whose share ends. */
const [LASTING, ENDING] = ['Lasting', 'Ending'];

type Opened = Side & { readonly shares: Pick<TreeModels, 'fileId'> & { readonly ending: number } };

async function openSide(scratch: string, { name, library, mailbox, nodeOptions }: Opening): Promise<Side> {
  const dataDir = path.join(scratch, name.toLowerCase());
  const books = await library.booksFor(dataDir);
  const env = { FOOTBRIDGE_SMTP_URL: mailbox.url, ...books.env };
  const cloud = await startCloud({ name, dataDir, env, nodeOptions });
  await addApp(cloud);
  const ana = await settleAt(cloud, 'Ana Alvarez', `ana@${name.toLowerCase()}.example`);
  await cloud.cli(['user', 'set', ana.email, '--admin', 'yes']);
  await settleAt(cloud, 'Zoe Zander', `zoe@${name.toLowerCase()}.example`);
  const key = await cloud.ask<{ user: string; password: string }>([
    'app-password',
    'add',
    ana.email,
    '--name',
    'bench',
  ]);
  const basic = `Basic ${Buffer.from(`${key.user}:${key.password}`).toString('base64')}`;
  const { id: folder } = await ana.app.makeFolder('Read');
  const small: number[] = [];
  for (let index = 0; index < READ_FILES; index += 1) {
    small.push((await ana.app.makeFile(`read ${String(index)}`, Buffer.alloc(READ, index), folder)).id);
  }
  return { cloud, books, ana, basic, small };
}

/** The cloud with which the measured ones share. */
class Partner {
  readonly cloud: CloudProcess;
  readonly #mailbox: Mailbox;
  readonly #bo: Settler;

  private constructor(cloud: CloudProcess, mailbox: Mailbox, bo: Settler) {
    this.cloud = cloud;
    this.#mailbox = mailbox;
    this.#bo = bo;
  }

  static async start(scratch: string, mailbox: Mailbox): Promise<Partner> {
    const env = { FOOTBRIDGE_SMTP_URL: mailbox.url };
    const cloud = await startCloud({ name: 'Birch', dataDir: path.join(scratch, 'birch'), env });
    await addApp(cloud);
    return new Partner(cloud, mailbox, await settleAt(cloud, 'Bo Bergman', 'bo@birch.example'));
  }

  /** Two folders of Ana's are shared with Bo and one of Bo's with Ana; somebody else has not answered yet. */
  async shareWith({ cloud, ana }: Side): Promise<Opened['shares']> {
    await introduce(cloud, this.cloud);
    const folders: number[] = [];
    for (const name of [LASTING, ENDING]) {
      const { id } = await ana.app.makeFolder(name);
      folders.push(id);
      await this.#share(ana, id, this.#bo, name);
    }
    const [lasting = 0, ending = 0] = folders;
    await ana.app.share(lasting, 'nobody@birch.example');
    const { id: theirs } = await this.#bo.app.makeFolder(`For ${cloud.name}`);
    await this.#share(this.#bo, theirs, ana, `For ${cloud.name}`);
    const { id: fileId } = await ana.app.makeFile('Model', 'as much as a line of text', lasting);
    return { ending, fileId };
  }

  async #share(from: Settler, folder: number, to: Settler, name: string): Promise<void> {
    const { length } = this.#mailbox.letters;
    await from.app.share(folder, to.email);
    await acceptInvitation(invitationIn(await waitForInvitation(this.#mailbox, to.email, length)), to, name);
  }
}

/** Makes what needs an unreachable partner: a message that could not be delivered. */
async function finish({ shares, ...side }: Opened): Promise<Prepared> {
  const { cloud, books, ana } = side;
  const { id: topId } = await ana.app.makeFolder('Tree');
  const { id: receivedId } = await ana.app.makeFolder('Received');
  const { status } = await ana.app.json(`folder/${String(shares.ending)}/unshare`, 'POST', ['bo@birch.example']);
  if (status !== 201) throw new Error(`unshare was answered ${String(status)}`);
  const found = await inRows(books, modelsIn);
  await cloud.stop();
  return { ...side, models: { ...found, topId, receivedId, fileId: shares.fileId } };
}

async function modelsIn({ read }: Database): Promise<Omit<ShareModels & NeighbourModels, 'receivedId'>> {
  type Row = { readonly id: string } | undefined;
  const waits = async () =>
    read('deliveries').where('attempts', '>', 0).where({ kind: 'unshare' }).first<{ id: number } | undefined>('id');
  const { id: messageId } = await until('a message that is tried in vain', waits);
  const idOf = async (table: string, where: Readonly<Record<string, string>>): Promise<string> => {
    const row = await read(table).where(where).first<Row>('id');
    if (row === undefined) throw new Error(`the product made no model: ${table} ${JSON.stringify(where)}`);
    return row.id;
  };
  return {
    messageId,
    ownerId: await idOf('accounts', { name: 'Ana Alvarez' }),
    personId: await idOf('accounts', { name: 'Zoe Zander' }),
    peerId: await idOf('peers', { name: 'Birch' }),
    active: await idOf('outgoing_shares', { state: 'active' }),
    created: await idOf('outgoing_shares', { state: 'created' }),
    revoked: await idOf('outgoing_shares', { state: 'revoked' }),
    incoming: await idOf('incoming_shares', { state: 'active' }),
  };
}
