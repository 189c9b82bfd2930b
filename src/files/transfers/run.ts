import {
  Failure,
  isFailure,
  MINUTE,
  notFound,
  type FailureCode,
  type Clock,
  type ItemId,
  type Principal,
} from '../../kernel/index.js';
import type { Database } from '../../platform/index.js';
import { unauthorized } from '../access/access.js';
import type { ForeignLocks } from '../locks/foreign-locks.js';
import type { Item } from '../space/item.js';
import type { Tree, TreeInputs, Ways } from '../tree/tree.js';
import { Carrying, type Carried, type CarryingInputs, type Recording, type Shown } from './carrying.js';
import { ClaimLost, type TransferClaims, type Progress } from './claims.js';
import { faultIn, type Fault } from './fault.js';
import { membersBackwards } from './members.js';
import { receiptOf, Recognition, type Made } from './recognition.js';
import { removeCarried } from './removal.js';
import { idOf, principalOf, shownOf, type ShownThen, type TransferRow } from './row.js';
import { folderState } from './source-state.js';

/** Members that are gathered before they are written. */
const BATCH = 100;

/** How often a transfer is begun: what ends its process each time is not tried for ever. */
const MOST_ATTEMPTS = 10;

/** How long a transfer that was taken up waits for another cloud, milliseconds, for each attempt so far. */
const PATIENCE = MINUTE;

/** Refusals that say nothing of what was asked for: another cloud cannot be asked now. */
const TROUBLE: readonly FailureCode[] = ['peer-failed', 'peer-timeout', 'unavailable'];

/** Between two spaces nothing goes without the bytes passing through here. */
const NO_WAYS: Ways = { moves: false, copies: false, overwrites: false };

/** Why work was stopped: its asker has cancelled it, this process ends, or another has taken it. */
export class GivenUp extends Error {
  readonly why: 'cancelled' | 'released' | 'lost';

  constructor(why: GivenUp['why']) {
    super(`the transfer was ${why}`);
    // What is stopped says so in this word, like everything that a signal ends.
    this.name = 'AbortError';
    this.why = why;
  }
}

/** What a run works with. */
export interface RunInputs extends CarryingInputs {
  readonly tree: CarryingInputs['tree'] & Pick<Tree, 'stat' | 'find'>;
  readonly foreignLocks: Pick<ForeignLocks, 'forget'>;
  readonly database: Database;
  readonly clock: Clock;
  readonly claims: TransferClaims;
  /** True unless the access of the app that asked was withdrawn. */
  readonly accessStands?: TreeInputs['accessStands'];
}

/**
 * One transfer, by the process that has claimed it: from its beginning, or from where another process has left it. The
 * source is removed only after it is recorded that the copy stands at its place (docs/decisions/0071).
 */
export class Run {
  readonly progress: Progress = { files: 0, bytes: 0 };
  readonly #in: RunInputs;
  readonly #row: TransferRow;
  readonly #signal: AbortSignal;
  readonly #principal: Principal;
  readonly #shown: ShownThen;
  #stagedId: TransferRow['staged_id'];
  #read: Carried[] = [];
  #written = 0;
  /** True while it is not known yet what an attempt before has done. */
  #isLooking: boolean;

  constructor(inputs: RunInputs, row: TransferRow, signal: AbortSignal) {
    this.#in = inputs;
    this.#row = row;
    this.#signal = signal;
    this.#principal = principalOf(row);
    this.#shown = shownOf(row);
    this.#stagedId = row.staged_id;
    this.#isLooking = row.stage !== 'waiting';
    if (row.stage !== 'placed') return;
    this.progress.files = row.files;
    this.progress.bytes = row.bytes;
  }

  /** Does it and records its end. Throws {@link ClaimLost} and {@link GivenUp} when somebody else goes on. */
  async go(): Promise<void> {
    const { id, is_move: isMove } = this.#row;
    try {
      await this.#refuseWithdrawn();
      const made = await this.#placed();
      const faults = isMove ? await this.#removeSource(made) : [];
      if (this.#mayWait(faults)) await this.#postpone();
      else await this.#in.claims.end(id, faults.length === 0 ? 'done' : 'failed', { faults, progress: this.progress });
    } catch (error) {
      await this.#endBadly(error);
    }
  }

  async #endBadly(error: unknown): Promise<void> {
    const { id, is_folder: isFolder } = this.#row;
    if (error instanceof ClaimLost) throw error;
    const why: unknown = this.#signal.aborted ? this.#signal.reason : error;
    const isCancelled = why instanceof GivenUp && why.why === 'cancelled';
    if (why instanceof GivenUp && !isCancelled) throw why;
    const kind = isFolder ? 'folder' : 'file';
    const fault = faultIn(error, kind);
    if (this.#isLooking && fault !== undefined && this.#mayWait([fault])) {
      await this.#postpone();
      return;
    }
    if (isCancelled) await this.#throwAway();
    const { progress } = this;
    if (isCancelled) await this.#in.claims.end(id, 'cancelled', { faults: [], progress });
    else await this.#endFailed(fault ?? { path: [], kind, failure: defect(error) });
  }

