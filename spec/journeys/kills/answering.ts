import { invitationIn, proposalIn, type Letter } from '../../support/mailbox.js';
import { createPerson, type AnswerOptions, type Person } from '../../support/person.js';
import { letBackoffPass } from './clockwork.js';
import type { JobRecord } from './ledger.js';
import { insist, type Scene } from './scene.js';

/** A share waits for a letter so long at a time, milliseconds. */
const POST = 2_000;

/** How the recipient answers in one job, from the letter to the decision. */
export class Answering {
  readonly #scene: Scene;
  readonly #record: JobRecord;
  readonly #bo: Person;

  constructor(scene: Scene, record: JobRecord) {
    this.#scene = scene;
    this.#record = record;
    // A browser of its own, as jobs run side by side.
    const { name, email, password } = scene.bo.person;
    this.#bo = createPerson({ name, email, password });
  }

  /** Writes down what was answered once that is acknowledged. */
  async play(): Promise<void> {
    const letter = await this.#insist('get the letter', () => this.#letter());
    const accepts = this.#scene.dice.happens(0.85);
    if (this.#record.protocol === 'ocm') await this.#answerAtHome(letter, accepts);
    else await this.#answerAbroad(letter, accepts);
  }

  /** By Open Cloud Mesh it comes from the recipient's cloud, after a message whose backoff is not waited for. */
  async #letter(): Promise<Letter> {
    const { pair, bo } = this.#scene;
    const fits = ({ subject, to }: Letter): boolean => subject.includes(this.#record.folder) && to.includes(bo.email);
    try {
      return await pair.mailbox.waitFor(fits, POST);
    } catch (error) {
      if (this.#record.protocol === 'ocm') await Promise.all([pair.alder, pair.birch].map(letBackoffPass));
      throw error;
    }
  }

  /** The page waits at home, and no browser carries the answer. */
  async #answerAtHome(letter: Letter, accepts: boolean): Promise<void> {
    await this.#insist('open the proposal', () => this.#arrive(() => this.#bo.visit(proposalIn(letter))));
    await this.#insist('answer the proposal', () => this.#decide(accepts, { follow: () => false }));
    this.#record.answer = accepts;
  }

  async #answerAbroad(letter: Letter, accepts: boolean): Promise<void> {
    await this.#insist('choose a cloud', () =>
      this.#arrive(async () => {
        await this.#bo.openInvitation(invitationIn(letter));
        return this.#bo.chooseCloud('Birch');
      }),
    );
    const { origin } = this.#bo.page.url;
    const stay = { follow: (target: URL) => target.origin === origin };
    const callback = await this.#insist('answer the proposal', () => this.#decide(accepts, stay));
    this.#record.answer = accepts;
    // Now and then the browser is closed before it gets back: the clouds must heal that by themselves.
    if (this.#scene.dice.happens(0.1)) return;
    this.#record.isHeard = await this.#insist('reach the owner’s cloud', () => this.#carry(callback));
  }

  async #carry(callback: URL): Promise<boolean> {
    // Where the page redirects to is not checked.
    const page = await this.#bo.browser.visit(callback, { follow: () => false });
    // The attempt that was killed had spent its nonce (K15): the other cloud repeats the decision by itself, after
    // which this very address shows it; the audit at the end asks what came of it.
    if (page.status === 401) return false;
    if (page.status >= 400) throw new Error(`the callback answered ${String(page.status)}: ${page.text}`);
    return true;
  }

  /** To the page with the proposal, by signing in if need be. */
  async #arrive(walk: () => Promise<Person['page']>): Promise<void> {
    const page = await walk();
    if (page.url.pathname === '/login') await this.#bo.signIn();
    const { url, text } = this.#bo.page;
    if (!url.pathname.startsWith('/interop/proposals/')) throw new Error(`no proposal at ${url.href}: ${text}`);
  }

  /** Presses the button on the open page, again if need be; answers where the browser is sent: the same place each time. */
  async #decide(accepts: boolean, options: AnswerOptions): Promise<URL> {
    const { page } = this.#bo;
    const answer = await (accepts ? this.#bo.accept(options) : this.#bo.decline(options));
    const { location } = answer.headers;
    if (answer.status === 303 && location !== undefined) return new URL(location, page.url);
    await this.#bo.visit(page.url);
    throw new Error(`no decision: ${String(answer.status)} ${answer.text}`);
  }

  #insist<T>(what: string, step: () => Promise<T>): Promise<T> {
    return insist(this.#scene, `${what} in ${this.#record.folder}`, step);
  }
}
