import { MINUTE } from '../../../src/kernel/index.js';
import type { Actor } from '../../journeys/support/story.js';
import type { ScriptedPeer } from '../../support/scripted-peers/peer.js';
import { valueOf, type Call } from '../../support/scripted-peers/server.js';
import { isSigned, type Pair } from '../../support/scripted-peers/oauth.js';
import type { Page } from '../../support/web-page.js';
import { answerHere, follow, offer, offeredHalf, type Offered } from './flows.js';
import type { Outcomes } from './outcomes.js';
import { watched, type Stage, type Watched } from './stage.js';

/** What the column is about. */
export interface OriginColumnInputs {
  readonly stage: Stage;
  readonly peer: ScriptedPeer;
  readonly outcomes: Outcomes;
  /** What it shares. */
  readonly kind: 'folder' | 'file';
}

const WRONG: Pair = { key: 'another-token', secret: 'another-secret' };

/** The scripted cloud owns, ours receives: Bo's way through every step of the main job, told as outcomes. */
export class OriginColumn {
  readonly #in: OriginColumnInputs;
  readonly #bo: Watched;
  readonly #actor: Actor;

  constructor(inputs: OriginColumnInputs) {
    this.#in = inputs;
    this.#actor = inputs.stage.bo;
    this.#bo = watched(inputs.stage.bo);
  }

  /** Walks until the steps are done or one of them leads nowhere. Answers the addresses that Bo's browser saw. */
  async walk(): Promise<readonly URL[]> {
    const first = this.#offer();
    if (await this.#propose(first)) {
      const isMounted = await this.#accept(first);
      if (isMounted) await this.#use(first);
      await this.#decline();
      if (isMounted) await this.#end(await this.#readOnly());
    }
    return this.#bo.hops.map(({ url }) => url);
  }

