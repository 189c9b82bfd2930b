import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/**
 * What a gatehouse does with a request for files: another status than the cloud's, no answer, a reset, or something
 * else that broken networks do.
 */
export type Mood = 'open' | 'hang' | 'reset' | 'page' | 'junk' | 'short' | number;

/** Broken answers: a page in place of an API, something that is not HTTP, and an answer that breaks off. */
const BROKEN = {
  page: 'HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<h1>Hello</h1>',
  junk: '\u0016\u0003\u0001 junk',
  short: 'HTTP/1.1 207 Multi-Status\r\ncontent-type: application/xml\r\ncontent-length: 500\r\n\r\n<?xml vers',
} as const;

/** The storage API, and the roots of Open Cloud Mesh. */
const FOR_FILES = /^\/(?:v1|public\.php\/webdav|dav\/ocm)(?:\/|$)/;

/** A proxy at a cloud's public address. Only requests for files are held up; all others pass. */
export interface Gatehouse {
  mood: Mood;
  /** Requests for files so far. */
  readonly asked: number;
  close(): Promise<void>;
}

/** Opens one at `publicUrl`; the cloud listens at `port`. */
export async function openGatehouse(publicUrl: string, port: number): Promise<Gatehouse> {
  const house = { mood: 'open' as Mood, asked: 0 };
  const server = createServer((request, response) => {
    const isForFiles = FOR_FILES.test(request.url ?? '');
    if (isForFiles) house.asked += 1;
    if (!isForFiles || house.mood === 'open') pass(request, response, port);
    else refuse(request, response, house.mood);
  }).listen(Number(new URL(publicUrl).port), 'localhost');
  await once(server, 'listening');
  return Object.assign(house, { close: () => closed(server) });
}

function refuse(request: IncomingMessage, response: ServerResponse, mood: Exclude<Mood, 'open'>): void {
  request.resume();
  if (typeof mood === 'number') response.writeHead(mood).end('not now');
  else if (mood === 'reset') request.socket.resetAndDestroy();
  else if (mood !== 'hang') request.socket.end(BROKEN[mood]);
}

function pass(request: IncomingMessage, response: ServerResponse, port: number): void {
  const { method, url: path, headers } = request;
  const onward = ask({ host: 'localhost', port, method, path, headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', () => response.destroy());
  request.pipe(onward);
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
