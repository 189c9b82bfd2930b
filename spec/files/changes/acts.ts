import {
  addMember,
  addMount,
  changeMember,
  changeMount,
  removeMember,
  removeMount,
  removeMembersOf,
  removeOverMembers,
} from '../../../src/files/index.js';
import { DAY, isFailure, ROOT_ID, type ItemId, type PersonPrincipal } from '../../../src/kernel/index.js';
import { Dice } from '../../journeys/kills/dice.js';
import { childrenOf, textContent, type FilesBench } from '../files-bench.js';

/** What a person can do, or what can happen to them; most acts find something that can be done. */
type Act = (player: Player) => Promise<unknown>;

/** Plays acts of all kinds, by dice, on the trees of two people who share with each other. */
export class Player {
  readonly files: FilesBench;
  readonly dice: Dice;
  readonly #people: readonly PersonPrincipal[];
  readonly #acts: readonly string[];
  #names = 0;

  /** `acts`: the names of what is played; default: everything, some of it often. */
  constructor(files: FilesBench, seed: string, acts: readonly string[] = [...Object.keys(ACTS), ...OFTEN]) {
    this.files = files;
    this.#acts = acts;
    this.dice = new Dice(seed);
    this.#people = [files.ana, files.bo];
  }

  /** One act; answers its name, and whether it was refused. */
  async act(): Promise<{ readonly name: string; readonly isRefused: boolean }> {
    const name = this.pick(this.#acts);
    this.files.clock.advance(1_000);
    try {
      await ACTS[name]?.(this);
      await this.files.trash.settled();
      return { name, isRefused: false };
    } catch (error) {
      if (!isFailure(error)) throw error;
      return { name, isRefused: true };
    }
  }

  pick<Thing>(things: readonly Thing[]): Thing {
    return things[this.dice.between(0, things.length - 1)] as Thing;
  }

  who(): PersonPrincipal {
    return this.pick(this.#people);
  }

  /** Names come again, so that they clash. */
  name(): string {
    this.#names += 1;
    return `n${String(this.dice.between(1, Math.max(8, this.#names / 4)))}`;
  }

  /** Any folder that somebody sees, guests and what is in them included. */
  async folder(person: PersonPrincipal): Promise<ItemId> {
    let at = ROOT_ID;
    while (this.dice.happens(0.6)) {
      const folders = (await childrenOf(this.files.tree.list(person, at))).filter(({ kind }) => kind === 'folder');
      if (folders.length === 0) break;
      at = this.pick(folders).id;
    }
    return at;
  }

  /** Any item that somebody sees; undefined where there is none. */
  async item(person: PersonPrincipal, kind?: 'file' | 'folder'): Promise<ItemId | undefined> {
    const children = await childrenOf(this.files.tree.list(person, await this.folder(person)));
    const fitting = children.filter((child) => kind === undefined || child.kind === kind);
    return fitting.length === 0 ? undefined : this.pick(fitting).id;
  }

  other({ accountId }: PersonPrincipal): PersonPrincipal {
    return this.#people.find((person) => person.accountId !== accountId) ?? this.who();
  }
}

/** Does something that may be refused. */
async function unlessRefused(work: () => Promise<unknown>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!isFailure(error)) throw error;
  });
}

/** What others are about must be there often. */
const OFTEN = ['share', 'share', 'guest', 'guest', 'remove', 'restore', 'folder', 'folder'];

