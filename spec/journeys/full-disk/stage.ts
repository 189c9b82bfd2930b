import { open, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { createSigner, type Credentials } from '../../../src/oauth1/index.js';
import { systemClock, systemRandom } from '../../../src/platform/index.js';
import { startCloud, type CloudProcess } from '../../support/cloud-process.js';
import { smallDisk } from '../../support/mounts.js';
import { createPerson, type Person } from '../../support/person.js';
import { ANA } from '../../support/seeds.js';
import { StorageClient } from '../support/storage-client.js';

export const PASSWORD = 'correct horse battery staple';

/** A cloud as a process, all of it on a disk of 160 MiB, and a person with an app. */
export interface Stage {
  readonly cloud: CloudProcess;
  readonly ana: Person;
  readonly keys: Credentials;
  readonly app: StorageClient;
  /** Takes every byte that is free on the disk, again and again as often as asked. */
  fillDisk(): Promise<void>;
  /** Gives it back. */
  freeDisk(): Promise<void>;
  /** Bytes that are kept for what must work. */
  reserve(): Promise<number>;
  close(): Promise<void>;
}

/** Sets everything up. */
export async function openStage(): Promise<Stage> {
  const disk = await smallDisk(160);
  const cloud = await startCloud({ name: 'Alder', dataDir: path.join(disk.folder, 'data') });
  await cloud.cli(['user', 'add', ANA.email, '--name', ANA.name, '--admin', '--password-stdin'], PASSWORD);
  await cloud.cli(['client', 'add', 'App']);
  const keys = credentialsOf(await cloud.ask<Issued>(['token', 'add', ANA.email, '--client', 'App']));
  const ana = personAt();
  await ana.signIn(cloud.url);
  const filler = path.join(disk.folder, 'filler');
  return {
    cloud,
    ana,
    keys,
    app: new StorageClient(cloud.url, keys),
    fillDisk: () => takeAll(filler),
    freeDisk: () => rm(filler),
    reserve: async () => (await stat(path.join(cloud.dataDir, 'reserve'))).size,
    async close() {
      await cloud.stop();
      await disk.unmount();
    },
  };
}

interface Issued {
  readonly consumerKey: string;
  readonly consumerSecret: string;
  readonly token: string;
  readonly tokenSecret: string;
}

function credentialsOf({ consumerKey, consumerSecret, token, tokenSecret }: Issued): Credentials {
  return { consumerKey, consumerSecret, token, tokenSecret };
}

/** Somebody at a browser of their own. */
export function personAt(): Person {
  return createPerson({ ...ANA, password: PASSWORD });
}

/** One signed request that can be sent again as it is. */
export function signedOnce({ cloud, keys }: Stage, file: string): () => Promise<number> {
  const url = new URL(file, `${cloud.url}/v1/`);
  const signer = createSigner({ clock: systemClock, random: systemRandom, insecure: true });
  const headers = { authorization: signer.header({ method: 'GET', url }, keys), 'stacksync-api': 'v2' };
  return async () => {
    const answer = await fetch(url, { headers });
    await answer.arrayBuffer();
    return answer.status;
  };
}

async function takeAll(file: string): Promise<void> {
  const handle = await open(file, 'a');
  try {
    for (let piece = 1024 * 1024; piece >= 1;) {
      const full = await handle.appendFile(Buffer.alloc(piece)).then(
        () => false,
        () => true,
      );
      if (full) piece = Math.floor(piece / 4);
    }
  } finally {
    await handle.close();
  }
}
