import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import ipaddr from 'ipaddr.js';
import { LOG_LEVELS, type DatabaseLocation, type LogLevel, type SqliteDriver } from '../platform/index.js';
import { SETTINGS, type Setting } from './settings.js';

/** The settings, read once, checked and frozen. */
export interface Config {
  /** The public origin and nothing more: scheme, host, effective port. */
  readonly publicUrl: URL;
  readonly listen: { readonly host: string; readonly port: number };
  readonly cloudName: string;
  readonly dataDir: string;
  readonly database: DatabaseLocation;
  readonly storageDir: string;
  readonly smtpUrl: string | undefined;
  readonly mailFrom: string;
  readonly secretKey: string | undefined;
  readonly allowInsecurePeers: boolean;
  readonly peerExceptions: string;
  readonly sqliteDriver: SqliteDriver;
  readonly trustedProxies: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly logLevel: LogLevel;
  /** Begins and ends with a slash. */
  readonly apiPrefix: string;
  readonly defaultQuota: number | undefined;
  /** Seconds. */
  readonly drainDelay: number;
}

/** A setting that cannot be used; the message names it and says what to write. */
export class SettingError extends Error {
  constructor(setting: Setting, problem: string) {
    super(`${setting.name} ${problem}`);
    this.name = 'SettingError';
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the settings from an environment; throws {@link SettingError} on the first that makes no sense. */
export function readConfig(environment: Environment): Config {
  const read = (setting: Setting): string | undefined => {
    const value = environment[setting.name]?.trim();
    return value === undefined || value === '' ? undefined : value;
  };
  const publicUrl = readPublicUrl(read(SETTINGS.publicUrl) ?? SETTINGS.publicUrl.fallback);
  const dataDir = resolve(read(SETTINGS.dataDir) ?? SETTINGS.dataDir.fallback);
  const sqliteDriver = readSqliteDriver(read(SETTINGS.sqliteDriver));
  const listen = readListen(read(SETTINGS.listen), publicUrl);
  return Object.freeze({
    publicUrl,
    listen,
    cloudName: read(SETTINGS.cloudName) ?? publicUrl.host,
    dataDir,
    database: readDatabase(read(SETTINGS.databaseUrl), dataDir, sqliteDriver),
    storageDir: readStorage(read(SETTINGS.storageUrl), dataDir),
    smtpUrl: read(SETTINGS.smtpUrl),
    mailFrom: read(SETTINGS.mailFrom) ?? `no-reply@${publicUrl.hostname}`,
    secretKey: read(SETTINGS.secretKey),
    allowInsecurePeers: readInsecure(read(SETTINGS.allowInsecurePeers), publicUrl, listen.host),
    peerExceptions: read(SETTINGS.peerExceptions) ?? '',
    sqliteDriver,
    trustedProxies: readProxies(read(SETTINGS.trustedProxies) ?? ''),
    tls: readTls(read(SETTINGS.tlsCert), read(SETTINGS.tlsKey)),
    logLevel: readLogLevel(read(SETTINGS.logLevel)),
    apiPrefix: readPrefix(read(SETTINGS.apiPrefix) ?? SETTINGS.apiPrefix.fallback),
    defaultQuota: readWhole(SETTINGS.defaultQuota, read(SETTINGS.defaultQuota)),
    drainDelay: readWhole(SETTINGS.drainDelay, read(SETTINGS.drainDelay)) ?? 0,
  });
}

/** True for public URLs of one machine, such as `http://localhost:4001`. */
function isLocalhost(url: URL): boolean {
  return url.hostname === 'localhost' || url.hostname === '127.0.0.1' || url.hostname === '[::1]';
}

function readPublicUrl(text: string): URL {
  if (!URL.canParse(text)) throw new SettingError(SETTINGS.publicUrl, 'must be a URL such as https://cloud.example.');
  const url = new URL(text);
  const bare =
    url.pathname === '/' && url.search === '' && url.hash === '' && url.username === '' && url.password === '';
  if (!bare || !/^https?:$/.test(url.protocol)) {
    throw new SettingError(SETTINGS.publicUrl, 'must be scheme, host and port alone, such as https://cloud.example.');
  }
  return url;
}

function readListen(text: string | undefined, publicUrl: URL): Config['listen'] {
  if (text === undefined) {
    const port = publicUrl.port === '' ? (publicUrl.protocol === 'https:' ? 443 : 80) : Number(publicUrl.port);
    return { host: isLocalhost(publicUrl) ? 'localhost' : '::', port };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535)
    throw new SettingError(SETTINGS.listen, 'must be host:port, such as 127.0.0.1:4000.');
  return { host: match[1] ?? (match[2] === '' ? '::' : String(match[2])), port };
}

/** SSR-06: the trial switch refuses listeners that others can reach. */
function readInsecure(text: string | undefined, publicUrl: URL, host: string): boolean {
  const allowed = readBoolean(text) ?? isLocalhost(publicUrl);
  const loopback = ['localhost', '127.0.0.1', '::1'].includes(host);
  if (text === undefined) return allowed && loopback;
  if (allowed && !loopback) {
    throw new SettingError(SETTINGS.allowInsecurePeers, 'is for trials on one machine: it needs a loopback listener.');
  }
  return allowed;
}

function readBoolean(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined;
  if (text !== 'true' && text !== 'false')
    throw new SettingError(SETTINGS.allowInsecurePeers, 'must be true or false.');
  return text === 'true';
}

function readSqliteDriver(text: string | undefined): SqliteDriver {
  if (text === undefined || text === 'better-sqlite3') return 'better-sqlite3';
  if (text === 'sqlite3') return text;
  throw new SettingError(SETTINGS.sqliteDriver, 'must be better-sqlite3 or sqlite3.');
}

function readDatabase(text: string | undefined, dataDir: string, driver: SqliteDriver): DatabaseLocation {
  if (text === undefined) return { engine: 'sqlite', file: resolve(dataDir, 'footbridge.sqlite'), driver };
  if (/^postgres(?:ql)?:\/\//.test(text)) return { engine: 'postgres', url: text };
  throw new SettingError(SETTINGS.databaseUrl, 'must be a postgres:// URL; leave it out for SQLite.');
}

function readStorage(text: string | undefined, dataDir: string): string {
  if (text === undefined) return resolve(dataDir, 'contents');
  if (!text.startsWith('file:') || !URL.canParse(text)) {
    throw new SettingError(SETTINGS.storageUrl, 'must be a file: URL; other stores come later.');
  }
  return fileURLToPath(text);
}

function readProxies(text: string): readonly string[] {
  const proxies = text.split(',').flatMap((part) => part.trim() || []);
  const odd = proxies.find((proxy) => !ipaddr.isValid(proxy) && !ipaddr.isValidCIDR(proxy));
  if (odd === undefined) return proxies;
  throw new SettingError(SETTINGS.trustedProxies, `must hold addresses or CIDR ranges; "${odd}" is neither.`);
}

function readTls(certFile: string | undefined, keyFile: string | undefined): Config['tls'] {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined) throw new SettingError(SETTINGS.tlsCert, 'is needed beside FOOTBRIDGE_TLS_KEY.');
  if (keyFile === undefined) throw new SettingError(SETTINGS.tlsKey, 'is needed beside FOOTBRIDGE_TLS_CERT.');
  return { certFile, keyFile };
}

function readLogLevel(text: string | undefined): LogLevel {
  const level = LOG_LEVELS.find((each) => each === (text ?? SETTINGS.logLevel.fallback));
  if (level === undefined) throw new SettingError(SETTINGS.logLevel, `must be one of ${LOG_LEVELS.join(', ')}.`);
  return level;
}

function readPrefix(text: string): string {
  if (!/^\/(?:[A-Za-z0-9._~-]+\/)*$/.test(text))
    throw new SettingError(SETTINGS.apiPrefix, 'must be a path such as /v1/.');
  return text;
}

function readWhole(setting: Setting, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new SettingError(setting, 'must be a whole number.');
  return Number(text);
}

/** Reads the settings of this process. The one reader of the environment. */
export function configFromEnvironment(): Config {
  return readConfig(process.env);
}
