import type { Readable } from 'node:stream';
import { stagedName, type ChangeOptions, type Item, type Ways } from '../../../files/index.js';
import { Failure, isFailure } from '../../../kernel/index.js';
import { heldTo, hexOf } from '../requests/index.js';
import { addressOf, isAbroad, within, type DavCaller, type Resource, type Slot } from '../world/index.js';
import type { Handling } from './handling.js';

/** An item in a folder that failed, so that the folder could not be copied or moved. */
export interface Fault {
  readonly href: string;
  readonly failure: Failure;
}

/** Thrown when a member failed: nothing at the target has changed. */
export class MemberFailure extends Error {
  readonly fault: Fault;

  constructor(fault: Fault) {
    super(fault.failure.message, { cause: fault.failure });
    this.name = 'MemberFailure';
    this.fault = fault;
  }
}

/** Marks an item that is made hidden, beside the place it is meant for, or gets a name that hides it. */
const STAGED = { isStaged: true } as const;

/** Where a file is to be put: under a free name, or as the new content of the file that has the name. */
interface FilePlace {
  readonly parent: Item;
  readonly name: string;
  /** Whether there is a file of that name. */
  readonly onto: boolean;
}

/** Lock tokens and time, which go with every change of a transfer. */
type Shown = Pick<ChangeOptions, 'lockTokens' | 'contentAt'>;

/** An item that has been copied, as it was when it was read. */
export interface Carried {
  readonly resource: Resource;
  /** The tag of the content that was copied; empty for folders. */
  readonly etag: string;
}

/** What one transfer works with. */
export interface TransferInputs {
  readonly inputs: Handling;
  readonly caller: DavCaller;
  readonly ways: Ways;
  readonly shown: Shown;
}

/**
 * Brings a file, or a folder with everything in it, to another place; its bytes pass through this cloud if there is no
 * other way (webdav.md 1.8). It is first made under a hidden name beside the target, then moved there in one step, so
 * that others see nothing of it or the whole. What stood there is replaced once the new is whole.
 */
export class Transfer {
  /** What has arrived, each folder before what is in it. */
  readonly carried: Carried[] = [];
  readonly #in: TransferInputs;

  constructor(inputs: TransferInputs) {
    this.#in = inputs;
  }

  /** True when source and target are in one space, so that {@link place} can move the source itself. */
  get moves(): boolean {
    return this.#in.ways.moves;
  }

