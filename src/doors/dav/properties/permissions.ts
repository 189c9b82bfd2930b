import type { Item } from '../../../files/index.js';
import type { Principal } from '../../../kernel/index.js';

/**
 * What the asker may do with an item, in the letters that ownCloud's clients read (webdav.md 1.6): `S` shared with
 * them, `R` may share on, `M` in a mount, `G` read, `D` delete, `N` rename, `V` move, `W` write, `C` add files, `K` add
 * folders. Another cloud with the secret of a share gets the letters of an owner, without `R`, because no grant allows
 * sharing on.
 */
export function permissionsOf(item: Item, principal: Principal): string {
  const { kind, place, permission, isShareTop, incomingId } = item;
  if (place === 'root') return 'GCK';
  if (principal.kind === 'grant') return lettersOfGrant(item);
  const isOwn = isOwnOf(item, principal);
  const start = `${isOwn ? 'R' : 'S'}${incomingId === undefined ? '' : 'M'}G`;
  if (permission === 'read-only') return start;
  const adds = kind === 'folder' ? 'CK' : 'W';
  return isShareTop ? start + adds : `${start}DNV${adds}`;
}

/**
 * The shared folder itself has the letters for delete, rename and move too, as at a Nextcloud, although doing that is
 * refused.
 */
function lettersOfGrant({ kind, permission }: Item): string {
  if (permission === 'read-only') return 'G';
  return kind === 'folder' ? 'GDNVCK' : 'GDNVW';
}

/** What Open Cloud Mesh calls the permissions of a share. */
type ShareWord = 'share' | 'read' | 'write';

/** What somebody may do with an item, in the words of Open Cloud Mesh and as the bits of ownCloud's sharing (open-cloud-mesh.md 8). */
export interface SharePermissions {
  readonly words: readonly ShareWord[];
  readonly bits: number;
}

/** What an owner may allow others, or what a grant allows its cloud; undefined for items of other people. */
export function sharePermissionsOf(item: Item, principal: Principal): SharePermissions | undefined {
  const isOwn = isOwnOf(item, principal);
  if (item.place === 'root' || !(isOwn || principal.kind === 'grant')) return undefined;
  const writes = item.permission === 'read-write';
  const change = item.kind === 'folder' ? BITS.update + BITS.create + BITS.delete : BITS.update + BITS.delete;
  return {
    words: [...(isOwn ? (['share'] as const) : []), 'read', ...(writes ? (['write'] as const) : [])],
    bits: BITS.read + (writes ? change : 0) + (isOwn ? BITS.share : 0),
  };
}

const BITS = { read: 1, update: 2, create: 4, delete: 8, share: 16 } as const;

/** True for what the asker owns and can share on. */
export function isOwnOf({ ownerId }: Item, principal: Principal): boolean {
  return principal.kind === 'person' && principal.accountId === ownerId;
}
