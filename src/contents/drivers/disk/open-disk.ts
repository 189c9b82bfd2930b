import { fileURLToPath } from 'node:url';
import type { Medium, MediumInputs } from '../../driver/index.js';
import { DiskDriver } from './disk-driver.js';
import { IdentityGuard, settleIdentity } from './identity/index.js';

/** Opens the folder of a `file:` URL. Unless it is only read, first checks that it belongs to the database (F-01). */
export async function openDisk(url: URL, { opening, ...inputs }: MediumInputs): Promise<Medium> {
  const { random, database } = inputs;
  const folder = fileURLToPath(url);
  if (opening === 'read') return { driver: DiskDriver.forReading({ folder, random }), guard: undefined };
  const { id } = await settleIdentity({ ...inputs, folder }, opening);
  const guard = new IdentityGuard({ folder, database, random, id });
  return { driver: await DiskDriver.open({ folder, random }), guard };
}
