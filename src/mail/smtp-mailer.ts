import { createTransport, type SMTPTransportOptions } from 'nodemailer';
import { Failure, invalid, SECOND } from '../kernel/index.js';
import type { Mail, Mailer } from './mailer.js';
import { composeMail, type Letterhead } from './message.js';

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

/** Sends through the mail server of `FOOTBRIDGE_SMTP_URL` and no other (SSR-04), one connection per mail. */
export class SmtpMailer implements Mailer {
  readonly #letterhead: Letterhead;
  readonly #transport: ReturnType<typeof openTransport>;

  constructor(options: Letterhead & { readonly smtpUrl: string; readonly limits?: Partial<SmtpLimits> }) {
    this.#letterhead = options;
    this.#transport = openTransport(smtpOptions(options.smtpUrl, { ...LIMITS, ...options.limits }));
  }

  async send(mail: Mail): Promise<void> {
    const message = composeMail(mail, this.#letterhead);
    try {
      await this.#transport.sendMail(message);
    } catch (error) {
      throw smtpFailure(error);
    }
  }
}

function openTransport(options: SMTPTransportOptions) {
  return createTransport(options);
}

/** Reads `smtp://user:pass@host:port` or `smtps://…`; `invalid` without repeating the password when it is neither. */
function smtpOptions(smtpUrl: string, limits: SmtpLimits): SMTPTransportOptions {
  const url = URL.canParse(smtpUrl) ? new URL(smtpUrl) : undefined;
  if (url === undefined || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') {
    throw invalid('FOOTBRIDGE_SMTP_URL must look like smtp://user:pass@host:port.');
  }
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const auth = url.username === '' ? undefined : { user: decode(url.username), pass: decode(url.password) };
  return {
    host,
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    // A password never travels in the clear beyond this machine (G6).
    requireTLS: auth !== undefined && !secure && !isLoopback(host),
    connectionTimeout: limits.connect,
    dnsTimeout: limits.connect,
    greetingTimeout: limits.greeting,
    socketTimeout: limits.idle,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(auth === undefined ? {} : { auth }),
  };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid('FOOTBRIDGE_SMTP_URL has a badly escaped user or password.');
  }
}

/** A recipient or message refused with 5xx is final; everything else, the login included, may heal. */
function smtpFailure(error: unknown): Failure {
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
