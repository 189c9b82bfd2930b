import { setTimeout as pause } from 'node:timers/promises';
import { DAY, parseEmail, storageTime } from '../../../src/kernel/index.js';
import { systemClock } from '../../../src/platform/index.js';
import type { Fault } from '../../support/fault-proxy.js';
import { invitationIn, proposalIn, type Letter } from '../../support/mailbox.js';
import { createPerson, type Page, type Person } from '../../support/person.js';
import type { Command } from '../../model/commands.js';
import { inBooks, letBackoffPass } from '../kills/clockwork.js';
import type { Dice } from '../kills/dice.js';
import { addressOf } from '../support/mesh.js';
import { StorageClient } from '../support/storage-client.js';
import { settleAt, type FaultPair, type Settled } from './fault-pair.js';

/** What tales share: two clouds, chance, and those acts of administrators that concern everybody. */
export interface Stage {
  readonly pair: FaultPair;
  readonly dice: Dice;
  /** Kills a cloud and starts it again. Whoever wants that while it happens waits for the same start. */
  readonly restart: (side: 'alder' | 'birch') => Promise<void>;
  /** Peers are blocked only in sequences up to this number. */
  readonly lastBlock: number;
  /** How often each kind of command succeeded and failed. */
  readonly tally: Tally;
}

/** Counts by kind of command. */
export type Tally = Map<Command['kind'], { done: number; troubled: number }>;

/** A folder that was shared. */
interface Shared {
  readonly folder: string;
  readonly id: number;
  /** How the owner named the recipient: an e-mail address, or one of Open Cloud Mesh. */
  readonly recipient: string;
}

type Lasting = Extract<Command, { kind: 'invite' }>['expires'];

/** How long a letter may be on its way before the invitee gives up for now, milliseconds. */
const LETTER = 1_500;
/** And the one that a recipient's cloud writes when an offer by Open Cloud Mesh has come. */
const NEWS = 300;
/** A block ends the shares of every tale at once: most are left out. */
const BLOCKS = 0.2;

/** One sequence of commands, with a recipient and an owner of its own. */
export class Tale {
  readonly #stage: Stage;
  readonly #owner: Settled;
  readonly #app: StorageClient;
  readonly #guest: Settled;
  readonly #guestApp: StorageClient;
  readonly #bo: Person;
  readonly #number: number;
  readonly #shared: Shared[] = [];
  readonly #proposals: URL[] = [];
  readonly #visits: URL[] = [];
  /** Folders that were offered by Open Cloud Mesh, whose letter has not come yet. */
  readonly #announced = new Set<string>();
  /** Callbacks that the browser has been sent to and has not reached yet. */
  #onTheWay: URL[] = [];

