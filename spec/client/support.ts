import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { createStorageClient, StorageError, type StorageClient } from '../../src/client/index.js';
import type { Signature, Storage } from '../doors/stacksync/support.js';

/** A client of the storage API under test, for one of its apps. */
export function clientOf({ origin, clock, ana }: Storage, who: Signature = ana): StorageClient {
  return createStorageClient({ base: `${origin}/v1`, credentials: who, method: who.method, now: () => clock.now() });
}

/** A server that answers as a test wrote down; its origin. */
export async function scripted(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

/** Status and words of a refusal; throws when there was none. */
export async function refusalOf(promise: Promise<unknown>): Promise<{ status: number; message: string }> {
  const error: unknown = await promise.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof StorageError)) throw error;
  return { status: error.status, message: error.message };
}
