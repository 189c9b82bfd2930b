import { Failure, isFailure } from '../../../kernel/index.js';
import { addressOf, Tags, type DavRequest, type Resource } from '../world/index.js';
import type { Handling } from './handling.js';
import type { Judged } from './judging.js';
import type { Carried, Fault } from './transfer.js';

interface Leaving {
  readonly request: DavRequest;
  readonly source: Resource;
  readonly judged: Judged;
}

/**
 * Removes the source of a move whose copy is whole: a folder at once if nothing in it has changed, else member by
 * member, each file only if it is still the one that was copied. Answers what could not be removed; it stays.
 */
export async function removeCarried(
  inputs: Handling,
  leaving: Leaving,
  { carried, before }: { readonly carried: readonly Carried[]; readonly before: string },
): Promise<readonly Fault[]> {
  const { request, source, judged } = leaving;
  const { tree } = inputs;
  const { caller } = request;
  const tokens = { lockTokens: judged.lockTokens ?? [] };
  const isHere = source.item.ownerId !== undefined;
  if (source.item.kind === 'folder' && isHere && (await new Tags(inputs, caller).of(source.item)) === before) {
    return removeWhole(inputs, leaving);
  }
  const faults: Fault[] = [];
  // Folders come after what is in them.
  for (const { resource, etag } of [...carried].reverse()) {
    const { item } = resource;
    try {
      if (item.kind === 'folder') await refuseFilled(inputs, caller.principal, item.id);
      else await refuseChanged(inputs, caller.principal, item);
      const conditions = item.kind === 'folder' || etag === '' ? {} : { conditions: { ifMatch: [etag] } };
      await tree.remove(caller.principal, item.id, { ...tokens, ...conditions });
    } catch (error) {
      if (!isFailure(error)) throw error;
      if (error.code !== 'not-found') faults.push({ href: addressOf(caller, resource), failure: error });
    }
  }
  return faults;
}

/** All of it or, where something in it is locked, nothing. */
async function removeWhole({ tree }: Handling, { request, source, judged }: Leaving): Promise<readonly Fault[]> {
  const { caller } = request;
  try {
    await tree.remove(caller.principal, source.item.id, { lockTokens: judged.lockTokens ?? [] });
    return [];
  } catch (error) {
    if (!isFailure(error)) throw error;
    return [{ href: addressOf(caller, source), failure: error }];
  }
}

/**
 * Throws `conflict` for a file whose version has changed. Two mounts can show the same file of another cloud: then
 * writing the target has changed the source, and removing it would lose the file. The tag cannot tell, since the
 * content is the same.
 */
async function refuseChanged(
  { tree }: Handling,
  principal: DavRequest['caller']['principal'],
  { id, version }: Resource['item'],
): Promise<void> {
  const now = await tree.stat(principal, id);
  if (now.version !== version) throw new Failure('conflict', 'It has changed in the meantime.');
}

async function refuseFilled(
  { tree }: Handling,
  principal: DavRequest['caller']['principal'],
  id: Resource['item']['id'],
): Promise<void> {
  const { children } = await tree.list(principal, id);
  const first = await children[Symbol.asyncIterator]().next();
  if (first.done !== true) throw new Failure('conflict', `There is still something in it: ${first.value.name}.`);
}
