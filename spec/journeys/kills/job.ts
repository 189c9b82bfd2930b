import { setTimeout as pause } from 'node:timers/promises';
import { invitationIn } from '../../support/mailbox.js';
import { createPerson, type Person } from '../../support/person.js';
import type { ProcessPair, Settler } from '../support/process-pair.js';
import type { Dice } from './dice.js';
import { FileRecord, newRecord, type JobRecord } from './ledger.js';

/** The scene of the jobs: clouds that come and go, and two people who never give up. */
export interface Scene {
  readonly pair: ProcessPair;
  readonly ana: Settler;
  readonly bo: Settler;
  readonly dice: Dice;
  /** True when no new step may begin. */
  readonly isOver: () => boolean;
  /** Told of every step that succeeded. */
  readonly onStep: () => void;
}

/** The scene has ended before the job did. */
export class SceneOver extends Error {}

/** Longest time that any single step may take, restarts included, milliseconds. */
const STUBBORNNESS = 600_000;
/** Between two tries; hammering would only open the breaker of the other cloud. */
const BREATH = 250;

/**
 * Repeats a step until it succeeds, as a person does whose cloud does not answer. The step must look first whether an
 * earlier try that got no answer has happened after all.
 */
async function insist<T>(scene: Scene, what: string, step: () => Promise<T>): Promise<T> {
  const end = performance.now() + STUBBORNNESS;
  for (;;) {
    if (scene.isOver()) throw new SceneOver();
    try {
      const result = await step();
      scene.onStep();
      return result;
    } catch (error) {
      if (performance.now() > end) throw new Error(`could not ${what}`, { cause: error });
      await pause(BREATH);
    }
  }
}

/** One main job from the new folder to the last write, one step after the other. */
export class Job {
  readonly record: JobRecord;
  readonly #scene: Scene;
  readonly #bo: Person;

  constructor(scene: Scene, number: number) {
    this.#scene = scene;
    this.record = newRecord(`Job ${String(number)}.`);
    // A browser of its own, as jobs run side by side.
    const { name, email, password } = scene.bo.person;
    this.#bo = createPerson({ name, email, password });
  }

  /** Plays the job; a scene that ends in between leaves it where it is. */
  async play(): Promise<void> {
    await this.#prepare();
    await this.#answer();
    if (this.record.answer !== true) return;
    await this.#use();
    await this.#maybeEnd();
  }

