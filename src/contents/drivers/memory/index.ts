import type { Medium, MediumInputs } from '../../driver/index.js';
import { MemoryDriver } from './memory-driver.js';

export { MemoryDriver };

/** Opens a new memory, separate for each call. */
export function openMemory(_url: URL, inputs: Pick<MediumInputs, 'clock'>): Promise<Medium> {
  return Promise.resolve({ driver: new MemoryDriver(inputs), guard: undefined });
}