  private constructor(stage: Stage, number: number, owner: Settled, guest: Settled) {
    this.#stage = stage;
    this.#number = number;
    [this.#owner, this.#guest] = [owner, guest];
    const { alder, birch } = stage.pair;
    this.#app = new StorageClient(alder.url, owner.keys);
    this.#guestApp = new StorageClient(birch.url, guest.keys);
    this.#bo = createPerson({ name: `Bo ${String(number)}`, email: guest.email, password: guest.password });
  }

  /** Gives both people their accounts. */
  static async begin(stage: Stage, number: number): Promise<Tale> {
    const { alder, birch } = stage.pair;
    const owner = await settleAt(alder, `Ana ${String(number)}`, `ana-${String(number)}@alder.example`);
    const guest = await settleAt(birch, `Bo ${String(number)}`, `bo-${String(number)}@birch.example`);
    return new Tale(stage, number, owner, guest);
  }

  /** The folders that were shared, whatever has become of them. */
  get folders(): readonly string[] {
    return this.#shared.map(({ folder }) => folder);
  }

  /** What the recipient sees among their files; undefined when the account is gone. */
  async mounts(): Promise<ReadonlySet<string> | undefined> {
    const answer = await this.#guestApp.call('folder/0/contents');
    if (answer.status === 401) return undefined;
    return new Set((await this.#guestApp.children()).keys());
  }

  /**
   * Carries a command out as far as wire and clouds allow. What fails may be tried again, as by the people of the tale.
   */
  async play(command: Command): Promise<void> {
    const { tally } = this.#stage;
    const count = tally.get(command.kind) ?? { done: 0, troubled: 0 };
    tally.set(command.kind, count);
    try {
      await again(() => this.#act(command));
      count.done += 1;
    } catch (error) {
      if (!isTrouble(error)) throw error;
      count.troubled += 1;
    }
  }

  #act(command: Command): Promise<unknown> | void {
    const { pair, restart } = this.#stage;
    switch (command.kind) {
      case 'invite':
        return this.#share(this.#guest.email, command.expires);
      case 'address':
        return this.#address(command.expires);
      case 'choose':
        return this.#choose(picked(this.#shared, command.share));
      case 'accept':
      case 'decline':
        return this.#decide(picked(this.#proposals, command.proposal), command.kind);
      case 'reload':
        return this.#open(picked(this.#visits, command.visit));
      case 'flow':
        return this.#arrive();
      case 'deliver':
      case 'drop':
      case 'duplicate':
      case 'delay':
        return this.#spoil(command.kind, command.message);
      case 'misanswer':
        return void pair.faults.push({ kind: 'misanswer', status: command.status });
      case 'advance':
        return this.#advance(command.by);
      case 'crash':
      case 'restart':
        return restart(command.at === 'alder' ? 'alder' : 'birch');
      case 'end':
        return this.#end(picked(this.#shared, command.share));
      case 'delete-folder':
        return this.#delete(picked(this.#shared, command.share));
      case 'leave':
        return this.#leave(picked(this.#shared, command.proposal));
      case 'remove-account':
        return this.#removeAccount(command.at === 'alder');
      case 'block':
      case 'unblock':
        return this.#trust(command.kind, command.at === 'alder');
      default:
        // Faults that cannot be caused in a process are tested in the model only.
        return undefined;
    }
  }

  async #address(expires: Lasting): Promise<void> {
    const folder = await this.#share(this.#guestAddress, expires);
    this.#announced.add(folder);
  }

  get #guestAddress(): string {
    return addressOf({ email: this.#guest.email, at: this.#stage.pair.birch });
  }

  async #share(recipient: string, expires: Lasting): Promise<string> {
    const folder = `Tale ${String(this.#number)}.${String(this.#shared.length + 1)}.`;
    const { id } = (await this.#app.children()).get(folder) ?? (await this.#app.makeFolder(folder));
    const days = { never: undefined, 'in a day': 1, 'in ten days': 10 }[expires];
    await this.#app.share(id, recipient, days === undefined ? {} : { expires_at: dateIn(days) });
    this.#shared.push({ folder, id, recipient });
    return folder;
  }

  /** The invitee opens the letter about a folder and picks their cloud. Throws when that cloud does not take it. */
  async pick(folder: string): Promise<Page> {
    const { mailbox } = this.#stage.pair;
    const letter = await mailbox.waitFor(({ subject }) => subject.includes(folder), LETTER);
    await this.#bo.openInvitation(invitationIn(letter));
    return this.#bo.chooseCloud('Birch');
  }

  async #choose(shared: Shared | undefined): Promise<void> {
    if (shared === undefined) return;
    const page = await this.pick(shared.folder);
    if (page.url.pathname === '/login') await this.#bo.signIn();
    const { url } = this.#bo.page;
    if (url.pathname.startsWith('/interop/proposals/')) this.#proposals.push(url);
  }

  async #decide(proposal: URL | undefined, verb: 'accept' | 'decline'): Promise<void> {
    if (proposal === undefined) return;
    const page = await this.#bo.visit(proposal);
    if (page.url.pathname === '/login') await this.#bo.signIn();
    const answer = await this.#bo[verb]({ follow: ({ origin }) => origin === proposal.origin });
    const { location } = answer.headers;
    if (answer.status !== 303 || location === undefined) return;
    this.#onTheWay.push(new URL(location));
  }

  /** The browser reaches wherever it has been sent, and letters reach the recipient. */
  async #arrive(): Promise<void> {
    for (const folder of this.#announced) await this.#hear(folder);
    for (const callback of this.#onTheWay.splice(0)) {
      this.#visits.push(callback);
      await this.#open(callback);
    }
  }

  async #hear(folder: string): Promise<void> {
    const { mailbox } = this.#stage.pair;
    const fits = ({ subject, to }: Letter): boolean => subject.includes(folder) && to.includes(this.#guest.email);
    const letter = await mailbox.waitFor(fits, NEWS).catch(() => undefined);
    if (letter === undefined) return;
    this.#announced.delete(folder);
    this.#proposals.push(new URL(proposalIn(letter)));
  }

  async #open(callback: URL | undefined): Promise<void> {
    if (callback !== undefined) await this.#bo.browser.visit(callback, { follow: () => false });
  }

