import type { Station } from './open-pair.js';

/** Makes clouds that are peers already servers of Open Cloud Mesh to each other, as their administrators would. */
export async function introduceByMesh(one: Station, other: Station): Promise<void> {
  for (const [here, there] of [
    [one, other],
    [other, one],
  ] as const) {
    await here.services.neighbours.peers.set(there.name, { ocm: { host: new URL(there.url).host, isPlain: true } });
  }
}