  /** Copies a resource into a slot. `isDeep` false: a folder without what is in it. Throws {@link MemberFailure}, `Failure`. */
  async copy(source: Resource, slot: Slot, { isDeep }: { readonly isDeep: boolean }): Promise<Item> {
    const { item } = source;
    const old = slot.found?.item;
    // A file needs no hidden copy: its content is written in one step, and if there is a file already, that keeps its
    // id.
    if (item.kind === 'file' && old?.kind !== 'folder') {
      return this.#file(source, { parent: slot.parent.item, name: slot.name, onto: old !== undefined });
    }
    if (old === undefined && isDeep && this.#in.ways.copies) {
      const direct = await this.#direct(source, slot.parent.item, slot.name);
      if (direct !== undefined) return direct;
    }
    const name = stagedName(this.#in.inputs.random.bytes(16).toString('hex'));
    const staged = await this.#staged(source, slot, { name, isDeep });
    try {
      return await this.place(staged, slot);
    } catch (error) {
      await this.#discard(staged);
      throw error;
    }
  }

  /** Moves something that is whole to its place, and removes what stood there. */
  async place(staged: Item, slot: Slot, conditions?: ChangeOptions['conditions']): Promise<Item> {
    const { inputs, caller, ways } = this.#in;
    const shown = { ...this.#in.shown, ...(conditions === undefined ? {} : { conditions }) };
    const { tree } = inputs;
    const to = { parentId: slot.parent.item.id, name: slot.name };
    const { lockTokens = [] } = shown;
    const old = slot.found?.item;
    if (old === undefined) return tree.move(caller.principal, staged.id, to, shown);
    // The ways are those between source and target; the hidden item lies in the target's folder, so that folder is
    // asked.
    const overwrites = ways.moves ? ways.overwrites : await this.#overwritesAt(slot);
    if (overwrites) return tree.move(caller.principal, staged.id, to, { ...shown, overwrite: true });
    const aside = stagedName(inputs.random.bytes(16).toString('hex'));
    await tree.move(caller.principal, old.id, { name: aside }, { lockTokens, ...STAGED });
    let placed: Item;
    try {
      placed = await tree.move(caller.principal, staged.id, to, shown);
    } catch (error) {
      await this.#putBack(old, slot.name);
      throw error;
    }
    // The new item is in place. If the old one, now hidden, cannot be removed, that changes nothing.
    await this.#discard(old);
    return placed;
  }

  /** Gives the old item its name back. If the name is taken, the move did happen although its answer was lost. */
  async #putBack({ id }: Item, name: string): Promise<void> {
    const { inputs, caller } = this.#in;
    try {
      await inputs.tree.move(caller.principal, id, { name }, this.#tokens());
    } catch (error) {
      if (!isFailure(error)) throw error;
      inputs.log.warn({ err: error, item: id }, 'what made way for something new could not be put back');
    }
  }

  async #overwritesAt({ parent }: Slot): Promise<boolean> {
    const { inputs, caller } = this.#in;
    return (await inputs.tree.ways(caller.principal, parent.item.id, parent.item.id)).overwrites;
  }

  async #staged(
    source: Resource,
    { parent }: Slot,
    { name, isDeep }: { readonly name: string; readonly isDeep: boolean },
  ): Promise<Item> {
    if (source.item.kind === 'file') return this.#file(source, { parent: parent.item, name, onto: false }, STAGED);
    if (isDeep && this.#in.ways.copies) {
      const direct = await this.#direct(source, parent.item, name, STAGED);
      if (direct !== undefined) return direct;
    }
    const { inputs, caller } = this.#in;
    const staged = await inputs.tree.makeFolder(caller.principal, parent.item.id, name, {
      ...this.#tokens(),
      ...STAGED,
    });
    try {
      await this.#fill(source, staged, isDeep);
      return staged;
    } catch (error) {
      await this.#discard(staged);
      throw error;
    }
  }

