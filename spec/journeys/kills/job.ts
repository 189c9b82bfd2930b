import { setTimeout as pause } from 'node:timers/promises';
import { addressOf } from '../support/mesh.js';
import type { Settler } from '../support/process-pair.js';
import { Answering } from './answering.js';
import { FileRecord, newRecord, type JobRecord, type Protocol } from './ledger.js';
import { BREATH, insist, type Scene } from './scene.js';

/** One main job from the new folder to the last write, one step after the other. */
export class Job {
  readonly record: JobRecord;
  readonly #scene: Scene;

  constructor(scene: Scene, number: number, protocol: Protocol) {
    this.#scene = scene;
    this.record = newRecord(`Job ${String(number)}.`, protocol);
  }

  /** How the owner names the recipient. */
  get #recipient(): string {
    const { bo } = this.#scene;
    return this.record.protocol === 'ocm' ? addressOf(bo) : bo.email;
  }

  /** Plays the job; a scene that ends in between leaves it where it is. */
  async play(): Promise<void> {
    await this.#prepare();
    await new Answering(this.#scene, this.record).play();
    if (this.record.answer !== true) return;
    const mount = await this.#mounted();
    if (mount !== undefined) await this.#use(mount);
    await this.#maybeEnd(mount);
  }

  async #prepare(): Promise<void> {
    const { ana, dice } = this.#scene;
    const { folder } = this.record;
    const id = await this.#insist('make the folder', async () => {
      const there = (await ana.app.children()).get(folder);
      return (there ?? (await ana.app.makeFolder(folder))).id;
    });
    this.record.id = id;
    for (let count = dice.between(1, 3); count > 0; count -= 1) await this.#create(ana, id);
    const permission = dice.happens(0.8) ? 'read-write' : 'read-only';
    // An address that has been invited before keeps its invitation.
    await this.#insist('share', () => ana.app.share(id, this.#recipient, { permission }));
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

  /** Reads and writes through the mount. */
  async #use(mount: number): Promise<void> {
    const { bo, dice } = this.#scene;
    for (let count = dice.between(1, 4); count > 0; count -= 1) {
      const file = this.record.files[dice.between(0, this.record.files.length - 1)];
      if (file !== undefined) await this.#rewrite(bo, mount, file);
    }
  }

  /** The mount, if it comes in good time. */
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

  async #maybeEnd(mount: number | undefined): Promise<void> {
    const { dice } = this.#scene;
    if (!dice.happens(0.3)) return;
    const isLeft = mount !== undefined && dice.happens(0.4);
    this.record.ended = 'maybe';
    await this.#insist('end the share', () => (isLeft ? this.#leave() : this.#takeBack()));
    this.record.ended = isLeft ? 'by recipient' : 'by owner';
  }

  async #takeBack(): Promise<void> {
    const { app } = this.#scene.ana;
    const answer = await app.json(`folder/${String(this.record.id)}/unshare`, 'POST', [this.#recipient]);
    // 400: an earlier try has ended it already.
    if (answer.status !== 201 && answer.status !== 400) throw new Error(`unshare: ${String(answer.status)}`);
  }

  async #leave(): Promise<void> {
    const { app } = this.#scene.bo;
    const mount = (await app.children()).get(this.record.folder);
    // Gone: an earlier try has left it already.
    if (mount === undefined) return;
    const answer = await app.call(`folder/${String(mount.id)}/unshare`, { method: 'POST' });
    if (answer.status !== 201) throw new Error(`leave: ${String(answer.status)}`);
  }

  #insist<T>(what: string, step: () => Promise<T>): Promise<T> {
    return insist(this.#scene, `${what} in ${this.record.folder}`, step);
  }
}