  /** Something happens to the next message between the clouds, or to the browser that is on its way. */
  async #spoil(how: 'deliver' | 'drop' | 'duplicate' | 'delay', message: number): Promise<void> {
    const [callback] = this.#onTheWay;
    if (callback === undefined || message % 2 === 1) return void this.#stage.pair.faults.push(faultOf(how, message));
    if (how === 'delay') return;
    this.#onTheWay.shift();
    if (how === 'drop') return;
    this.#visits.push(callback);
    const times = how === 'duplicate' ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => this.#open(callback)));
  }

  /** Time passes for what this tale waits for: backoffs, and the end of what was to end. */
  async #advance(by: number): Promise<void> {
    const { alder, birch } = this.#stage.pair;
    for (const { process } of [alder, birch]) await letBackoffPass(process);
    if (by < DAY) return;
    await inBooks(alder.process, (books) =>
      books
        .prepare('update outgoing_shares set expires_at = ? where recipient in (?, ?) and expires_at < ?')
        .run(now(), this.#guest.email, this.#guestAddress, now() + by),
    );
  }

  async #end(shared: Shared | undefined): Promise<void> {
    if (shared === undefined) return;
    await this.#app.json(`folder/${String(shared.id)}/unshare`, 'POST', [shared.recipient]);
  }

  async #delete(shared: Shared | undefined): Promise<void> {
    if (shared !== undefined) await this.#app.call(`folder/${String(shared.id)}`, { method: 'DELETE' });
  }

  async #leave(shared: Shared | undefined): Promise<void> {
    if (shared === undefined) return;
    const mount = (await this.#guestApp.children()).get(shared.folder);
    if (mount !== undefined) await this.#guestApp.json(`folder/${String(mount.id)}/unshare`, 'POST', []);
  }

  async #removeAccount(isOwner: boolean): Promise<void> {
    const { alder, birch } = this.#stage.pair;
    const [{ desk }, { email }] = isOwner ? [alder, this.#owner] : [birch, this.#guest];
    await desk.people.accounts.remove(parseEmail(email));
  }

  async #trust(verb: 'block' | 'unblock', atAlder: boolean): Promise<void> {
    const { pair, dice, lastBlock } = this.#stage;
    if (verb === 'block' && (this.#number > lastBlock || !dice.happens(BLOCKS))) return;
    const [site, peer] = atAlder ? [pair.alder, 'Birch'] : [pair.birch, 'Alder'];
    await site.desk.neighbours.peers[verb](peer);
  }
}

/** Tries once more, some times, while a cloud is not there at all: people wait for a page that does not load. */
async function again(act: () => Promise<unknown> | void): Promise<void> {
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      await act();
      return;
    } catch (error) {
      if (!isGone(error)) throw error;
      await pause(BREATH);
    }
  }
  await act();
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && GONE.has(String(error.code));
}

const GONE = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'ECONNREFUSED']);
const TRIES = 8;
const BREATH = 250;

/**
 * True for errors that may happen: faults of the wire, a cloud that is down, a refusal. Any other error is a mistake of
 * the spec.
 */
function isTrouble(error: unknown): boolean {
  return error instanceof Error && !(error instanceof TypeError || error instanceof ReferenceError);
}

function picked<T>(from: readonly T[], which: number): T | undefined {
  return from[which % Math.max(1, from.length)];
}

function faultOf(how: 'deliver' | 'drop' | 'duplicate' | 'delay', message: number): Fault {
  if (how === 'duplicate') return { kind: 'duplicate' };
  if (how === 'delay') return { kind: 'delay', millis: 20 + message * 40 };
  const drops: Fault[] = [
    { kind: 'refuse' },
    { kind: 'swallow' },
    { kind: 'cut-request', after: 100 + message * 60 },
    { kind: 'cut-answer', after: 5 + message * 12 },
    { kind: 'hang', millis: 300 },
  ];
  return how === 'drop' ? (picked(drops, message) ?? { kind: 'refuse' }) : { kind: 'delay', millis: 0 };
}

const now = (): number => systemClock.now();

function dateIn(days: number): string {
  return storageTime(now() + days * DAY);
}