  /** Lets the space copy the item in one step; undefined when it is too much for that. */
  async #direct(
    { item }: Resource,
    parent: Item,
    name: string,
    state: Pick<ChangeOptions, 'isStaged'> = {},
  ): Promise<Item | undefined> {
    const { inputs, caller } = this.#in;
    try {
      return await inputs.tree.copy(
        caller.principal,
        item.id,
        { parentId: parent.id, name },
        { ...this.#tokens(), ...state },
      );
    } catch (error) {
      if (isFailure(error, 'too-large')) return undefined;
      throw error;
    }
  }

  /** Copies the members and properties of a folder into another. */
  async #fill(source: Resource, target: Item, isDeep: boolean): Promise<void> {
    const { inputs, caller } = this.#in;
    this.carried.push({ resource: source, etag: '' });
    await this.#keepProperties(source.item, target);
    if (!isDeep) return;
    const listing = await inputs.tree.list(caller.principal, source.item.id);
    for await (const item of listing.children) await this.#member(within(source, item), target);
  }

  async #member(source: Resource, parent: Item): Promise<void> {
    const { inputs, caller, ways } = this.#in;
    const { item } = source;
    try {
      if (item.kind === 'file') await this.#file(source, { parent, name: item.name, onto: false });
      else if (!ways.copies || (await this.#direct(source, parent, item.name)) === undefined) {
        const folder = await inputs.tree.makeFolder(caller.principal, parent.id, item.name, this.#tokens());
        await this.#fill(source, folder, true);
      } else this.carried.push({ resource: source, etag: '' });
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw new MemberFailure({ href: addressOf(caller, source), failure: error });
    }
  }

  /** Copies a file: the space does it where it can, else its bytes pass through this cloud. */
  async #file(source: Resource, place: FilePlace, state: Pick<ChangeOptions, 'isStaged'> = {}): Promise<Item> {
    const { copies, overwrites } = this.#in.ways;
    const direct = copies && (overwrites || !place.onto) ? await this.#copied(source.item, place, state) : undefined;
    return direct ?? this.#carried(source, place, state);
  }

  /** Lets the space copy a file, without its bytes coming here; undefined when the other cloud fails at it. */
  async #copied(item: Item, place: FilePlace, state: Pick<ChangeOptions, 'isStaged'>): Promise<Item | undefined> {
    const { inputs, caller, shown } = this.#in;
    const { parent, name, onto } = place;
    const options = { ...shown, ...state, onto };
    try {
      const made = await inputs.tree.copy(caller.principal, item.id, { parentId: parent.id, name }, options);
      // Within this cloud the copy has its properties already.
      if (isAbroad(item)) await this.#keepProperties(item, made);
      return made;
    } catch (error) {
      if (isAbroad(item) && isFailure(error, 'peer-failed')) return undefined;
      throw error;
    }
  }

  async #carried(
    source: Resource,
    { parent, name, onto }: FilePlace,
    state: Pick<ChangeOptions, 'isStaged'>,
  ): Promise<Item> {
    const { inputs, caller, shown } = this.#in;
    const { tree } = inputs;
    const opened = await tree.open(caller.principal, source.item.id);
    if (opened.outcome !== 'content') throw new Failure('internal', 'A content was not opened.');
    const { body, size, etag } = opened;
    // Known checksums are those of the content that was listed, which may not be the one that was opened.
    const isSame = etag !== '' && etag === source.item.etag;
    const { hashes, checksum } = isSame ? source.item : { hashes: undefined, checksum: 0 };
    const content = {
      body: held(body, checksum),
      ...(size === undefined ? {} : { length: size }),
      ...(hashes === undefined ? {} : { hashes }),
    };
    const options = { contentAt: source.item.contentAt, ...shown, ...state };
    try {
      const made = await tree.put(caller.principal, parent.id, name, content, options);
      if (isOther(made, { checksum, size })) {
        if (!onto) await this.#discard(made);
        throw new Failure('peer-failed', 'What was written is not what was read.');
      }
      await this.#keepProperties(source.item, made);
      this.carried.push({ resource: source, etag });
      return made;
    } finally {
      body.destroy();
    }
  }

  /** Makes the properties of one item those of another (RFC 4918 9.8.2). */
  async #keepProperties(from: Item, to: Item): Promise<void> {
    const { inputs, caller } = this.#in;
    const { properties } = inputs;
    const [wanted, there] = [
      await properties.of(caller.principal, from.id),
      await properties.of(caller.principal, to.id),
    ];
    const steps = [
      ...there.map(({ namespace, name }) => ({ kind: 'remove' as const, name: { namespace, name } })),
      ...wanted.map((property) => ({ kind: 'set' as const, property })),
    ];
    if (steps.length > 0) await properties.change(caller.principal, to.id, steps, this.#tokens());
  }

  async #discard({ id }: Pick<Item, 'id'>): Promise<void> {
    const { inputs, caller } = this.#in;
    try {
      await inputs.tree.remove(caller.principal, id, this.#tokens());
    } catch (error) {
      // Nobody sees it, and the sweeper will find it.
      if (!isFailure(error)) throw error;
    }
  }

  #tokens(): Pick<ChangeOptions, 'lockTokens'> {
    return { lockTokens: this.#in.shown.lockTokens ?? [] };
  }
}

/** The same bytes; the stream breaks before its end if they do not have this Adler-32. 0: it is not known. */
function held(body: Readable, checksum: number): Readable {
  if (checksum === 0) return body;
  const promised = { checksum: { kind: 'ADLER32', hex: hexOf(checksum) }, length: undefined } as const;
  return heldTo(body, promised, () => new Failure('peer-failed', 'What was read is not what was listed.'));
}

/** True when size or checksum show that what was written is not what was read (webdav.md 1.8). */
function isOther(made: Item, read: { readonly checksum: number; readonly size: number | undefined }): boolean {
  if (read.size !== undefined && made.size !== read.size) return true;
  return read.checksum !== 0 && made.checksum !== 0 && made.checksum !== read.checksum;
}
