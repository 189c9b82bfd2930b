import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Settler } from '../support/process-pair.js';

/** Asks for content and reads nothing of it. */
export async function standAt(settler: Settler, id: number): Promise<Socket> {
  const target = `/v1/file/${String(id)}/data`;
  const { hostname, port, host } = new URL(settler.at.url);
  const socket = connect(Number(port), hostname).on('error', () => undefined);
  await once(socket, 'connect');
  const headers = { ...settler.app.headers('GET', target), host };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${target} HTTP/1.1\r\n${lines.join('')}\r\n`);
  await once(socket, 'readable');
  return socket;
}

/** Each of some people opens their file so many times, without reading. */
export async function standTogether(
  people: readonly Settler[],
  each: number,
  ids: readonly number[],
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  for (let round = 0; round < each; round += 1) {
    const some = people.map((settler, index) => standAt(settler, ids[index] ?? 0));
    sockets.push(...(await Promise.all(some)));
  }
  return sockets;
}
