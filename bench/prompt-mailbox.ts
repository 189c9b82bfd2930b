import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import PostalMime from 'postal-mime';
import { linksOf } from '../spec/support/mailbox.js';

/**
 * A mail server that greets at once. The one of the specs waits 100 ms to catch clients that talk early, and that would
 * be measured too.
 */
export interface PromptMailbox {
  /** For `FOOTBRIDGE_SMTP_URL`. */
  readonly url: string;
  /** The link of the next letter that invites `address`; ask before it can arrive. */
  nextInvitation(address: string): Promise<string>;
  stop(): void;
}

/** Starts one on a free port. Keeps nothing but the links that somebody waits for. */
export async function startPromptMailbox(): Promise<PromptMailbox> {
  const waiting = new Map<string, (link: string) => void>();
  const receive = async (raw: string, to: string): Promise<void> => {
    const { text = '', html = '' } = await PostalMime.parse(raw);
    const link = linksOf({ text, html }).find((href) => new URL(href).pathname.startsWith('/invitations/'));
    if (link !== undefined) waiting.get(to)?.(link);
  };
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    void converse(socket, receive);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `smtp://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    nextInvitation: (address) => new Promise((resolve) => waiting.set(address, resolve)),
    stop: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** As much of SMTP as a client needs that sends one mail to one address a connection (RFC 5321). */
async function converse(socket: Socket, receive: (raw: string, to: string) => Promise<void>): Promise<void> {
  let to = '';
  let body: string[] | undefined;
  socket.write('220 bench\r\n');
  for await (const line of createInterface(socket)) {
    if (body === undefined) {
      to = /^RCPT TO:<(.+)>/i.exec(line)?.[1] ?? to;
      if (/^DATA/i.test(line)) body = [];
      socket.write(body === undefined ? '250 yes\r\n' : '354 go on\r\n');
    } else if (line === '.') {
      await receive(body.join('\r\n'), to);
      body = undefined;
      socket.write('250 taken\r\n');
    } else body.push(line.startsWith('.') ? line.slice(1) : line);
  }
}
