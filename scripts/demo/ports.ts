import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Ports } from './options.js';

const USERS: Readonly<Record<keyof Ports, string>> = { alder: 'Alder', birch: 'Birch', mailbox: 'the mailbox' };

/** Throws, naming them, when something listens on any of these ports already. */
export async function requireFreePorts(ports: Ports): Promise<void> {
  const taken: string[] = [];
  for (const [user, port] of Object.entries(ports) as [keyof Ports, number][]) {
    if (!(await isFree(port))) taken.push(`port ${String(port)} (for ${USERS[user]})`);
  }
  if (taken.length === 0) return;
  throw new Error(
    `Something else listens on ${taken.join(' and ')}. Stop it, or choose others: npm run demo -- --ports 4101,4102,4103`,
  );
}

/** `localhost` may be either loopback address; a machine without IPv6 has only one. */
async function isFree(port: number): Promise<boolean> {
  for (const host of ['127.0.0.1', '::1']) if ((await tryListen(port, host)) === 'EADDRINUSE') return false;
  return true;
}

async function tryListen(port: number, host: string): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    server.close();
    await once(server, 'close');
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
