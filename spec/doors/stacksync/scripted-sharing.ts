import { notFound, type AccountId, type Email, type ItemId, type Principal } from '../../../src/kernel/index.js';
import type { Leaving, Member, ShareRequest, ShareResult, Sharing } from '../../../src/shares/index.js';

/** A sharing service that does what a test wrote down, and notes what it was asked. */
export class ScriptedSharing implements Pick<Sharing, 'share' | 'unshare' | 'members'>, Pick<Leaving, 'leave'> {
  readonly asked: unknown[] = [];
  result: ShareResult = { members: [], proposals: [], disabled: [] };
  ended: readonly { name: string; email: Email }[] = [];
  memberList: readonly Member[] = [];
  /** Thrown instead of an answer. */
  refusal: Error | undefined;

  async share(actor: AccountId, folderId: ItemId, request: ShareRequest): Promise<ShareResult> {
    return this.#answer({ actor, folderId, request }, this.result);
  }

  async unshare(actor: AccountId, folderId: ItemId, addresses: readonly Email[]): Promise<typeof this.ended> {
    return this.#answer({ actor, folderId, addresses }, this.ended);
  }

  async leave(actor: AccountId, folderId: ItemId): Promise<void> {
    this.#answer({ actor, folderId, leaves: true }, undefined);
  }

  async members(principal: Principal, folderId: ItemId): Promise<readonly Member[]> {
    if (principal.kind === 'grant' && principal.folderId !== folderId) throw notFound();
    return this.#answer({ principal, folderId }, this.memberList);
  }

  #answer<T>(question: unknown, answer: T): T {
    this.asked.push(question);
    if (this.refusal !== undefined) throw this.refusal;
    return answer;
  }
}