const ACTS: Readonly<Record<string, Act>> = {
  async create(player) {
    const person = player.who();
    await player.files.tree.create(person, await player.folder(person), player.name(), textContent(player.name()));
  },
  async folder(player) {
    const person = player.who();
    await player.files.tree.makeFolder(person, await player.folder(person), player.name());
  },
  async replace(player) {
    const person = player.who();
    const id = await player.item(person, 'file');
    if (id !== undefined)
      await player.files.tree.replace(person, id, textContent('x'.repeat(player.dice.between(0, 40))));
  },
  async restoreVersion(player) {
    const person = player.who();
    const id = await player.item(person, 'file');
    if (id !== undefined) await player.files.tree.restoreVersion(person, id, 1);
  },
  async rename(player) {
    const person = player.who();
    const id = await player.item(person);
    if (id !== undefined) await player.files.tree.move(person, id, { name: player.name() });
  },
  async move(player) {
    const person = player.who();
    const id = await player.item(person);
    if (id !== undefined) await player.files.tree.move(person, id, { parentId: await player.folder(person) });
  },
  async moveOver(player) {
    const person = player.who();
    const id = await player.item(person);
    const to = { parentId: await player.folder(person), name: player.name() };
    if (id !== undefined) await player.files.tree.move(person, id, to, { overwrite: true });
  },
  async copy(player) {
    const person = player.who();
    const id = await player.item(person);
    const to = { parentId: await player.folder(person), name: player.name() };
    if (id !== undefined) await player.files.tree.copy(person, id, to, { onto: player.dice.happens(0.5) });
  },
  async staged(player) {
    const { tree } = player.files;
    const person = player.who();
    const [parentId, isFolder] = [await player.folder(person), player.dice.happens(0.7)];
    const [name, staging] = [player.name(), { isStaged: true }];
    const { id } = isFolder
      ? await tree.makeFolder(person, parentId, name, staging)
      : await tree.create(person, parentId, name, textContent(name), staging);
    // It is made: what is refused from here on is not the whole act.
    await unlessRefused(async () => {
      const inner = isFolder ? await tree.create(person, id, name, textContent('x'.repeat(9))) : undefined;
      if (inner !== undefined && player.dice.happens(0.5)) await tree.replace(person, inner.id, textContent('xx'));
      // What is begun is not always brought to its place.
      if (player.dice.happens(0.6)) await tree.move(person, id, { parentId: await player.folder(person), name });
      else if (player.dice.happens(0.5)) await tree.remove(person, id);
    });
  },
  async remove(player) {
    const person = player.who();
    const id = await player.item(person);
    if (id !== undefined) await player.files.tree.remove(person, id);
  },
  async restore(player) {
    const { accountId } = player.who();
    const entries = await player.files.trash.list(accountId, 50);
    if (entries.length > 0) await player.files.trash.restore(accountId, player.pick(entries).id);
  },
  async guest(player) {
    const { tree } = player.files;
    const person = player.who();
    const children = await childrenOf(tree.list(person, ROOT_ID));
    const guests = children.filter(({ isShareTop }) => isShareTop);
    const own = children.filter(({ kind, isShareTop }) => kind === 'folder' && !isShareTop);
    if (guests.length === 0 || own.length === 0) return;
    await tree.move(person, player.pick(guests).id, { parentId: player.pick(own).id });
  },
  async erase(player) {
    const { accountId } = player.who();
    const entries = await player.files.trash.list(accountId, 50);
    if (entries.length > 0) await player.files.trash.erase(accountId, player.pick(entries).id);
  },
  async share(player) {
    const { database, clock } = player.files;
    const owner = player.who();
    const folderId = await player.item(owner, 'folder');
    if (folderId === undefined) return;
    const { ownerId, isShareTop } = await player.files.tree.stat(owner, folderId);
    if (ownerId !== owner.accountId || isShareTop) return;
    const { accountId } = player.other(owner);
    const permission = player.pick(['read-only', 'read-write'] as const);
    const expiresAt = player.pick([undefined, clock.now() + DAY]);
    await database.write((trx) =>
      addMember(trx, { folderId, accountId, permission, expiresAt, joinedAt: clock.now() }),
    );
  },
  async changeMember(player) {
    const { database, clock } = player.files;
    const row: { folder_id: number; account_id: string } | undefined = await database.read('members').first();
    if (row === undefined) return;
    const permission = player.pick(['read-only', 'read-write'] as const);
    await database.write((trx) =>
      changeMember(trx, String(row.folder_id) as ItemId, row.account_id as never, { permission, now: clock.now() }),
    );
  },
  async unshare(player) {
    const { database, clock } = player.files;
    const row: { folder_id: number; account_id: string } | undefined = await database.read('members').first();
    if (row === undefined) return;
    await database.write((trx) =>
      removeMember(trx, String(row.folder_id) as ItemId, row.account_id as never, clock.now()),
    );
  },
  async unshareAll(player) {
    const { database, clock } = player.files;
    if (player.dice.happens(0.2))
      await database.write((trx) => removeMembersOf(trx, player.who().accountId, clock.now()));
  },
  async mount(player) {
    const { database, clock, abroad } = player.files;
    const [incomingId, permission] = [player.pick(['one', 'two', 'three']), 'read-write' as const];
    await database.write((trx) =>
      addMount(trx, {
        accountId: player.who().accountId,
        incomingId,
        name: player.name(),
        permission,
        rootKey: abroad.rootKey,
        expiresAt: undefined,
        createdAt: clock.now(),
      }),
    );
  },
  async changeMount(player) {
    const { database, clock } = player.files;
    const permission = player.pick(['read-only', 'read-write'] as const);
    await database.write((trx) => changeMount(trx, player.pick(['one', 'two']), { permission, now: clock.now() }));
  },
  async unmount(player) {
    const { database, clock } = player.files;
    await database.write((trx) => removeMount(trx, player.pick(['one', 'two', 'three']), clock.now()));
  },
  async abroad(player) {
    const { abroad, tree } = player.files;
    await abroad.makeFolder(abroad.rootKey, player.name());
    const person = player.who();
    for (const { id, place } of await childrenOf(tree.list(person, ROOT_ID))) {
      if (place === 'mount') await childrenOf(tree.list(person, id));
    }
  },
  async time(player) {
    const { clock, database, trash } = player.files;
    clock.advance(DAY * player.pick([1, 1, 31]));
    await removeOverMembers(database, clock.now());
    await player.files.tree.clearStaged();
    await trash.tend();
  },
};
