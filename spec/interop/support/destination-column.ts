import { BorrowedFolder, type Received, type ScriptedPeer } from '../../support/scripted-peers/peer.js';
import { isSigned, type Pair } from '../../support/scripted-peers/oauth.js';
import { valueOf, type Call } from '../../support/scripted-peers/server.js';
import type { Page } from '../../support/web-page.js';
import { answerThere, choose, lend, lentHalf, type Lent } from './flows.js';
import type { Outcomes } from './outcomes.js';
import { watched, type Stage, type Watched } from './stage.js';

/** What the column is about. */
export interface DestinationColumnInputs {
  readonly stage: Stage;
  readonly peer: ScriptedPeer;
  readonly name: string;
  readonly outcomes: Outcomes;
  /** What our cloud issued to the peer. */
  readonly inbound: Pair;
}

/** Ours owns, the scripted cloud receives: the way of somebody who lives there through every step, told as outcomes. */
export class DestinationColumn {
  readonly #in: DestinationColumnInputs;
  readonly #zoe: Watched;

  constructor(inputs: DestinationColumnInputs) {
    this.#in = inputs;
    this.#zoe = watched({ name: 'Zoe Zimmer', email: inputs.stage.bo.email });
  }

  /** Walks until the steps are done or one of them leads nowhere. Answers the addresses that the browser saw. */
  async walk(): Promise<readonly URL[]> {
    const first = await lend(this.#in.stage);
    if (await this.#propose(first)) {
      const grant = await this.#accept(first);
      if (grant?.secret !== undefined && grant.secret !== '') await this.#use(first);
      await this.#decline();
      await this.#proposeAgain();
      await this.#end(first);
    }
    return this.#zoe.hops.map(({ url }) => url);
  }

  #note(step: string, outcome: string): void {
    this.#in.outcomes.note(step, outcome);
  }

  async #choose(lent: Lent): Promise<Page> {
    return choose(this.#zoe, lent, this.#in.peer, this.#in.name);
  }

  async #state(lent: Lent): Promise<string> {
    return (await lentHalf(this.#in.stage, lent)).state;
  }

  #isTheirs({ url }: Page): boolean {
    return url.origin === new URL(this.#in.peer.server.url).origin;
  }

  #refusal(page: Page): string {
    return `${this.#isTheirs(page) ? 'refused there' : 'refused'} ${String(page.status)}`;
  }

