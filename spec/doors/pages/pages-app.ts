import { join } from 'node:path';
import express, { type Express } from 'express';
import request from 'supertest';
import { createPassport, RemovedPeople, type Account } from '../../../src/accounts/index.js';
import {
  AccessTokens,
  AppPasswords,
  Clients,
  TemporaryCredentials,
  type AppPasswordsParts,
} from '../../../src/clients/index.js';
import { memoryContents } from '../../../src/contents/index.js';
import type { AnyRow } from '../../../src/doors/door/door.js';
import {
  createPageKit,
  nothingHere,
  pageRows,
  type PageKit,
  type PageServices,
} from '../../../src/doors/pages/index.js';
import { Locks, Tree, type Trash } from '../../../src/files/index.js';
import { Failure, type PersonPrincipal } from '../../../src/kernel/index.js';
import { LetterWishes } from '../../../src/mail/index.js';
import { Peers } from '../../../src/peers/index.js';
import { createLimiter, createLog, createMemory, type Database } from '../../../src/platform/index.js';
import { openRoom, type Room } from '../../accounts/support.js';
import { ADA, ANA, BO, createSeededRandom, type Person } from '../../support/seeds.js';
import { createAgreements, type Agreements } from './agreements.js';
import { trashOver } from '../../files/files-bench.js';
import { createCare } from './care.js';

/** The password of everybody here. */
export const PASSWORD = 'three quiet wooden bridges';

/** The pages of one cloud over real accounts, apps, peers and files, with agreements played by hand. */
export interface PagesApp {
  readonly app: Express;
  readonly room: Room;
  readonly tree: Tree;
  readonly trash: Trash;
  readonly peers: Peers;
  readonly clients: Clients;
  readonly tokens: AccessTokens;
  readonly appPasswords: AppPasswords;
  readonly temporaryCredentials: TemporaryCredentials;
  readonly letterWishes: LetterWishes;
  readonly agreements: Agreements;
  readonly rows: readonly AnyRow[];
  readonly kit: PageKit;
  readonly logged: string[];
  /** Adds a person who signs in with {@link PASSWORD}. */
  addPerson(person: Person, options?: { admin?: boolean }): Promise<Account>;
  principalOf(account: Account): PersonPrincipal;
}

/** Opens the pages; `publicUrl` as the operator would set it. */
function openPages(database: Database, publicUrl = 'http://localhost:4000'): PagesApp {
  const room = openRoom(database);
  const { clock, sealer } = room;
  const random = createSeededRandom('pages');
  const trash = trashOver(database, clock);
  const tree = new Tree({
    database,
    trash,
    contents: memoryContents({ clock, random }),
    clock,
    openMount: async () => {
      throw new Failure('unavailable', 'There are no mounts here.');
    },
    grantTerms: async () => undefined,
    onRemoved: async () => undefined,
    defaultQuota: undefined,
  });
  const hooks = { onBlocked: async () => 0, onRemoved: async () => 0, onMoved: async () => 0 };
  const logos = { keep: () => Promise.resolve(false) };
  const peers = new Peers({ database, clock, random, sealer, allowInsecure: false, hooks, logos });
  const appParts = { database, clock, sealer, random: createSeededRandom('apps') };
  const clients = new Clients(appParts);
  const limiter = createLimiter(database, clock, sealer);
  const onChange: AppPasswordsParts['onChange'] = (trx, accountId, change) => room.changes.tell(trx, accountId, change);
  const tokens = new AccessTokens({ ...appParts, clients, onChange });
  const appPasswords = new AppPasswords({ ...appParts, limiter, remember: createMemory(database), onChange });
  const temporaryCredentials = new TemporaryCredentials({ ...appParts, tokens });
  const letterWishes = new LetterWishes({ database, clock, sealer });
  const agreements = createAgreements();
  const logged: string[] = [];
  const kit = createPageKit({
    viewsFolder: join(import.meta.dirname, '..', '..', '..', 'views'),
    cloudName: 'Alder',
    publicUrl: new URL(publicUrl),
    sessionStore: room.sessions,
    sealer,
    passport: createPassport(room),
    clock,
    random,
    log: createLog('debug', { write: (line) => logged.push(line) }),
  });
  const services: PageServices = {
    accounts: room.accounts,
    removedPeople: new RemovedPeople({ database, clock }),
    passwords: room.passwords,
    passwordLinks: room.links,
    recoveries: room.recoveries,
    addresses: room.addresses,
    tree,
    locks: new Locks({ database, clock, random, access: tree.access, cloudName: 'Alder' }),
    trash,
    peers,
    clients,
    temporaryCredentials,
    appPasswords,
    limiter,
    remember: createMemory(database),
    letterWishes,
    care: createCare({ ...room, peers }),
    ...agreements.services,
  };
  const rows = pageRows(kit, services);
  const app = express();
  app.use(kit.mount(rows));
  app.use(nothingHere(kit));
  return {
    app,
    room,
    tree,
    trash,
    peers,
    clients,
    tokens,
    appPasswords,
    temporaryCredentials,
    letterWishes,
    agreements,
    rows,
    kit,
    logged,
    async addPerson({ email, name }, options) {
      const account = await room.accounts.add(email, name, options);
      await room.passwords.set(account.id, PASSWORD);
      return account;
    },
    principalOf: ({ id }) => ({ kind: 'person', accountId: id }),
  };
}