  async #endFailed(fault: Fault): Promise<void> {
    const { claims, log } = this.#in;
    const { id } = this.#row;
    const { failure } = fault;
    if (failure.code === 'internal') log.error({ err: failure.cause ?? failure, transfer: id }, 'transfer failed');
    await claims.end(id, 'failed', { faults: [fault], progress: this.progress });
  }

  /**
   * Whoever asked for it waits no longer for one that was taken up from another process. Where a cloud is away it may wait, then,
   * so that it is not half done for ever.
   */
  #mayWait(faults: readonly Fault[]): boolean {
    const { attempts, stage } = this.#row;
    const isTakenUp = stage !== 'waiting' && attempts < MOST_ATTEMPTS;
    return isTakenUp && faults.some(({ failure }) => TROUBLE.includes(failure.code));
  }

  async #postpone(): Promise<void> {
    const { id, attempts } = this.#row;
    await this.#in.claims.postpone(id, attempts * PATIENCE);
  }

  /** No request has come through a door when this goes on, so it is asked here whether its app may still. */
  async #refuseWithdrawn(): Promise<void> {
    const { accessStands, database } = this.#in;
    const access = this.#principal.kind === 'grant' ? undefined : this.#principal.access;
    if (access !== undefined && (await accessStands?.(database.read, access)) === false) throw unauthorized();
  }

  /** What stands at the target in the end: made now, or by an attempt before. */
  async #placed(): Promise<Made> {
    const row = this.#row;
    const { claims } = this.#in;
    if (row.stage === 'placed' && row.item_id !== null) {
      return { id: idOf(row.item_id), version: row.item_version ?? 0 };
    }
    if (row.stage !== 'waiting') {
      const before = await new Recognition(this.#in, row, this.#signal).made();
      if (before !== undefined) {
        await claims.placed(row.id, before);
        return before;
      }
      await this.#throwAway();
    }
    this.#isLooking = false;
    if (row.is_cancelled) throw new GivenUp('cancelled');
    if (row.attempts > MOST_ATTEMPTS) throw new Failure('internal', 'This has been begun too often and never ended.');
    const made = await this.#copied();
    await claims.placed(row.id, made);
    return made;
  }

  /** Of a file that is written in one step, an end that comes meanwhile may come too late: then it is there. */
  async #copied(): Promise<Made> {
    try {
      return await this.#copy();
    } catch (error) {
      const isAlone = !this.#row.is_folder && this.#stagedId === null;
      if (!this.#isCancelled || !isAlone) throw error;
      const made = await new Recognition(this.#in, this.#row, new AbortController().signal).made();
      if (made === undefined) throw error;
      return made;
    }
  }

  get #isCancelled(): boolean {
    const reason: unknown = this.#signal.aborted ? this.#signal.reason : undefined;
    return reason instanceof GivenUp && reason.why === 'cancelled';
  }

  async #copy(): Promise<Item> {
    const { tree, claims } = this.#in;
    const { source_id: sourceId, id, name, is_move: isMove } = this.#row;
    const principal = this.#principal;
    const source = await tree.stat(principal, idOf(sourceId));
    if (source.status === 'DELETED') throw notFound();
    const parent = await this.#parent();
    const old = await tree.find(principal, parent.id, [name]);
    this.#refuseOld(old, source);
    await claims.copies(id, isMove ? await this.#sourceState(source) : '');
    const shown: Shown = {
      ...this.#given(),
      ...(parent.ownerId === undefined ? {} : { receipt: receiptOf(this.#row) }),
    };
    const carriage = { principal, ways: NO_WAYS, shown, recording: this.#recording(), signal: this.#signal };
    const { isDeep } = this.#shown;
    return new Carrying(this.#in, carriage).copy(source, { parent, name, old }, { isDeep });
  }

  async #parent(): Promise<Item> {
    const gone = new Failure('conflict', 'There is no such folder to put it into.');
    const parent = await this.#in.tree.stat(this.#principal, idOf(this.#row.parent_id)).catch((error: unknown) => {
      throw isFailure(error, 'not-found') ? gone : error;
    });
    if (parent.kind !== 'folder' || parent.status === 'DELETED') throw gone;
    return parent;
  }

  /** What was judged when it was asked may be otherwise by now. */
  #refuseOld(old: Item | undefined, source: Item): void {
    if (old === undefined) return;
    if (!this.#shown.mayReplace) throw new Failure('precondition-failed', 'There is something already.');
    if (old.id === source.id || old.isShareTop) throw new Failure('forbidden', 'What stands there stays.');
  }

  #given(): Pick<Shown, 'lockTokens' | 'contentAt'> {
    const { lockTokens, contentAt } = this.#shown;
    return { lockTokens, ...(contentAt === undefined ? {} : { contentAt }) };
  }

  #recording(): Recording {
    const { claims } = this.#in;
    const { id } = this.#row;
    const { progress } = this;
    return {
      staged: async (item) => {
        this.#stagedId = item.id;
        await claims.staged(id, item.id);
      },
      read: async (carried) => {
        this.#read.push(carried);
        // A file alone comes to its place by being written.
        const isAlone = carried.traveller.path.length === 0 && carried.traveller.item.kind === 'file';
        if (isAlone || this.#read.length >= BATCH) await this.#write();
      },
      passed: (bytes) => void (progress.bytes += bytes),
      arrived: () => void (progress.files += 1),
      whole: async () => {
        await this.#write();
        if (!(await claims.places(id))) throw new GivenUp('cancelled');
      },
    };
  }

  async #write(): Promise<void> {
    const read = this.#read;
    this.#read = [];
    await this.#in.claims.read(this.#row.id, this.#written, read);
    this.#written += read.length;
  }

  async #removeSource(made: Made): Promise<readonly Fault[]> {
    const { tree, database } = this.#in;
    const row = this.#row;
    const source = { id: idOf(row.source_id), kind: row.is_folder ? ('folder' as const) : ('file' as const) };
    const faults = await removeCarried(tree, {
      principal: this.#principal,
      source,
      lockTokens: this.#shown.lockTokens,
      members: membersBackwards(database.read, row.id),
      isSame: await this.#isSame(),
      // It is too late to cancel it.
      halt: () => {
        if (!this.#isCancelled) this.#signal.throwIfAborted();
      },
    });
    if (faults.length === 0) await this.#forgetLocks(source.id, this.#shown.sourceIn);
    if (row.old_id !== null && String(row.old_id) !== made.id) {
      await this.#forgetLocks(idOf(row.old_id), this.#shown.oldIn);
    }
    return faults;
  }

  /** A lock does not move with its item, and ends with what is replaced. `around`: undefined for items of this cloud. */
  async #forgetLocks(id: ItemId, around: ItemId | undefined): Promise<void> {
    if (around === undefined) return;
    try {
      await this.#in.foreignLocks.forget(this.#principal, id, around);
    } catch (error) {
      // It ends by itself in time, and the move has been made.
      if (!isFailure(error)) throw error;
    }
  }

  /** True for a folder of this cloud in which nothing has changed since its copy was begun. */
  async #isSame(): Promise<boolean> {
    const { database } = this.#in;
    const { id, source_id: sourceId, is_folder: isFolder } = this.#row;
    if (!isFolder) return false;
    const state = await database.read('transfers').where({ id }).first<{ source_state: string | null }>('source_state');
    if (state.source_state === null || state.source_state === '') return false;
    const source = await this.#in.tree.stat(this.#principal, idOf(sourceId)).catch((error: unknown) => {
      if (isFailure(error, 'not-found')) return undefined;
      throw error;
    });
    return source !== undefined && (await this.#sourceState(source)) === state.source_state;
  }

  #sourceState(source: Item): Promise<string> {
    return folderState(this.#in.database.read, this.#principal, source, this.#in.clock.now());
  }

  /** Throws away what an attempt has hidden at the target. */
  async #throwAway(): Promise<void> {
    const id = this.#stagedId;
    if (id === null) return;
    this.#stagedId = null;
    try {
      await this.#in.tree.remove(this.#principal, idOf(id), { lockTokens: this.#shown.lockTokens });
    } catch (error) {
      // Nobody sees it, and the sweeper will find it.
      if (!isFailure(error)) throw error;
    }
  }
}

function defect(cause: unknown): Failure {
  return new Failure('internal', 'Something went wrong here.', { cause });
}
