import { onTestFinished } from 'vitest';
import type { Log } from '../../src/platform/index.js';
import { send, type Answer } from '../journeys/support/wire.js';
import { openTown, type Settings, type Station, type Town } from '../support/open-pair.js';

/** Two whole clouds that do not know each other yet. */
export interface Strangers extends Town {
  readonly alder: Station;
  readonly birch: Station;
}

/** Opens them; they are closed when the running test ends. */
export async function openStrangers(settings: Settings = {}, log?: Log): Promise<Strangers> {
  const town = await openTown(() => Promise.resolve(settings), log);
  onTestFinished(() => town.close());
  const [alder, birch] = [await town.found('Alder'), await town.found('Birch')];
  await alder.services.neighbours.peers.remove('Birch');
  await birch.services.neighbours.peers.remove('Alder');
  return Object.assign(town, { alder, birch });
}

/** `from` asks `to` to join; answers the code, and the id under which the request is found at `to`. */
export async function ask(from: Station, to: Station): Promise<{ code: string; joinId: string; id: string }> {
  const { code, id: joinId } = await from.services.joining.joins.start(to.url, 'ada');
  const { id } = await requestAt(to);
  return { code, joinId, id };
}

/** The one request at a cloud, once it has been read. */
export async function requestAt({ services }: Station) {
  await services.joining.joinRequests.readWaiting();
  const [request] = await services.joining.joinRequests.list();
  if (request === undefined) throw new Error('nobody asks to join');
  return request;
}

/** Both clouds become peers. */
export async function join(from: Station, to: Station): Promise<void> {
  const { id, code } = await ask(from, to);
  await to.services.joining.joinRequests.approve(id, code, 'bea');
  await heard(from, to);
}

/** Waits until nobody asks after anybody in the background. */
export async function heard(...stations: readonly Station[]): Promise<void> {
  for (const { services } of [...stations, ...stations]) await services.joining.probes.settled();
}

/** How the peers of a cloud were last found to be, by name. */
export async function outcomesAt({ services }: Station): Promise<Readonly<Record<string, string | undefined>>> {
  const peers = await services.neighbours.peers.list();
  return Object.fromEntries(peers.map(({ name, probe }) => [name, probe?.outcome]));
}

/** POSTs JSON as anybody can. */
export function postJson(url: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return send(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text });
}
