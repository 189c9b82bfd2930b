import type { Response } from 'express';
import type { HeldLock, Item } from '../../../files/index.js';
import { Failure, type AccountId } from '../../../kernel/index.js';
import { NO_BODY, row, type AnyRow, type DoorRequest } from '../../door/door.js';
import type { Resident } from '../frame/entries.js';
import { form } from '../frame/form.js';
import { itemParam } from '../frame/forms.js';
import type { PageKit } from '../frame/kit.js';
import type { PageServices } from '../frame/services.js';
import { countWords, timeWords, type TimeWords } from '../frame/words.js';
import { folderHref } from './files-model.js';

declare module '../frame/templates.js' {
  interface Views {
    'files/lock': {
      readonly id: Item['id'];
      readonly name: string;
      readonly isFolder: boolean;
      readonly locks: readonly LockModel[];
      readonly canEnd: boolean;
      readonly back: string;
    };
  }
}

/** A lock as its page tells of it. */
interface LockModel {
  readonly who: string;
  readonly until: TimeWords;
  /** False for one that was taken on a folder around it. */
  readonly isHere: boolean;
}

type Services = Pick<PageServices, 'tree' | 'locks'>;

/** Who has locked something, until when, and the way to end it without the token that a program may have lost (webdav.md 1.9). */
export function lockRows(kit: PageKit, services: Services): AnyRow[] {
  const path = '/files/:id/lock';
  return [
    row<Resident>({
      method: 'GET',
      path,
      summary: 'Tells by whom a file or folder is locked.',
      body: NO_BODY,
      enter: kit.entries.resident,
      handle: async (request, response) => showLock(kit, services, request, response),
    }),
    form(kit, {
      path,
      summary: 'Ends locks: one’s own, and any in one’s own files.',
      from: kit.entries.resident,
      about: ({ caller, params }) => services.tree.stat(caller.principal, itemParam(params)),
      act: async (_typed, { request: { caller }, about: item }) => {
        const ended = await services.locks.end(caller.principal, item.id);
        if (ended === 0) await refuseOthers(services, caller, item);
        const say = ended === 0 ? `“${item.name}” is not locked any more.` : `${countWords(ended, 'lock')} ended.`;
        return { to: folderHref(item.parentId), say };
      },
      again: ({ request, response }, failure) => showLock(kit, services, request, response, failure),
    }),
  ];
}

async function refuseOthers({ locks }: Services, { principal }: Resident, { id }: Item): Promise<void> {
  const [other] = await locks.on(principal, id);
  if (other !== undefined)
    throw new Failure('forbidden', `${nameOf(other)} holds this lock, and only they or the owner can end it.`);
}

async function showLock(
  kit: PageKit,
  { tree, locks }: Services,
  { caller, params, http }: DoorRequest<Resident>,
  response: Response,
  failure?: Failure,
): Promise<void> {
  const item = await tree.stat(caller.principal, itemParam(params));
  const held = await locks.on(caller.principal, item.id);
  kit.show(http, response, caller.person, {
    template: 'files/lock',
    title: `Lock on ${item.name}`,
    section: 'files',
    failure,
    model: {
      id: item.id,
      name: item.name,
      isFolder: item.kind === 'folder',
      locks: held.map((lock) => lockModel(lock, item)),
      canEnd: held.some((lock) => mayEnd(lock, item, caller.person.id)),
      back: folderHref(item.parentId),
    },
  });
}

function lockModel(lock: HeldLock, item: Item): LockModel {
  const who = lock.token === undefined ? nameOf(lock) : 'You';
  return { who, until: timeWords(lock.endsAt), isHere: lock.itemId === item.id };
}

/** Those who hold one know its token; decided anew when it ends. */
function mayEnd({ token }: HeldLock, { ownerId, permission }: Item, personId: AccountId): boolean {
  return permission === 'read-write' && (ownerId === personId || token !== undefined);
}

function nameOf({ name, home }: HeldLock): string {
  return home === undefined ? name : `${name}@${home}`;
}
