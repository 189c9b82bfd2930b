import { pino, type Logger } from 'pino';

/** Structured log; each room gets a child named after it. */
export type Log = Logger;

/** Levels that `FOOTBRIDGE_LOG_LEVEL` knows. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Names of fields with credentials, in any spelling: `set-cookie`, `tokenSecret`, `oauth_signature`. */
const SECRET_NAME = /authorization|cookie|password|secret|token|verifier|signature/i;

/** The same for the bindings of a child log, where pino passes only names. */
const CARRIED = ['authorization', 'cookie', 'password', 'secret', 'token'];

const REMOVED = '[removed]';

/** Levels of objects that are searched: enough for a request with headers inside an event. */
const MAX_DEPTH = 6;

/**
 * A JSON log on standard error (standard output belongs to commands). Credentials never reach it: values under names
 * like those of credentials are removed, at any depth (threat model SEC-02); callers log route templates instead of
 * URLs (PRO-15).
 */
export function createLog(level: LogLevel, destination?: { write(line: string): void }): Log {
  const options = {
    level,
    base: null,
    formatters: { log: strip },
    serializers: Object.fromEntries(CARRIED.map((name) => [name, () => REMOVED])),
  };
  return destination === undefined ? pino(options, pino.destination(2)) : pino(options, destination);
}

function strip(entry: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, stripped(name, value, 1)]));
}

function stripped(name: string, value: unknown, depth: number): unknown {
  if (SECRET_NAME.test(name)) return REMOVED;
  if (typeof value !== 'object' || value === null || hasOwnForm(value)) return value;
  if (depth === MAX_DEPTH) return '[deeper]';
  if (Array.isArray(value)) return value.map((one) => stripped('', one, depth + 1));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, stripped(key, one, depth + 1)]));
}

/** Errors are written by pino itself; dates, URLs and buffers say how they want to be written. */
function hasOwnForm(value: object): boolean {
  return value instanceof Error || 'toJSON' in value;
}
