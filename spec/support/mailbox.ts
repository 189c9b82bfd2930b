import type { AddressInfo } from 'node:net';
import PostalMime from 'postal-mime';
import type { SMTPServerDataStream } from 'smtp-server';
import { elements, readHtml } from './html.js';
import { SpecSmtpServer } from './smtp-server.js';

/** A mail as it lies in the mailbox. */
export interface Letter {
  /** 1 for the first that arrived. */
  readonly number: number;
  readonly from: string;
  /** The name beside the sender's address. */
  readonly fromName: string;
  /** The recipients of the envelope. */
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly receivedAt: Date;
  readonly raw: Buffer;
}

/** A real SMTP server on loopback that keeps what it is given. */
export interface Mailbox {
  /** For `FOOTBRIDGE_SMTP_URL`. */
  readonly url: string;
  readonly port: number;
  /** In the order of arrival. */
  readonly letters: readonly Letter[];
  /** The first letter, here already or to come, that fits; throws after `deadline` milliseconds (20 000). */
  waitFor(fits: (letter: Letter) => boolean, deadline?: number): Promise<Letter>;
  /** The first letter to `address`, here already or to come; with `after`, only letters of a higher number count. */
  waitForMailTo(address: string, options?: { after?: number; deadline?: number }): Promise<Letter>;
  stop(): Promise<void>;
}

/** Starts a mailbox; port 0 takes a free one. Nothing of it keeps a process alive after `stop`. */
export async function startMailbox({ port = 0 }: { port?: number } = {}): Promise<Mailbox> {
  const letters: Letter[] = [];
  const listeners = new Set<(letter: Letter) => void>();
  const receive = async (stream: SMTPServerDataStream, to: readonly string[]): Promise<void> => {
    const raw = Buffer.concat((await stream.toArray()) as Buffer[]);
    const letter = await readLetter(raw, to, letters.length + 1);
    letters.push(letter);
    for (const tell of [...listeners]) tell(letter);
  };
  const server = await listen(port, receive);
  const waitFor: Mailbox['waitFor'] = async (fits, deadline = 20_000) =>
    letters.find(fits) ?? arrival(listeners, fits, deadline, () => letters);
  const bound = (server.server.address() as AddressInfo).port;
  return {
    url: `smtp://127.0.0.1:${String(bound)}`,
    port: bound,
    letters,
    waitFor,
    waitForMailTo: (address, { after = 0, deadline } = {}) =>
      waitFor(({ number, to }) => number > after && to.includes(address), deadline),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** Every distinct address that a letter links to, in its text and in its HTML. */
export function linksOf({ text, html }: Pick<Letter, 'text' | 'html'>): readonly string[] {
  const typed = text.match(/https?:\/\/[^\s<>"]*[^\s<>".,;:!?)]/g) ?? [];
  const linked = elements(readHtml(html), 'a').map(({ attributes }) => attributes['href'] ?? '');
  return [...new Set([...typed, ...linked.filter((href) => /^https?:/.test(href))])];
}

/** The link to an invitation in a letter; throws when there is none. */
export function invitationIn(letter: Letter): string {
  const link = linksOf(letter).find((href) => new URL(href).pathname.startsWith('/invitations/'));
  if (link === undefined) throw new Error(`no invitation in “${letter.subject}” to ${letter.to.join(', ')}`);
  return link;
}

/** The link to the page of a proposal in a letter; throws when there is none. */
export function proposalIn(letter: Letter): string {
  const link = linksOf(letter).find((href) => new URL(href).pathname.startsWith('/interop/proposals/'));
  if (link === undefined) throw new Error(`no proposal in “${letter.subject}” to ${letter.to.join(', ')}`);
  return link;
}

/** The first invitation to `address` after the letter numbered `after`, whatever else is mailed there meanwhile. */
export function waitForInvitation(mailbox: Pick<Mailbox, 'waitFor'>, address: string, after = 0): Promise<Letter> {
  const fits = (letter: Letter): boolean =>
    letter.number > after && letter.to.includes(address) && isInvitation(letter);
  return mailbox.waitFor(fits);
}

/** True for a letter that invites somebody. */
export function isInvitation(letter: Letter): boolean {
  return linksOf(letter).some((href) => new URL(href).pathname.startsWith('/invitations/'));
}

type Receive = (stream: SMTPServerDataStream, to: readonly string[]) => Promise<void>;

async function listen(port: number, receive: Receive): Promise<SpecSmtpServer> {
  const server = new SpecSmtpServer({
    onData(stream, session, done) {
      const to = session.envelope.rcptTo.map(({ address }) => address);
      receive(stream, to).then(() => done(), done);
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return server;
}

async function readLetter(raw: Buffer, to: readonly string[], number: number): Promise<Letter> {
  const mail = await PostalMime.parse(raw);
  const { subject = '', text = '', html = '' } = mail;
  const { address: from = '', name: fromName = '' } = mail.from ?? {};
  return { number, from, fromName, to, subject, text, html, receivedAt: new Date(), raw };
}

function arrival(
  listeners: Set<(letter: Letter) => void>,
  fits: (letter: Letter) => boolean,
  deadline: number,
  received: () => readonly Letter[],
): Promise<Letter> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      listeners.delete(tell);
      const there = received().map(({ to, subject }) => `“${subject}” to ${to.join(', ')}`);
      reject(new Error(`no such mail within ${String(deadline / 1000)} s; there are: ${there.join('; ') || 'none'}`));
    }, deadline);
    const tell = (letter: Letter): void => {
      if (!fits(letter)) return;
      clearTimeout(timer);
      listeners.delete(tell);
      resolve(letter);
    };
    listeners.add(tell);
  });
}
