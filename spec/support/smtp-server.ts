import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/**
 * A real SMTP server for specs. As its package has it, a server lets everybody wait a tenth of a second before it greets
 * them, to see who talks too soon, and asks for the name of their address: with thousands of letters these were minutes.
 */
export class SpecSmtpServer extends SMTPServer {
  constructor(options: SMTPServerOptions) {
    super({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      closeTimeout: 0,
      ...options,
      disableReverseLookup: true,
    });
    // A sender that disconnects early is no error of this server.
    this.on('error', () => undefined);
  }

  override connect(socket: Socket | TLSSocket, ...more: unknown[]): void {
    super.connect(socket, ...(more as []));
    const connection = [...this.connections].at(-1);
    if (connection === undefined) return;
    const greet = connection.connectionReady.bind(connection);
    connection.connectionReady = () => undefined;
    setImmediate(greet);
  }
}
