import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import { Failure, mailHost, SECOND } from '../kernel/index.js';
import { authoritiesBeside, isLoopback } from '../platform/index.js';
import type { Mail, Mailer } from './mailer.js';
import { composeMail, type Letterhead } from './message.js';
import { checkUtf8Address } from './utf8-addresses.js';

/** How long the mail server may take; milliseconds. */
export interface SmtpLimits {
  /** Name, TCP and TLS. */
  readonly connect: number;
  /** Its first line. */
  readonly greeting: number;
  /** Silence in the middle. */
  readonly idle: number;
}

const LIMITS: SmtpLimits = { connect: 10 * SECOND, greeting: 10 * SECOND, idle: 30 * SECOND };

/** The mail server. */
export interface SmtpServer {
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte; else STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

/** What an {@link SmtpMailer} is told beside what stands in every mail. */
export interface SmtpOptions {
  readonly server: SmtpServer;
  /** Host of the public URL: who we say we are (EHLO). */
  readonly publicHost: string;
  /** Certificate authorities trusted besides the system's, PEM. */
  readonly ca?: string | undefined;
  readonly limits?: Partial<SmtpLimits>;
}

/** Sends through the mail server of `FOOTBRIDGE_SMTP_URL` and no other (SSR-04), one connection per mail. */
export class SmtpMailer implements Mailer {
  readonly #letterhead: Letterhead;
  readonly #options: SMTPTransportOptions;
  readonly #transport: ReturnType<typeof openTransport>;

  constructor(options: Letterhead & SmtpOptions) {
    this.#letterhead = options;
    this.#options = smtpOptions(options);
    this.#transport = openTransport(this.#options);
  }

  async send(mail: Mail): Promise<void> {
    const message = composeMail(mail, this.#letterhead);
    try {
      await checkUtf8Address(mail.to, this.#options);
      await this.#transport.sendMail(message);
    } catch (error) {
      throw smtpFailure(error);
    }
  }
}

function openTransport(options: SMTPTransportOptions) {
  return createTransport(options);
}

function smtpOptions({ server, publicHost, ca, limits: changed }: SmtpOptions): SMTPTransportOptions {
  const { host, port, secure, login } = server;
  const limits = { ...LIMITS, ...changed };
  return {
    host,
    port,
    secure,
    name: mailHost(publicHost),
    // A password is never sent in clear text to another machine (G6).
    requireTLS: login !== undefined && !secure && !isLoopback(host),
    tls: {
      // A mail server on this machine needs no certificate (F-49).
      rejectUnauthorized: !isLoopback(host),
      ...(ca !== undefined && { ca: authoritiesBeside(ca) }),
    },
    connectionTimeout: limits.connect,
    dnsTimeout: limits.connect,
    greetingTimeout: limits.greeting,
    socketTimeout: limits.idle,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(login !== undefined && { auth: { user: login.user, pass: login.password } }),
  };
}

/**
 * A recipient or message that is refused with 5xx is final; after any other error, also of the login, a retry may
 * succeed.
 */
function smtpFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = '', command = '', responseCode = 0, message = '' } = error as Partial<SmtpError>;
  const options = { detail: `${code} ${command} ${message}`.trim(), cause: error };
  const final = responseCode >= 500 && (command === 'RCPT TO' || command === 'DATA');
  if (final) return new Failure('invalid', 'The mail server refuses this recipient.', options);
  return new Failure('unavailable', 'Mail cannot be sent at the moment.', options);
}

interface SmtpError extends Error {
  readonly code: string;
  readonly command: string;
  readonly responseCode: number;
}
