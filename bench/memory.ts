import type { CloudProcess } from '../spec/support/cloud-process.js';

const EVERY = 50;

/** By how much the resident memory of a cloud grew at most, over what it was before, bytes. */
export interface Growth {
  readonly name: string;
  readonly bytes: number;
}

/** Looks at the memory of clouds while work is done. */
export async function watchMemory(clouds: readonly CloudProcess[], work: () => Promise<void>): Promise<Growth[]> {
  const before = await Promise.all(clouds.map((cloud) => cloud.rss()));
  const peak = [...before];
  const look = async (): Promise<void> => {
    for (const [index, cloud] of clouds.entries()) peak[index] = Math.max(peak[index] ?? 0, await cloud.rss());
  };
  const timer = setInterval(() => void look(), EVERY);
  try {
    await work();
    await look();
  } finally {
    clearInterval(timer);
  }
  return clouds.map(({ name }, index) => ({ name, bytes: (peak[index] ?? 0) - (before[index] ?? 0) }));
}
