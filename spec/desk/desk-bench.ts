import { Desk, type CommentDraft, type LockClaim, type Lookup } from '../../src/desk/index.js';
import { DeskLocator } from '../../src/federation/index.js';
import { ROOT_ID, type ItemId, type Permission } from '../../src/kernel/index.js';
import { addMember, addMount, type Item } from '../../src/files/index.js';
import type { Database } from '../../src/platform/index.js';
import { childrenOf, openFilesBench, textContent, type FilesBench } from '../files/files-bench.js';

/** A desk over a real tree: Ana's folder `Plans` with `budget` in it, and `diary` beside it. */
export interface DeskBench extends FilesBench {
  readonly desk: Desk;
  readonly plans: Item;
  readonly budget: Item;
  readonly diary: Item;
  /** Makes Bo a member of `Plans`. */
  shareWithBo(permission?: Permission): Promise<void>;
  /** Mounts the foreign cloud in Bo's tree and answers the ids of the mount and of a file below it. */
  mountAtBo(): Promise<{ readonly mountId: ItemId; readonly fileId: ItemId; readonly fileKey: string }>;
}

/** Opens the bench; grants were given to the cloud that `clouds` names, or to Birch. */
export async function openDeskBench(
  database: Database,
  clouds: ReadonlyMap<string, string> = new Map(),
): Promise<DeskBench> {
  const files = await openFilesBench(database);
  const { tree, ana, bo, clock, abroad } = files;
  const places = new DeskLocator({
    database,
    tree,
    deskAbroad: () => Promise.reject(new Error('nobody keeps a desk here')),
    cloudOf: async (_q, { grantId }) => clouds.get(grantId) ?? 'Birch',
  });
  const plans = await tree.makeFolder(ana, ROOT_ID, 'Plans');
  return {
    ...files,
    desk: new Desk({ database, clock, places, cloudName: 'Alder' }),
    plans,
    budget: await tree.create(ana, plans.id, 'budget', textContent('42')),
    diary: await tree.create(ana, ROOT_ID, 'diary', textContent('dear')),
    async shareWithBo(permission = 'read-write') {
      const member = { folderId: plans.id, accountId: bo.accountId, permission, joinedAt: clock.now() };
      await database.write((trx) => addMember(trx, { ...member, expiresAt: undefined }));
    },
    async mountAtBo() {
      const { key: fileKey } = await abroad.create(abroad.rootKey, 'far', textContent('far'));
      const place = { accountId: bo.accountId, incomingId: 'in-1', name: 'Far', rootKey: abroad.rootKey };
      const terms = { permission: 'read-write', expiresAt: undefined, createdAt: clock.now() } as const;
      const mount = await database.write((trx) => addMount(trx, { ...place, ...terms }));
      const [child] = await childrenOf(tree.list(bo, mount.id));
      return { mountId: mount.id, fileId: child?.id ?? mount.id, fileKey };
    },
  };
}

/** Everything on an item, whatever clouds are called. */
export const ALL: Lookup = { cloud: '', everywhere: true };

/** What a desktop says of a comment. */
export function says(text: string, user = 'eyeana', cloud = 'Stacksync'): CommentDraft {
  return { user, cloud, text };
}

/** What a desktop says of a lock. */
export function claims(user = 'eyeana', changes: Partial<LockClaim> = {}): LockClaim {
  const desktop = { cloud: 'Stacksync', ipserver: '192.0.2.1', datetime: '2015-05-12 10:50:00' };
  return { user, ...desktop, minutes: 10, ...changes };
}
