import { open } from 'node:fs/promises';
import { DiskDriver, DrivenContentStore, type DiskDriverOptions, type DrivenInputs } from '../../src/contents/index.js';

/** Contents in a folder, without the layers that stand before them in a cloud. */
export async function diskContents(
  inputs: DiskDriverOptions & Omit<DrivenInputs, 'driver'>,
): Promise<DrivenContentStore> {
  return new DrivenContentStore({ ...inputs, driver: await DiskDriver.open(inputs) });
}

/** Changes one byte of a file, whatever it is. */
export async function flipByte(path: string, position: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8() ^ 1);
  await file.write(byte, 0, 1, position);
  await file.close();
}
