import { readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Express } from 'express';
import type { Config } from '../config/index.js';
import { Failure, SECOND } from '../kernel/index.js';
import type { Log } from '../platform/index.js';

/** A listening cloud. */
export interface Listener {
  readonly server: Server;
  listen(): Promise<void>;
  /** Takes no new connections, lets running requests finish within `patience` milliseconds, then cuts them. */
  close(patience: number): Promise<void>;
}

/** The HTTP server of a cloud, with TLS when certificate and key are set. */
export function createListener(app: Express, config: Config, log: Log): Listener {
  const server = build(app, config);
  // A long upload that keeps moving is never cut by a total limit (reliability.md FLW-04); headers are not waited for long.
  server.requestTimeout = 0;
  server.headersTimeout = 30 * SECOND;
  server.keepAliveTimeout = 65 * SECOND;
  // The door answers 100 itself, after it knows who asks (threat model PXY-09).
  server.on('checkContinue', (request, response) => {
    app(request, response);
  });
  return {
    server,
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', (error) => {
          reject(notListening(error, config));
        });
        server.listen(config.listen.port, config.listen.host, () => {
          server.removeAllListeners('error');
          // Trouble with one connection, as when there are no descriptors left, is no reason to stop serving.
          server.on('error', (err) => {
            log.error({ err }, 'a connection could not be accepted');
          });
          resolve();
        });
      }),
    close: (patience) => closeGently(server, patience),
  };
}

function notListening(cause: Error, { listen }: Config): Failure {
  const taken = 'code' in cause && cause.code === 'EADDRINUSE';
  const what = taken ? 'is in use by another program' : 'cannot be opened';
  return new Failure('unavailable', `Port ${String(listen.port)} on ${listen.host} ${what}. Set FOOTBRIDGE_LISTEN.`, {
    cause,
    detail: taken ? undefined : cause.message,
  });
}

function build(app: Express, { tls }: Config): Server {
  const options = { noDelay: true, keepAlive: true, maxHeaderSize: 16 * 1024 };
  if (tls === undefined) return createHttpServer(options, app);
  const [cert, key] = [readPem('FOOTBRIDGE_TLS_CERT', tls.certFile), readPem('FOOTBRIDGE_TLS_KEY', tls.keyFile)];
  try {
    return createHttpsServer({ ...options, cert, key }, app);
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

function closeGently(server: Server, patience: number): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, patience);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
}