  async #prepare(): Promise<void> {
    const { ana, bo, dice } = this.#scene;
    const { folder } = this.record;
    const id = await this.#insist('make the folder', async () => {
      const there = (await ana.app.children()).get(folder);
      return (there ?? (await ana.app.makeFolder(folder))).id;
    });
    this.record.id = id;
    for (let count = dice.between(1, 3); count > 0; count -= 1) await this.#create(ana, id);
    const permission = dice.happens(0.8) ? 'read-write' : 'read-only';
    // An address that has been invited before keeps its invitation.
    await this.#insist('share', () => ana.app.share(id, bo.email, { permission }));
  }

  async #create(who: Settler, parent: number): Promise<void> {
    const { dice } = this.#scene;
    const file = new FileRecord(`file-${String(this.record.files.length)}.bin`);
    this.record.files.push(file);
    const bytes = dice.bytes(dice.between(1, 40_000));
    const done = file.attempt(bytes);
    await this.#insist('upload', async () => {
      if (!(await who.app.children(parent)).has(file.name)) await who.app.makeFile(file.name, bytes, parent);
    });
    done();
  }

  async #answer(): Promise<void> {
    const { pair, dice } = this.#scene;
    const letter = await this.#insist('get the invitation', () =>
      pair.mailbox.waitFor(({ subject }) => subject.includes(this.record.folder), 2_000),
    );
    const accepts = dice.happens(0.85);
    await this.#insist('choose a cloud', () => this.#choose(invitationIn(letter)));
    const callback = await this.#insist('answer the proposal', () => this.#decide(accepts));
    this.record.answer = accepts;
    // Now and then the browser is closed before it gets back: the clouds must heal that by themselves.
    if (dice.happens(0.1)) return;
    this.record.isHeard = await this.#insist('reach the owner’s cloud', async () => {
      // Whither it leads on is no part of it.
      const page = await this.#bo.browser.visit(callback, { follow: () => false });
      // The attempt that was killed had spent its nonce (K15): the other cloud repeats the decision by itself, after
      // which this very address shows it; the audit at the end asks what came of it.
      if (page.status === 401) return false;
      if (page.status >= 400) throw new Error(`the callback answered ${String(page.status)}: ${page.text}`);
      return true;
    });
  }

  /** From the link to the page with the proposal. */
  async #choose(link: string): Promise<void> {
    await this.#bo.openInvitation(link);
    const page = await this.#bo.chooseCloud('Birch');
    if (page.url.pathname === '/login') await this.#bo.signIn();
    const { url, text } = this.#bo.page;
    if (!url.pathname.startsWith('/interop/proposals/')) throw new Error(`no proposal at ${url.href}: ${text}`);
  }

  /** Presses the button on the open page, again if need be; answers where the browser is sent: the same place each time. */
  async #decide(accepts: boolean): Promise<URL> {
    const { page } = this.#bo;
    const stay = { follow: (target: URL) => target.origin === page.url.origin };
    const answer = await (accepts ? this.#bo.accept(stay) : this.#bo.decline(stay));
    const { location } = answer.headers;
    if (answer.status === 303 && location !== undefined) return new URL(location);
    await this.#bo.visit(page.url);
    throw new Error(`no decision: ${String(answer.status)} ${answer.text}`);
  }

  /** Reads and writes through the mount, if it comes in good time. */
  async #use(): Promise<void> {
    const { bo, dice } = this.#scene;
    const mount = await this.#mounted();
    if (mount === undefined) return;
    for (let count = dice.between(1, 4); count > 0; count -= 1) {
      const file = this.record.files[dice.between(0, this.record.files.length - 1)];
      if (file !== undefined) await this.#rewrite(bo, mount, file);
    }
  }

  async #mounted(): Promise<number | undefined> {
    const { bo } = this.#scene;
    const end = performance.now() + 5_000;
    while (performance.now() < end && !this.#scene.isOver()) {
      const mount = await bo.app.children().catch(() => undefined);
      const found = mount?.get(this.record.folder);
      if (found !== undefined) return found.id;
      await pause(BREATH / 5);
    }
    return undefined;
  }

  async #rewrite({ app }: Settler, mount: number, file: FileRecord): Promise<void> {
    const { dice } = this.#scene;
    const bytes = dice.bytes(dice.between(0, 20_000));
    const done = file.attempt(bytes);
    const status = await this.#insist('write through the mount', async () => {
      const id = (await app.children(mount)).get(file.name)?.id;
      const answer = await app.replace(id ?? 0, bytes);
      if (answer.status >= 500) throw new Error(`the write was answered ${String(answer.status)}`);
      return answer.status;
    });
    if (status === 200) done();
    else if (status !== 403) throw new Error(`a write in ${this.record.folder} was answered ${String(status)}`);
  }

  async #maybeEnd(): Promise<void> {
    const { ana, bo, dice } = this.#scene;
    if (!dice.happens(0.3)) return;
    this.record.ended = 'maybe';
    await this.#insist('end the share', async () => {
      const answer = await ana.app.json(`folder/${String(this.record.id)}/unshare`, 'POST', [bo.email]);
      // 400: an earlier try has ended it already.
      if (answer.status !== 201 && answer.status !== 400) throw new Error(`unshare: ${String(answer.status)}`);
    });
    this.record.ended = 'yes';
  }

  #insist<T>(what: string, step: () => Promise<T>): Promise<T> {
    return insist(this.#scene, `${what} in ${this.record.folder}`, step);
  }
}
