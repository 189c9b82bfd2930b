import { pino, type Logger } from 'pino';

/** Structured log; each room gets a child named after it. */
export type Log = Logger;

/** Levels that `FOOTBRIDGE_LOG_LEVEL` knows. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * A JSON log on standard error (standard output belongs to commands). Credentials never reach it: whatever is logged
 * under these names is cut out (threat model SEC-02); callers log route templates instead of URLs (PRO-15).
 */
export function createLog(level: LogLevel, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    redact: {
      paths: ['authorization', 'cookie', 'password', 'secret', 'token', '*.authorization', '*.cookie', '*.password', '*.secret', '*.token'],
      censor: '[removed]',
    },
  };
  return destination === undefined ? pino(options, pino.destination(2)) : pino(options, destination);
}