/** Ana with a few files, Bo who shares with nobody yet, and Ada the administrator. */
export async function openPopulatedPages(database: Database, publicUrl?: string) {
  const pages = openPages(database, publicUrl);
  const [ana, bo, ada] = [
    await pages.addPerson(ANA),
    await pages.addPerson(BO),
    await pages.addPerson(ADA, { admin: true }),
  ];
  const folder = await pages.tree.makeFolder(pages.principalOf(ana), '0' as never, 'Plans');
  return { ...pages, ana, bo, ada, folder };
}

/** A browser: cookies are kept, redirects are not followed. */
export type Browser = ReturnType<typeof request.agent>;

export function openBrowserAt({ app }: Pick<PagesApp, 'app'>): Browser {
  return request.agent(app);
}

/** The token of the form on a page that posts to `action` (a page's own address when it names none). */
export function tokenOf(html: string, action?: string): string {
  const forms = html.match(/<form[\s\S]*?<\/form>/g) ?? [];
  const form = forms.find((each) =>
    action === undefined ? !/ action=/.test(each) : each.includes(`action="${action}"`),
  );
  const token = /name="token" value="([^"]+)"/.exec(form ?? '')?.[1];
  if (token === undefined) throw new Error(`no form for ${action ?? 'this page'} on: ${html.slice(0, 300)}`);
  return token;
}

/** Signs in; answers the browser that stays signed in. */
export async function signIn(pages: Pick<PagesApp, 'app'>, { email }: { email: string }): Promise<Browser> {
  const browser = openBrowserAt(pages);
  const page = await browser.get('/login');
  const answer = await browser
    .post('/login')
    .type('form')
    .send({ token: tokenOf(page.text, '/login'), email, password: PASSWORD });
  if (answer.status !== 303) throw new Error(`${email} could not sign in: ${answer.text}`);
  return browser;
}

/** Signs in without a browser; answers the session cookie as it was set, attributes included. */
export async function sessionCookieOf(pages: Pick<PagesApp, 'app'>, { email }: { email: string }): Promise<string> {
  const page = await request(pages.app).get('/login');
  const visitor = cookiesOf(page)[0]?.split(';')[0] ?? '';
  const answer = await request(pages.app)
    .post('/login')
    .set('Cookie', visitor)
    .type('form')
    .send({ token: tokenOf(page.text, '/login'), email, password: PASSWORD });
  return cookiesOf(answer).find((cookie) => cookie.includes('session')) ?? '';
}

/** Opens a page and posts the form on it that goes to `action`, with what the form holds unseen. */
export async function submit(browser: Browser, page: string, action: string, fields: object) {
  const { text } = await browser.get(page);
  return browser
    .post(action)
    .type('form')
    .send({ ...hiddenOf(text, action), ...fields });
}

function hiddenOf(html: string, action: string): Record<string, string> {
  const token = tokenOf(html, action);
  const form = (html.match(/<form[\s\S]*?<\/form>/g) ?? []).find((each) => each.includes(`value="${token}"`)) ?? '';
  const fields = form.matchAll(/<input type="hidden" name="([^"]+)"[^>]* value="([^"]*)">/g);
  return {
    ...Object.fromEntries([...fields].map(([, name, value]) => [name, value?.replaceAll('&amp;', '&')])),
    token,
  };
}

/** The cookies that an answer sets, each with its attributes. */
export function cookiesOf(answer: { headers: Record<string, unknown> }): string[] {
  const set = answer.headers['set-cookie'];
  return Array.isArray(set) ? (set as string[]) : [];
}
