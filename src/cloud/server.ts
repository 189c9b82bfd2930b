import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Express } from 'express';
import type { Config } from '../config/index.js';
import { PACE, Pacekeeper, type PaceLimits } from '../doors/front/index.js';
import { Failure, MINUTE, SECOND } from '../kernel/index.js';
import { connectionsWithin, type Log } from '../platform/index.js';
import { GentleEnd } from './gentle-end.js';

/** A listening cloud. */
export interface Listener {
  readonly server: Server;
  listen(): Promise<void>;
  /** Takes no new connections, lets running requests finish within `patience` milliseconds, then cuts them. */
  close(patience: number): Promise<void>;
}

/** How long a client may take to send the headers of a request, milliseconds (ruling F-64). */
const HEADERS = 30 * SECOND;

const OPTIONS = {
  noDelay: true,
  keepAlive: true,
  // A path of 4,096 bytes is three times as long when it is escaped, and WebDAV's headers name it twice more.
  maxHeaderSize: 64 * 1024,
  // Node.js looks at headers that are late only every 30 s by itself.
  connectionsCheckingInterval: PACE.every,
};

/** The HTTP server of a cloud, with TLS when certificate and key are set. */
export function createListener(app: Express, config: Config, log: Log, pace: PaceLimits = PACE): Listener {
  const server = build(config);
  const pacekeeper = new Pacekeeper(pace);
  const end = new GentleEnd(server);
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    pacekeeper.watch(request, response);
    end.watch(response);
    app(request, response);
  };
  // A long upload that keeps moving is never cut by a total limit (reliability.md FLW-04): its pace is watched instead.
  server.requestTimeout = 0;
  server.headersTimeout = HEADERS;
  server.keepAliveTimeout = 65 * SECOND;
  boundConnections(server, log);
  // The door sends 100 itself, once it knows who asks (threat model PXY-09).
  server.on('request', serve).on('checkContinue', serve);
  server.once('listening', () => server.once('close', pacekeeper.begin()));
  return {
    server,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => {
          reject(notListening(error, config));
        });
        server.listen(config.listen.port, config.listen.host, () => {
          server.removeAllListeners('error');
          // An error of one connection, for example without free descriptors, must not stop the server.
          server.on('error', (err) => {
            log.error({ err }, 'a connection could not be accepted');
          });
          resolve();
        });
      }),
    close: (patience) => end.close(patience),
  };
}

/** Refuses connections beyond the limit at once, and logs that at most once a minute. */
function boundConnections(server: Server, log: Log): void {
  const most = connectionsWithin();
  if (Number.isFinite(most)) server.maxConnections = most;
  let turnedAway = 0;
  server.on('drop', () => {
    turnedAway += 1;
    if (turnedAway > 1) return;
    setTimeout(() => {
      log.warn({ most, turnedAway }, 'connections were turned away: raise the limit of open files (ulimit -n)');
      turnedAway = 0;
    }, MINUTE).unref();
  });
}

function notListening(cause: Error, { listen }: Config): Failure {
  const taken = 'code' in cause && cause.code === 'EADDRINUSE';
  const what = taken ? 'is in use by another program' : 'cannot be opened';
  return new Failure('unavailable', `Port ${String(listen.port)} on ${listen.host} ${what}. Set FOOTBRIDGE_LISTEN.`, {
    cause,
    detail: taken ? undefined : cause.message,
  });
}

function build({ tls }: Config): Server {
  if (tls === undefined) return createHttpServer(OPTIONS);
  const [cert, key] = [readPem('FOOTBRIDGE_TLS_CERT', tls.certFile), readPem('FOOTBRIDGE_TLS_KEY', tls.keyFile)];
  try {
    return createHttpsServer({ handshakeTimeout: HEADERS, cert, key, ...OPTIONS });
  } catch (cause) {
    throw unusable('FOOTBRIDGE_TLS_CERT and FOOTBRIDGE_TLS_KEY do not hold a certificate and its key.', cause);
  }
}

function readPem(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (cause) {
    throw unusable(`${setting}: ${file} cannot be read.`, cause);
  }
}

function unusable(message: string, cause: unknown): Failure {
  return new Failure('unavailable', message, { cause });
}
