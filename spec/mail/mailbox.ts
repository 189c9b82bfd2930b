import type { AddressInfo } from 'node:net';
import type { SMTPServerOptions } from 'smtp-server';
import type { ReceivedMail } from '../contracts/mailer.js';
import { SpecSmtpServer } from '../support/smtp-server.js';

/** A real mail server on loopback that keeps what it is given. */
export interface Mailbox {
  readonly url: string;
  readonly port: number;
  readonly received: ReceivedMail[];
  stop(): Promise<void>;
}

/** Starts a mail server; `options` may make it refuse. */
export async function openMailbox(options: SMTPServerOptions = {}): Promise<Mailbox> {
  const received: ReceivedMail[] = [];
  const server = new SpecSmtpServer({
    onData(stream, session, done) {
      void stream.toArray().then((chunks: unknown) => {
        const { mailFrom, rcptTo } = session.envelope;
        const from = mailFrom === false ? '' : mailFrom.address;
        received.push({
          raw: Buffer.concat(chunks as Buffer[]),
          envelope: { from, to: rcptTo.map((to) => to.address) },
        });
        done();
      }, done);
    },
    ...options,
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${String(port)}`,
    port,
    received,
    stop: () =>
      new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      ),
  };
}
