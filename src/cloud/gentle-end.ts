import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Stops a server (OPS-01): it accepts no new connections, finishes answers under way, and waits for nothing else.
 * Node.js alone would also wait for connections that were busy at that moment and stay open for reuse, and for those
 * that browsers open in advance.
 */
export class GentleEnd {
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  constructor(server: Server) {
    this.#server = server;
    const keep = (socket: Socket): void => {
      this.#open.add(socket);
      socket.once('close', () => this.#open.delete(socket));
    };
    server.on('connection', keep).on('secureConnection', keep);
  }

  /** To be told of every answer: one that comes to its end after the server takes its connection with it. */
  watch(response: ServerResponse): void {
    response.once('close', () => {
      if (!this.#server.listening) this.#server.closeIdleConnections();
    });
  }

  /** Ends the server; what is still under way after `patience` milliseconds is cut. */
  close(patience: number): Promise<void> {
    const server = this.#server;
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
      for (const socket of this.#open) if (socket.bytesRead === 0) socket.destroy();
    });
  }
}
