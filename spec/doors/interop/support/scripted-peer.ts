import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it arrived at a scripted server. */
export interface Received {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** What it answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A server that answers by script and remembers what it was asked: another cloud, or a place where nothing may arrive. */
export interface ScriptedPeer {
  /** `http://localhost:PORT` */
  readonly url: string;
  readonly received: readonly Received[];
  /** Decides answers from now on; undefined breaks the connection without one. */
  reply: (request: Received) => Reply | undefined;
  /** Forgets what was asked. */
  forget(): void;
  close(): Promise<void>;
}

/** Opens one on loopback; until told otherwise it answers 404. */
export async function openScriptedPeer(): Promise<ScriptedPeer> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, 'localhost', resolve);
  });
  const peer: ScriptedPeer = {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    received,
    reply: () => ({ status: 404 }),
    forget: () => void received.splice(0),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url: target = '', headers } = request;
    const arrived = { method, target, headers, body: await text(request) };
    received.push(arrived);
    const reply = peer.reply(arrived);
    if (reply === undefined) request.socket.destroy();
    else response.writeHead(reply.status, reply.headers).end(reply.body ?? '');
  };
  return peer;
}
