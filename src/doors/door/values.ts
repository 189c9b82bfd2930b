import { z } from 'zod';

/** A UTC time as `storageTime` writes it (stacksync-api-v2.md 2). */
export const StorageTime = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{1,6}$/)
  .meta({
    id: 'StorageTime',
    description: 'A time in UTC, with one to six digits after the second.',
    examples: ['2026-11-02 09:00:00.000'],
  });

/** What a member may do in a shared folder. */
export const Permitted = z.enum(['read-only', 'read-write']).meta({ id: 'Permission' });

/** Somebody by name and address. */
export const Person = z.object({ name: z.string(), email: z.string() }).meta({
  id: 'Person',
  description: 'Somebody of this cloud or another.',
  examples: [{ name: 'Cleo Costa', email: 'cleo@alder.example' }],
});

/** A state as it goes over the wire (cloudspaces-interop.md 8). */
export function stateWord<State extends string>(state: State): Uppercase<State> {
  return state.toUpperCase() as Uppercase<State>;
}
