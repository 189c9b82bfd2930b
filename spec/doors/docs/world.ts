import type { Credentials } from '../../../src/oauth1/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import type { Citizen } from '../../support/open-pair.js';
import { ANA, CLEO } from '../../support/seeds.js';
import { fieldsOf } from '../interop/support/forger.js';
import { answer, openManor, present, taking, type Manor } from '../interop/support/manor.js';
import { offer } from '../interop/support/outpost.js';
import type { Received, Reply } from '../interop/support/scripted-peer.js';
import { Caller, Ledger } from './ledger.js';

/** A folder of Quill's among Ana's, and what is in it: ids at Alder. */
export interface Mount {
  readonly top: string;
  readonly file: string;
  readonly folder: string;
}

/** One cloud, Alder, where Ana and Cleo live; a scripted one, Quill, shares folders with Ana and has one of hers. */
export interface World {
  readonly manor: Manor;
  readonly ledger: Ledger;
  readonly cleo: Citizen;
  /** An app of Ana's. */
  readonly app: Caller;
  /** Quill with the grant of the folder `granted`. */
  readonly grantee: Caller;
  readonly granted: string;
  /** Quill for itself. */
  readonly peer: Caller;
  /** Quill's folders at Ana's, by what she may do in them. */
  readonly writable: Mount;
  readonly readable: Mount;
  /** From now on Quill answers 500 to everything. */
  fallIll(): void;
  /** Takes a table of Alder's database away: whatever needs it is a defect from now on. */
  lose(table: string): Promise<void>;
}

/** Opens it. */
export async function openWorld(): Promise<World> {
  const manor = await openManor();
  const { alder, quill } = manor;
  const ledger = new Ledger();
  const cleo = await manor.settleIn(CLEO, alder);
  await alder.services.apps.clients.add('app', {});
  const app = new Caller(alder, ledger, await alder.services.apps.tokens.add(manor.ana.accountId, 'app'));
  const pair = { consumerKey: quill.pair.key, consumerSecret: quill.pair.secret };
  const { folderId, keys } = await grantTo(manor);
  quill.reply = healthy(quill.url);
  return {
    manor,
    ledger,
    cleo,
    app,
    peer: new Caller(alder, ledger, pair),
    grantee: new Caller(alder, ledger, { ...pair, ...keys }),
    granted: folderId,
    writable: await mount(manor, app, '1972', 'read-write'),
    readable: await mount(manor, app, '1973', 'read-only'),
    fallIll() {
      quill.reply = () => ({ status: 500 });
    },
    lose: (table) => alder.services.base.database.write((trx) => trx.schema.renameTable(table, `lost_${table}`)),
  };
}

/** Ana shares a folder with somebody at Quill, who accepts. */
async function grantTo(manor: Manor): Promise<{ folderId: string; keys: Pick<Credentials, 'token' | 'tokenSecret'> }> {
  const presented = await present(manor);
  await answer(manor, presented, true);
  await manor.settle();
  const sent = manor.quill.received.find(({ target }) => target === '/interop/credentials');
  const { access_token_key: token = '', access_token_secret: tokenSecret = '' } = fieldsOf(sent?.body ?? '');
  return { folderId: presented.folderId, keys: { token, tokenSecret } };
}

/** Quill shares a folder with Ana, who accepts. */
async function mount(
  { alder, ana, quill, settle }: Manor,
  app: Caller,
  key: string,
  permission: string,
): Promise<Mount> {
  const { shareId } = await offer(quill, {
    recipient: ANA.email,
    permission,
    folder_name: `Quill ${key}`,
    resource_url: `${quill.url}/v1/folder/${key}`,
  });
  const {
    shares: { incoming },
    agreements: { proposals },
    base: { database },
  } = alder.services;
  const share = await incoming.byName(database.read, quill.id, { shareId });
  await proposals.decide(ana.accountId, share?.id ?? '', share?.digest ?? '', true);
  await quill.voice.post('/interop/credentials', credentialFields(shareId, `token${key}`, `secret${key}`));
  await settle();
  const top = idOf(await contentsOf(app, '0'), `Quill ${key}`);
  const within = await contentsOf(app, top);
  return { top, file: idOf(within, 'letter.txt'), folder: idOf(within, 'Drawer') };
}

interface Entry {
  readonly id: number;
  readonly filename: string;
}

async function contentsOf(app: Caller, id: string): Promise<readonly Entry[]> {
  const listing = await app.call({
    method: 'GET',
    target: `/v1/folder/${id}/contents`,
    headers: { 'stacksync-api': 'v2' },
  });
  return listing.json<{ contents: readonly Entry[] }>().contents;
}

function idOf(entries: readonly Entry[], name: string): string {
  const found = entries.find(({ filename }) => filename === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return String(found.id);
}

/** Quill as it is on good days: takes every message, and shows its folders. */
function healthy(url: string): (request: Received) => Reply {
  const others = taking(url);
  return (request) => {
    const [, key] = /^\/v1\/(?:file|folder)\/(\d+)/.exec(request.target) ?? [];
    return key === undefined ? others(request) : { status: 200, body: JSON.stringify(itemOf(Number(key))) };
  };
}

const ITEM = { status: 'NEW', modified_at: '2026-11-02 09:00:00.000', version: 1 };
const FOLDER = { ...ITEM, is_folder: true, mimetype: 'inode/directory', checksum: 0, size: 0 };
const FILE = { ...ITEM, is_folder: false, mimetype: 'text/plain', checksum: 1, size: 1 };

/** A shared folder, whose id has four digits, or one of the two things in it: the file's ends in 1. */
function itemOf(id: number): object {
  const parent = Math.floor(id / 10);
  if (id > 9_999) return id % 10 === 1 ? fileOf(id, parent) : drawerOf(id, parent);
  const top = { ...FOLDER, id, parent_id: null, filename: `Quill ${String(id)}`, desk: ['comment', 'lockFile'] };
  return { ...top, contents: [fileOf(id * 10 + 1, id), drawerOf(id * 10 + 2, id)] };
}

const fileOf = (id: number, parent: number): object => ({
  ...FILE,
  id,
  parent_id: parent,
  filename: 'letter.txt',
  contents: [],
});

const drawerOf = (id: number, parent: number): object => ({
  ...FOLDER,
  id,
  parent_id: parent,
  filename: 'Drawer',
  contents: [],
});
