import { Failure, isFailure, type Principal, type Random } from '../../kernel/index.js';
import type { Log } from '../../platform/index.js';
import { stagedName } from '../places/staged.js';
import type { Properties } from '../properties/properties.js';
import type { ChangeOptions, OpenedContent } from '../space/file-space.js';
import type { Item } from '../space/item.js';
import type { Tree, Ways } from '../tree/tree.js';
import { faultOf, MemberFailure, within, type Traveller } from './fault.js';
import { passing } from './passing.js';

/** Marks an item that is made hidden, beside the place it is meant for, or gets a name that hides it. */
const STAGED = { isStaged: true } as const;

/** Where something is to be put, and what stands there now. */
export interface Target {
  readonly parent: Item;
  readonly name: string;
  readonly old: Item | undefined;
}

/** Where a file is to be put: under a free name, or as the new content of the file that has the name. */
interface FilePlace {
  readonly parent: Item;
  readonly name: string;
  /** Whether there is a file of that name. */
  readonly onto: boolean;
}

/** Lock tokens and time, which go with every change; the receipt goes with the one that brings the whole to its place. */
export type Shown = Pick<ChangeOptions, 'lockTokens' | 'contentAt' | 'receipt'>;

/** An item that was read, as it was then. */
export interface Carried {
  readonly traveller: Traveller;
  /** The tag of the content that was read; empty for folders. */
  readonly etag: string;
  /** Bytes of the content; undefined where another cloud did not say. */
  readonly size: number | undefined;
}

/** Is told how far it has come, so that somebody else could go on. */
export interface Recording {
  /** Something hidden was made, into which everything goes. */
  staged(item: Item): Promise<void>;
  /** An item was opened, and is written after this. */
  read(carried: Carried): Promise<void>;
  /** So many more bytes have been read. */
  passed(bytes: number): void;
  /** An item has arrived with all that is in it. */
  arrived(): void;
  /** What is hidden is whole, and comes to its place after this. */
  whole(): Promise<void>;
}

/** For carrying that nobody goes on with. */
export const NO_RECORDING: Recording = {
  staged: async () => undefined,
  read: async () => undefined,
  passed: () => undefined,
  arrived: () => undefined,
  whole: async () => undefined,
};

/** What carrying works with. */
export interface CarryingInputs {
  readonly tree: Pick<Tree, 'open' | 'list' | 'put' | 'makeFolder' | 'move' | 'copy' | 'remove' | 'ways'>;
  readonly properties: Pick<Properties, 'of' | 'change'>;
  readonly random: Random;
  readonly log: Log;
}

/** One thing to be carried: for whom, what is possible between its place and the target, and what was shown. */
export interface Carriage {
  readonly principal: Principal;
  readonly ways: Ways;
  readonly shown: Shown;
  readonly recording: Recording;
  /** Ends the work within a second. What is hidden then stays where somebody else throws it away. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Brings a file, or a folder with everything in it, to another place; its bytes pass through this cloud if there is no
 * other way (webdav.md 1.8). It is first made under a hidden name beside the target, then moved there in one step, so
 * that others see nothing of it or the whole. What stood there is replaced once the new is whole.
 */
export class Carrying {
  readonly #in: CarryingInputs;
  readonly #of: Carriage;

  constructor(inputs: CarryingInputs, carriage: Carriage) {
    this.#in = inputs;
    this.#of = carriage;
  }

  /** Copies an item to its target. `isDeep` false: a folder without what is in it. Throws {@link MemberFailure}, `Failure`. */
  async copy(item: Item, target: Target, { isDeep }: { readonly isDeep: boolean }): Promise<Item> {
    const { parent, name, old } = target;
    const source: Traveller = { item, path: [] };
    // A file needs no hidden copy: its content is written in one step, and if there is a file already, that keeps its
    // id.
    if (item.kind === 'file' && old?.kind !== 'folder') {
      return this.#file(source, { parent, name, onto: old !== undefined }, this.#receipt());
    }
    if (old === undefined && isDeep && this.#of.ways.copies) {
      const direct = await this.#direct(source, parent, name);
      if (direct !== undefined) return direct;
    }
    const staged = await this.#staged(source, target, isDeep);
    try {
      await this.#of.recording.whole();
      return await this.place(staged, target);
    } catch (error) {
      await this.#discard(staged);
      throw error;
    }
  }