  async #propose(lent: Lent): Promise<boolean> {
    const offer = await this.#zoe.openInvitation(lent.link);
    this.#note('choice', offer.text.includes(this.#in.name) ? 'offered' : 'not offered');
    const page = await this.#choose(lent);
    const works = this.#isTheirs(page) && page.status === 200;
    this.#note('proposal', works ? 'works' : `${this.#refusal(page)}, ${await this.#state(lent)}`);
    if (!works) return false;
    this.#note('consent', asksWho(page) ? 'after signing in' : 'nobody is asked who they are');
    return true;
  }

  async #accept(lent: Lent): Promise<Received['grant']> {
    const page = await answerThere(this.#zoe, lent, true);
    this.#note('callback', this.#callback());
    this.#note('page after the callback', page.status === 200 ? 'works' : `refused ${String(page.status)}`);
    await this.#callbackAgain();
    await this.#in.stage.settle();
    const { grant } = this.#in.peer.mustHaveReceived(lent.shareId);
    this.#note('credentials', await this.#delivered(lent, grant));
    this.#note('state', await this.#state(lent));
    return grant;
  }

  #callbackUrl(): URL | undefined {
    return this.#zoe.hops.findLast(({ url }) => url.pathname.startsWith('/interop/result/'))?.url;
  }

  #callback(): string {
    const url = this.#callbackUrl();
    if (url === undefined) return 'never came';
    const proof = url.searchParams.has('oauth_signature') ? 'signed' : 'unsigned';
    return `accepted=${String(url.searchParams.get('accepted'))}, ${proof}`;
  }

  async #callbackAgain(): Promise<void> {
    const url = this.#callbackUrl();
    if (url === undefined) return;
    const again = await this.#zoe.visit(url);
    this.#note('callback again', again.status === 200 ? 'works' : `refused ${String(again.status)}`);
    const other = new URL(url);
    other.searchParams.set('accepted', 'false');
    const reversed = await this.#zoe.visit(other);
    this.#note('callback reversed', reversed.status === 200 ? 'taken' : `refused ${String(reversed.status)}`);
  }

  async #delivered(lent: Lent, grant: Received['grant']): Promise<string> {
    const call = this.#in.peer.server.heard.findLast(({ query, form }) => isGrant(query) || isGrant(form));
    const how = call === undefined ? 'never sent' : `${carrierOf(call)}, ${namesIn(call)}`;
    if (grant !== undefined) return `works: ${how}`;
    return `waits: ${how}: ${await this.#lastAnswer(lent)}`;
  }

  /** What the last attempt to send credentials came to. */
  async #lastAnswer(lent: Lent): Promise<string> {
    const { peerId = '' } = await lentHalf(this.#in.stage, lent);
    const { database } = this.#in.stage.birch.services.base;
    const row = await database
      .read('deliveries')
      .where({ kind: 'credentials', peer_id: peerId })
      .first<{ last_answer: string } | undefined>('last_answer');
    return row?.last_answer ?? 'nothing waits';
  }

  #open(lent: Lent): BorrowedFolder {
    const { peer, inbound, stage } = this.#in;
    return new BorrowedFolder(peer.mustHaveReceived(lent.shareId), inbound, () => stage.birch.clock.now());
  }

  async #use(lent: Lent): Promise<void> {
    const folder = this.#open(lent);
    const { status, files } = await folder.list();
    this.#note('list', status === 200 && files.has('budget.txt') ? 'works' : `refused ${String(status)}`);
    const read = await folder.read(files.get('budget.txt') ?? 0);
    this.#note('read', read.text === 'twelve' ? 'works' : `refused ${String(read.status)}`);
    this.#note('write', written(await folder.write('zoe.txt', 'from Zoe')));
    const entry = (await this.#in.stage.ana.app.children(lent.folder)).get('zoe.txt');
    this.#note('write seen at the origin', entry === undefined ? 'not there' : 'works');
    await this.#readOnly();
  }

  async #readOnly(): Promise<void> {
    const lent = await lend(this.#in.stage, 'read-only');
    await this.#choose(lent);
    await answerThere(this.#zoe, lent, true);
    await this.#in.stage.settle();
    this.#note('permission', this.#in.peer.mustHaveReceived(lent.shareId).permission);
    this.#note('write to a read-only share', written(await this.#open(lent).write('zoe.txt', 'from Zoe')));
    await this.#leave(lent);
  }

  async #decline(): Promise<void> {
    const lent = await lend(this.#in.stage);
    await this.#choose(lent);
    const page = await answerThere(this.#zoe, lent, false);
    await this.#in.stage.settle();
    this.#note('callback of a refusal', this.#callback());
    this.#note('refusal at the origin', `${await this.#state(lent)}, page ${String(page.status)}`);
    const { grant } = this.#in.peer.mustHaveReceived(lent.shareId);
    this.#note('credentials after a refusal', grant === undefined ? 'never sent' : 'sent');
  }

  /** The invitee goes back in the browser and picks the same cloud once more. */
  async #proposeAgain(): Promise<void> {
    const lent = await lend(this.#in.stage);
    const first = await this.#choose(lent);
    const again = await this.#choose(lent);
    const state = await this.#state(lent);
    const isSame = again.status === 200 && again.url.href === first.url.href;
    this.#note('proposal again', `${isSame ? 'same page' : this.#refusal(again)}, ${state}`);
  }

  async #leave(lent: Lent): Promise<void> {
    const isTold = await this.#in.peer.leave(lent.shareId);
    const state = await this.#state(lent);
    this.#note('end by the recipient', `${isTold ? 'told' : this.#whyNot()}: ${state}`);
  }

  /** Whoever was not told either has no word for it, or was not believed. */
  #whyNot(): string {
    const said = this.#in.peer.said.at(-1);
    return said?.url.endsWith('/unshare') === true ? `refused ${String(said.status)}` : 'not told';
  }

  async #end(lent: Lent): Promise<void> {
    const { peer, stage } = this.#in;
    const { status } = await stage.ana.app.json(`folder/${String(lent.folder)}/unshare`, 'POST', [lent.recipient]);
    if (status !== 201) throw new Error(`the end was answered ${String(status)}`);
    const { grant } = peer.mustHaveReceived(lent.shareId);
    const canOpen = grant?.secret !== undefined && grant.secret !== '';
    const dead = canOpen ? (await this.#open(lent).list()).status : undefined;
    await stage.settle();
    const isTold = peer.mustHaveReceived(lent.shareId).status === 'ENDED';
    const token = dead === undefined ? 'no token to try' : `token ${String(dead)}`;
    this.#note('end by the owner', `${isTold ? 'told' : 'not told'}, ${token}`);
    await this.#callbackAfterEnd();
  }

  /** A page of the browser's history is opened again after the share has ended. */
  async #callbackAfterEnd(): Promise<void> {
    const first = this.#zoe.hops.find(({ url }) => url.pathname.startsWith('/interop/result/'))?.url;
    if (first === undefined) return;
    const { status } = await this.#zoe.visit(first);
    this.#note('callback after the end', status === 200 ? 'taken' : `refused ${String(status)}`);
  }
}

function asksWho({ forms }: Page): boolean {
  return forms.some(({ controls }) => controls.some(({ name }) => name === 'password'));
}

function isGrant(fields: Call['form']): boolean {
  return valueOf(fields, 'auth_protocol') !== undefined;
}

function carrierOf(call: Call): string {
  const carrier = call.byBrowser ? 'browser' : 'server';
  return `${isSigned(call) ? 'signed' : 'unsigned'} ${call.method} by the ${carrier}`;
}

function namesIn({ query, form }: Call): string {
  const names = [...query, ...form].map(([name]) => name);
  return names.filter((name) => /token/.test(name)).join(' and ');
}

function written({ status }: { readonly status: number }): string {
  return status < 300 ? 'works' : `refused ${String(status)}`;
}
