import { DiskDriver, DrivenContentStore, type DiskDriverOptions, type DrivenInputs } from '../../src/contents/index.js';

/** Contents in a folder, without the layers that stand before them in a cloud. */
export async function diskContents(
  inputs: DiskDriverOptions & Omit<DrivenInputs, 'driver'>,
): Promise<DrivenContentStore> {
  return new DrivenContentStore({ ...inputs, driver: await DiskDriver.open(inputs) });
}