  /** Moves something that is whole to its place, and removes what stood there. */
  async place(staged: Item, target: Target, conditions?: ChangeOptions['conditions']): Promise<Item> {
    const { principal, ways, shown: given } = this.#of;
    const { tree, random } = this.#in;
    const shown = { ...given, ...(conditions === undefined ? {} : { conditions }) };
    const to = { parentId: target.parent.id, name: target.name };
    const { lockTokens = [] } = shown;
    const { old } = target;
    if (old === undefined) return tree.move(principal, staged.id, to, shown);
    // The ways are those between source and target; the hidden item lies in the target's folder, so that folder is
    // asked.
    const overwrites = ways.moves ? ways.overwrites : await this.#overwritesAt(target);
    if (overwrites) return tree.move(principal, staged.id, to, { ...shown, overwrite: true });
    const aside = stagedName(random.bytes(16).toString('hex'));
    await tree.move(principal, old.id, { name: aside }, { lockTokens, ...STAGED });
    let placed: Item;
    try {
      placed = await tree.move(principal, staged.id, to, shown);
    } catch (error) {
      await this.#putBack(old, target.name);
      throw error;
    }
    // The new item is in place. If the old one, now hidden, cannot be removed, that changes nothing.
    await this.#discard(old);
    return placed;
  }

  /** Gives the old item its name back. If the name is taken, the move did happen although its answer was lost. */
  async #putBack({ id }: Item, name: string): Promise<void> {
    const { tree, log } = this.#in;
    try {
      await tree.move(this.#of.principal, id, { name }, this.#tokens());
    } catch (error) {
      if (!isFailure(error)) throw error;
      log.warn({ err: error, item: id }, 'what made way for something new could not be put back');
    }
  }

  async #overwritesAt({ parent }: Target): Promise<boolean> {
    return (await this.#in.tree.ways(this.#of.principal, parent.id, parent.id)).overwrites;
  }

  async #staged(source: Traveller, { parent }: Target, isDeep: boolean): Promise<Item> {
    const { tree, random } = this.#in;
    const { principal, ways, recording } = this.#of;
    const name = stagedName(random.bytes(16).toString('hex'));
    if (source.item.kind === 'file') {
      const file = await this.#file(source, { parent, name, onto: false }, STAGED);
      await recording.staged(file);
      return file;
    }
    if (isDeep && ways.copies) {
      const direct = await this.#direct(source, parent, name, STAGED);
      if (direct !== undefined) return direct;
    }
    const staged = await tree.makeFolder(principal, parent.id, name, { ...this.#tokens(), ...STAGED });
    try {
      await recording.staged(staged);
      await this.#fill(source, staged, isDeep);
      return staged;
    } catch (error) {
      await this.#discard(staged);
      throw error;
    }
  }

  /** Lets the space copy the item in one step; undefined when it is too much for that. */
  async #direct(
    { item }: Traveller,
    parent: Item,
    name: string,
    state: Pick<ChangeOptions, 'isStaged'> = {},
  ): Promise<Item | undefined> {
    const to = { parentId: parent.id, name };
    try {
      return await this.#in.tree.copy(this.#of.principal, item.id, to, { ...this.#tokens(), ...state });
    } catch (error) {
      if (isFailure(error, 'too-large')) return undefined;
      throw error;
    }
  }

  /** Copies the members and properties of a folder into another. */
  async #fill(source: Traveller, target: Item, isDeep: boolean): Promise<void> {
    const { principal, recording, signal } = this.#of;
    await recording.read({ traveller: source, etag: '', size: undefined });
    await this.#keepProperties(source.item, target);
    if (isDeep) {
      const stop = signal === undefined ? {} : { signal };
      const { children } = await this.#in.tree.list(principal, source.item.id, stop);
      for await (const item of children) {
        signal?.throwIfAborted();
        await this.#member(within(source, item), target);
      }
    }
    recording.arrived();
  }

  async #member(source: Traveller, parent: Item): Promise<void> {
    const { tree } = this.#in;
    const { principal, ways, recording } = this.#of;
    const { item } = source;
    try {
      if (item.kind === 'file') await this.#file(source, { parent, name: item.name, onto: false });
      else if (!ways.copies || (await this.#direct(source, parent, item.name)) === undefined) {
        const folder = await tree.makeFolder(principal, parent.id, item.name, this.#tokens());
        await this.#fill(source, folder, true);
      } else await recording.read({ traveller: source, etag: '', size: undefined });
    } catch (error) {
      if (!isFailure(error)) throw error;
      throw new MemberFailure(faultOf(source, error));
    }
  }

  /** Copies a file: the space does it where it can, else its bytes pass through this cloud. */
  async #file(
    source: Traveller,
    place: FilePlace,
    how: Pick<ChangeOptions, 'isStaged' | 'receipt'> = {},
  ): Promise<Item> {
    const { copies, overwrites } = this.#of.ways;
    const direct = copies && (overwrites || !place.onto) ? await this.#copied(source.item, place, how) : undefined;
    return direct ?? this.#carried(source, place, how);
  }

