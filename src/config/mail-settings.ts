import { readEmail } from '../kernel/index.js';
import { SettingError } from './setting-error.js';
import { SETTINGS } from './settings.js';

/** The mail server that `FOOTBRIDGE_SMTP_URL` names. */
export interface MailServer {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  /** TLS from the first byte (`smtps:`); else STARTTLS where the server offers it. */
  readonly secure: boolean;
  readonly login: { readonly user: string; readonly password: string } | undefined;
}

const SHAPE = 'must look like smtp://user:pass@host:port or smtps://user:pass@host:port';

/** Reads the mail server; the refusal does not repeat the password. */
export function readMailServer(text: string): MailServer {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['smtp:', 'smtps:'].includes(url.protocol) || url.hostname === '') throw refused(SHAPE);
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') {
    throw refused(`${SHAPE}, with nothing behind the port`);
  }
  const secure = url.protocol === 'smtps:';
  if (url.username === '' && url.password !== '') throw refused('has a password without a user');
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 465 : 587) : Number(url.port),
    secure,
    login: url.username === '' ? undefined : { user: unescaped(url.username), password: unescaped(url.password) },
  };
}

/** Reads the sender of mails: one bare address. */
export function readSender(text: string): string {
  const email = readEmail(text);
  if (email !== undefined) return email;
  throw new SettingError(SETTINGS.mailFrom, 'must be one bare e-mail address, such as no-reply@cloud.example.');
}

function unescaped(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused('has a badly escaped user or password: write % as %25, @ as %40, : as %3A and / as %2F');
  }
}

function refused(problem: string): SettingError {
  return new SettingError(SETTINGS.smtpUrl, `${problem}.`);
}
