import { readFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { createServer as createTcp, type AddressInfo, type Server as TcpServer, type Socket } from 'node:net';

/** Certificate of `peer.test`, `localhost`, `127.0.0.1` and `::1`, its own authority; made for tests only. */
export const PEER_CERT = readFileSync(new URL('../fixtures/tls/peer.cert.pem', import.meta.url), 'utf8');
const PEER_KEY = readFileSync(new URL('../fixtures/tls/peer.key.pem', import.meta.url), 'utf8');

/** A scripted peer on a free port of one loopback address. */
export interface ScriptedPeer {
  readonly port: number;
  readonly url: string;
  /** Connections accepted so far: a canary must stay at 0. */
  connections: number;
  readonly sockets: Set<Socket>;
  stop(): Promise<void>;
}

/** Answers http through a request listener. */
export function httpPeer(listener: RequestListener): Promise<ScriptedPeer> {
  return listen(createHttp(listener), 'http');
}

/** Answers https with {@link PEER_CERT}. */
export function httpsPeer(listener: RequestListener): Promise<ScriptedPeer> {
  return listen(createHttps({ cert: PEER_CERT, key: PEER_KEY }, listener), 'https');
}

/** Speaks raw bytes. */
export function rawPeer(onSocket: (socket: Socket) => void): Promise<ScriptedPeer> {
  return listen(createTcp(onSocket), 'http');
}

async function listen(server: Server | TcpServer, scheme: string): Promise<ScriptedPeer> {
  const sockets = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const peer: ScriptedPeer = {
    port,
    url: `${scheme}://127.0.0.1:${String(port)}`,
    connections: 0,
    sockets,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
  server.on('connection', (socket: Socket) => {
    peer.connections += 1;
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  return peer;
}
