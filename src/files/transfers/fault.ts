import { Failure, isFailure } from '../../kernel/index.js';
import type { Item } from '../space/item.js';

/** Something that is carried, and the names that lead to it from the top of what is carried; the top itself has none. */
export interface Traveller {
  readonly item: Item;
  readonly path: readonly string[];
}

/** An item that failed, so that what it lies in could not be copied, or stays where it was. */
export interface Fault {
  /** From the top of what is carried; empty: the top itself. */
  readonly path: readonly string[];
  readonly kind: Item['kind'];
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

/** What kept a traveller from arriving or leaving. */
export function faultOf({ item, path }: Traveller, failure: Failure): Fault {
  return { path, kind: item.kind, failure };
}

/** Something in a folder that is carried. */
export function within(folder: Traveller, item: Item): Traveller {
  return { item, path: [...folder.path, item.name] };
}

/** An error as the fault that it means; undefined for defects of this program. `kind`: of what is carried. */
export function faultIn(error: unknown, kind: Item['kind']): Fault | undefined {
  if (error instanceof MemberFailure) return error.fault;
  return isFailure(error) ? { path: [], kind, failure: error } : undefined;
}