  /** Lets the space copy a file, without its bytes coming here; undefined when the other cloud fails at it. */
  async #copied(
    item: Item,
    { parent, name, onto }: FilePlace,
    how: Pick<ChangeOptions, 'isStaged' | 'receipt'>,
  ): Promise<Item | undefined> {
    const { principal } = this.#of;
    const isAbroad = item.incomingId !== undefined;
    const options = { ...this.#dated(), ...how, onto };
    try {
      const made = await this.#in.tree.copy(principal, item.id, { parentId: parent.id, name }, options);
      // Within this cloud the copy has its properties already.
      if (isAbroad) await this.#keepProperties(item, made);
      return made;
    } catch (error) {
      if (isAbroad && isFailure(error, 'peer-failed')) return undefined;
      throw error;
    }
  }

  async #carried(
    source: Traveller,
    { parent, name, onto }: FilePlace,
    how: Pick<ChangeOptions, 'isStaged' | 'receipt'>,
  ): Promise<Item> {
    const { principal, recording, signal } = this.#of;
    const { tree } = this.#in;
    const { item } = source;
    const stop = signal === undefined ? {} : { signal };
    const opened = await tree.open(principal, item.id, stop);
    if (opened.outcome !== 'content') throw new Failure('internal', 'A content was not opened.');
    const { body, size, etag } = opened;
    try {
      await recording.read({ traveller: source, etag, size });
      const { content, checksum } = this.#contentOf(item, opened);
      const options = { contentAt: item.contentAt, ...this.#dated(), ...how, ...stop };
      const made = await tree.put(principal, parent.id, name, content, options);
      if (isOther({ checksum, size }, made)) {
        if (!onto) await this.#discard(made);
        throw new Failure('peer-failed', 'What was written is not what was read.');
      }
      await this.#keepProperties(item, made);
      recording.arrived();
      return made;
    } finally {
      body.destroy();
    }
  }

  /** Known checksums are those of the content that was listed, which may not be the one that was opened. */
  #contentOf(item: Item, { body, size, etag }: OpenedContent) {
    const isSame = etag !== '' && etag === item.etag;
    const { hashes, checksum } = isSame ? item : { hashes: undefined, checksum: 0 };
    const content = {
      body: passing(body, checksum, (bytes) => {
        this.#of.recording.passed(bytes);
      }),
      ...(size === undefined ? {} : { length: size }),
      ...(hashes === undefined ? {} : { hashes }),
    };
    return { content, checksum };
  }

  /** Makes the properties of one item those of another (RFC 4918 9.8.2). */
  async #keepProperties(from: Item, to: Item): Promise<void> {
    const { properties } = this.#in;
    const { principal } = this.#of;
    const [wanted, there] = [await properties.of(principal, from.id), await properties.of(principal, to.id)];
    const steps = [
      ...there.map(({ namespace, name }) => ({ kind: 'remove' as const, name: { namespace, name } })),
      ...wanted.map((property) => ({ kind: 'set' as const, property })),
    ];
    if (steps.length > 0) await properties.change(principal, to.id, steps, this.#tokens());
  }

  async #discard({ id }: Pick<Item, 'id'>): Promise<void> {
    if (this.#of.signal?.aborted === true) return;
    try {
      await this.#in.tree.remove(this.#of.principal, id, this.#tokens());
    } catch (error) {
      // Nobody sees it, and the sweeper will find it.
      if (!isFailure(error)) throw error;
    }
  }

  #tokens(): Pick<ChangeOptions, 'lockTokens'> {
    return { lockTokens: this.#of.shown.lockTokens ?? [] };
  }

  #dated(): Pick<ChangeOptions, 'lockTokens' | 'contentAt'> {
    const { contentAt } = this.#of.shown;
    return { ...this.#tokens(), ...(contentAt === undefined ? {} : { contentAt }) };
  }

  #receipt(): Pick<ChangeOptions, 'receipt'> {
    const { receipt } = this.#of.shown;
    return receipt === undefined ? {} : { receipt };
  }
}

/**
 * True when size (undefined: not said) or checksum (0: not known) show that what was written is not what was read (webdav.md 1.8).
 */
export function isOther(
  read: { readonly checksum: number; readonly size: number | undefined },
  made: Pick<Item, 'checksum' | 'size'>,
): boolean {
  if (read.size !== undefined && made.size !== read.size) return true;
  return read.checksum !== 0 && made.checksum !== 0 && made.checksum !== read.checksum;
}