  #note(step: string, outcome: string): void {
    this.#in.outcomes.note(step, outcome);
  }

  #offer(permission: 'read-only' | 'read-write' = 'read-write'): Offered {
    const { peer, kind } = this.#in;
    return offer(peer, this.#actor.email, { permission, kind });
  }

  async #propose(offered: Offered): Promise<boolean> {
    const page = await follow(this.#bo, offered);
    const refusal = this.#refusalOf(page);
    this.#note('proposal', refusal ?? 'works');
    if (refusal !== undefined) return false;
    this.#note(
      'kept before the decision',
      (await offeredHalf(this.#in.stage, offered)) === undefined ? 'nothing' : 'a pending row',
    );
    this.#note('consent', page.url.pathname === '/login' ? 'after signing in' : 'without signing in');
    await this.#bo.signIn();
    this.#note('consent page', wordsOf(this.#bo.page, offered.title));
    await this.#proposeAgain('proposal again', offered);
    this.#note('credentials before the decision', outcomeOf(await this.#in.peer.deliver(offered.shareId, WRONG)));
    return true;
  }

  /** The browser carries it once more: by the address that it was led to, or by the other cloud's own page. */
  async #proposeAgain(step: string, offered: Offered): Promise<void> {
    const carried = this.#bo.hops.findLast(({ method, url }) => method === 'GET' && url.pathname === '/interop/share');
    const page = carried === undefined ? await follow(this.#bo, offered) : await this.#bo.visit(carried.url);
    const refusal = this.#refusalOf(page);
    const shown = isAsking(page) ? wordsOf(page, offered.title) : 'shows what was decided';
    this.#note(step, refusal ?? shown);
  }

  /** Undefined when the browser has come to the consent page, or to the sign-in before it. */
  #refusalOf(page: Page): string | undefined {
    const { peer, stage } = this.#in;
    const isOurs = page.url.origin === new URL(stage.birch.url).origin;
    if (isOurs && (page.url.pathname === '/login' || page.url.pathname.startsWith('/interop/proposals/'))) return;
    return isOurs ? `refused ${String(page.status)}` : `refused ${String(peer.said.at(-1)?.status ?? page.status)}`;
  }

  async #accept(offered: Offered): Promise<boolean> {
    const consent = this.#bo.page.url;
    const end = await this.#bo.accept();
    this.#note('callback', this.#callback());
    this.#note('decision at the origin', this.#in.peer.mustHaveSent(offered.shareId).status);
    this.#note('credentials', this.#delivered(end));
    await this.#in.stage.settle();
    const half = await offeredHalf(this.#in.stage, offered);
    this.#note(
      'mount',
      half?.state === 'active' ? 'works' : `${half?.state ?? 'nothing'}: ${half?.problem ?? 'waits'}`,
    );
    this.#note('consent page again', await this.#again(consent));
    await this.#proposeAgain('proposal after the decision', offered);
    return half?.state === 'active';
  }

  async #again(consent: URL): Promise<string> {
    const page = await this.#bo.visit(consent);
    return page.status === 200 && !isAsking(page) ? 'shows what was decided' : `shows ${String(page.status)}`;
  }

  /** What the origin's callback was asked last. */
  #callback(): string {
    const call = this.#in.peer.server.heard.findLast(({ query }) => valueOf(query, 'accepted') !== undefined);
    return call === undefined ? 'never came' : `accepted=${String(valueOf(call.query, 'accepted'))}, ${proofOf(call)}`;
  }

  /** How the token came, and what we said. */
  #delivered(end: Page): string {
    const said = this.#in.peer.said.findLast(({ fields }) => valueOf(fields, 'auth_protocol') !== undefined);
    const hop = this.#bo.hops.findLast(({ url }) => url.pathname.startsWith('/interop/credentials'));
    if (hop === undefined) return said === undefined ? 'never came' : `by the server: ${outcomeOf(said)}`;
    const taken = hop.status === 303 && end.status === 200 && end.url.search === '';
    return `through the browser: ${taken ? 'works, and led away from the address' : `refused ${String(hop.status)}`}`;
  }

  async #credentialsAgain({ shareId }: Offered): Promise<void> {
    this.#note('credentials again', outcomeOf(await this.#in.peer.deliver(shareId)));
    this.#note('other credentials', outcomeOf(await this.#in.peer.deliver(shareId, WRONG)));
  }

  async #use(offered: Offered): Promise<void> {
    await this.#credentialsAgain(offered);
    const file = await this.#fileOf(offered);
    this.#note('read', (await this.#actor.app.read(file)).toString() === 'twelve' ? 'works' : 'something else');
    this.#note('write', await this.#write(offered));
    this.#note('write seen at the origin', this.#seen(offered));
  }

  async #fileOf(offered: Offered): Promise<number> {
    const mount = await this.#mountOf(offered);
    if (this.#in.kind === 'file') return mount;
    return (await this.#actor.app.children(mount)).get('budget.txt')?.id ?? 0;
  }

  async #mountOf({ title }: Offered): Promise<number> {
    const entry = (await this.#actor.app.children()).get(title);
    if (entry === undefined || entry.is_folder !== (this.#in.kind === 'folder')) throw new Error(`no ${title}`);
    return entry.id;
  }

  async #write(offered: Offered): Promise<string> {
    const { app } = this.#actor;
    const mount = await this.#mountOf(offered);
    const headers = { 'content-type': 'text/plain' };
    const { status } =
      this.#in.kind === 'file'
        ? await app.replace(mount, 'from Bo')
        : await app.call(`file?name=bo.txt&parent=${String(mount)}`, { method: 'POST', headers, body: 'from Bo' });
    return status < 300 ? 'works' : `refused ${String(status)}`;
  }

  #seen({ item }: Offered): string {
    const { storage } = this.#in.peer;
    const isThere =
      this.#in.kind === 'file' ? storage?.read(item) === 'from Bo' : storage?.names(item).includes('bo.txt');
    return isThere === true ? 'works' : 'not there';
  }

  async #readOnly(): Promise<Offered> {
    const second = this.#offer('read-only');
    await follow(this.#bo, second);
    this.#note('permission', permissionOn(this.#bo.page));
    await this.#bo.accept();
    await this.#in.stage.settle();
    this.#note('write to a read-only share', await this.#write(second));
    return second;
  }

  async #decline(): Promise<void> {
    const third = this.#offer();
    await answerHere(this.#in.stage, this.#bo, third, false);
    this.#note('callback of a refusal', this.#callback());
    this.#note('refusal at the origin', this.#in.peer.mustHaveSent(third.shareId).status);
    const { status, text } = await this.#in.peer.deliver(third.shareId, WRONG);
    this.#note('credentials after a refusal', outcomeOf({ status, text }));
  }

  /** One share is left by its recipient, another ended by its owner. */
  async #end(second: Offered): Promise<void> {
    const { peer, stage } = this.#in;
    const left = this.#offer();
    await answerHere(stage, this.#bo, left, true);
    await this.#bo.leave(left.title);
    await stage.settle();
    const half = await offeredHalf(this.#in.stage, left);
    const isErased = half?.grantSealed === undefined;
    const isTold = peer.mustHaveSent(left.shareId).status === 'ENDED';
    this.#note(
      'end by the recipient',
      `${half?.state ?? 'nothing'}, ${isTold ? 'told' : 'not told'}, ${isErased ? 'erased' : 'kept'}`,
    );
    await this.#endByOwner(second);
  }

  async #endByOwner(offered: Offered): Promise<void> {
    const { peer } = this.#in;
    const mount = await this.#mountOf(offered);
    const isTold = await peer.end(offered.shareId);
    const before = (await offeredHalf(this.#in.stage, offered))?.state;
    const path = this.#in.kind === 'file' ? `file/${String(mount)}/data` : `folder/${String(mount)}/contents`;
    if (!isTold) {
      await this.#actor.app.call(path);
      // A dead token is believed once it has been refused for ten minutes (F-06).
      await this.#in.stage.pass(10 * MINUTE);
    }
    const { status } = await this.#actor.app.call(path);
    const after = (await offeredHalf(this.#in.stage, offered))?.state;
    const how = isTold ? `told: ${String(before)}` : `learns from the dead token: ${String(after)}`;
    this.#note('end by the owner', `${how}, answers ${String(status)}`);
    if (isTold) this.#note('end again', (await peer.end(offered.shareId)) ? 'works' : 'refused');
    this.#note('credentials after the end', outcomeOf(await peer.deliver(offered.shareId, WRONG)));
  }
}

function isAsking({ forms }: Page): boolean {
  return forms.some(({ buttons }) => buttons.some(({ value }) => value === 'accept'));
}

/** What a person reads on the consent page that matters for trust. */
function wordsOf({ status, text }: Page, title: string): string {
  if (status !== 200 || !text.includes(title)) return `shows ${String(status)}`;
  return text.includes('cannot sign') ? 'warns of unsigned messages' : 'shows the folder';
}

function permissionOn({ text }: Page): string {
  if (/read only/i.test(text)) return 'read-only';
  return /read and write/i.test(text) ? 'read-write' : 'none';
}

function proofOf(call: Call): string {
  return isSigned(call) ? 'signed' : 'unsigned';
}

function outcomeOf({ status, text }: { readonly status: number; readonly text: string }): string {
  return status === 200 ? 'works' : `refused ${String(status)}${status === 400 ? `: ${text}` : ''}`;
}
