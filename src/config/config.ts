import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import ipaddr from 'ipaddr.js';
import { characterCount, isFailure, mailHost } from '../kernel/index.js';
import { isIP } from 'node:net';
import {
  isLoopback,
  LOG_LEVELS,
  parsePeerExceptions,
  type DatabaseLocation,
  type LogLevel,
  type PeerException,
  type SqliteDriver,
} from '../platform/index.js';
import { readAuthorities } from './authorities.js';
import { readMailServer, readSender, type MailServer } from './mail-settings.js';
import { readOcm, type OcmSettings } from './ocm-settings.js';
import { SettingError, type Environment } from './setting-error.js';
import { SETTINGS, type Setting } from './settings.js';
import { unknownSettings } from './unknown-settings.js';
import { parseVersions, type VersionsRule } from './versions.js';

/** The settings, read once, checked and frozen. */
export interface Config {
  /** The public origin and nothing more: scheme, host, effective port. */
  readonly publicUrl: URL;
  readonly listen: { readonly host: string; readonly port: number };
  readonly cloudName: string;
  readonly dataDir: string;
  readonly database: DatabaseLocation;
  /** Names a folder of this machine. */
  readonly storageUrl: string;
  readonly mailServer: MailServer | undefined;
  /** Certificate authorities trusted besides the system's, PEM: for the mail server, and for peers. */
  readonly smtpCa: string | undefined;
  readonly peerCa: string | undefined;
  readonly mailFrom: string;
  readonly secretKey: string | undefined;
  readonly allowInsecurePeers: boolean;
  readonly peerExceptions: readonly PeerException[];
  readonly ocm: OcmSettings;
  readonly sqliteDriver: SqliteDriver;
  readonly trustedProxies: readonly string[];
  readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
  readonly logLevel: LogLevel;
  /** Begins and ends with a slash. */
  readonly apiPrefix: string;
  readonly defaultQuota: number | undefined;
  /** Bytes that small contents may take in the database. */
  readonly inlineLimit: number;
  /** Days that deleted items can be restored. */
  readonly trashDays: number;
  readonly versions: VersionsRule;
  /** Seconds. */
  readonly drainDelay: number;
  /** Sentences for the operator about names in the environment that are no settings. */
  readonly warnings: readonly string[];
}

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
    cloudName: readCloudName(read(SETTINGS.cloudName) ?? publicUrl.host),
    dataDir,
    database: readDatabase(read(SETTINGS.databaseUrl), dataDir, sqliteDriver),
    storageUrl: readStorage(read(SETTINGS.storageUrl), dataDir),
    mailServer: readOptional(read(SETTINGS.smtpUrl), readMailServer),
    smtpCa: readOptional(read(SETTINGS.smtpCa), (file) => readAuthorities(SETTINGS.smtpCa, file)),
    peerCa: readOptional(read(SETTINGS.peerCa), (file) => readAuthorities(SETTINGS.peerCa, file)),
    mailFrom: readOptional(read(SETTINGS.mailFrom), readSender) ?? `no-reply@${mailHost(publicUrl.hostname)}`,
    secretKey: readSecretKey(environment[SETTINGS.secretKey.name]),
    allowInsecurePeers: readInsecure(read(SETTINGS.allowInsecurePeers), publicUrl, listen.host),
    peerExceptions: readExceptions(read(SETTINGS.peerExceptions) ?? ''),
    ocm: readOcm(read),
    sqliteDriver,
    trustedProxies: readProxies(read(SETTINGS.trustedProxies) ?? ''),
    tls: readTls(read(SETTINGS.tlsCert), read(SETTINGS.tlsKey)),
    logLevel: readLogLevel(read(SETTINGS.logLevel)),
    apiPrefix: readPrefix(read(SETTINGS.apiPrefix) ?? SETTINGS.apiPrefix.fallback),
    defaultQuota: readWhole(SETTINGS.defaultQuota, read(SETTINGS.defaultQuota)),
    inlineLimit: Number(readWhole(SETTINGS.inlineLimit, read(SETTINGS.inlineLimit) ?? SETTINGS.inlineLimit.fallback)),
    trashDays: readTrashDays(read(SETTINGS.trashDays) ?? SETTINGS.trashDays.fallback),
    versions: readVersions(read(SETTINGS.versions) ?? SETTINGS.versions.fallback),
    drainDelay: readDrainDelay(read(SETTINGS.drainDelay)),
    warnings: unknownSettings(environment),
  });
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

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/;

function readListen(text: string | undefined, publicUrl: URL): Config['listen'] {
  if (text === undefined) {
    const port = publicUrl.port === '' ? (publicUrl.protocol === 'https:' ? 443 : 80) : Number(publicUrl.port);
    return { host: ownHost(publicUrl), port };
  }
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2] ?? '';
  if (match === null || port > 65_535 || (host !== '' && isIP(host) === 0 && !HOST_NAME.test(host)))
    throw new SettingError(SETTINGS.listen, 'must be host:port, such as 127.0.0.1:4000.');
  return { host: match[1] ?? (match[2] === '' ? '::' : String(match[2])), port };
}

/** Where a public URL is reached: on the loopback address that it names, else on all interfaces. */
function ownHost({ hostname }: URL): string {
  return isLoopback(hostname) ? hostname.replace(/^\[|\]$/g, '') : '::';
}

/** SSR-06: the trial switch refuses listeners that others can reach. */
function readInsecure(text: string | undefined, publicUrl: URL, host: string): boolean {
  const allowed = readBoolean(text) ?? isLoopback(publicUrl.hostname);
  const loopback = isLoopback(host);
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
  if (/^postgres(?:ql)?:\/\//.test(text) && URL.canParse(text)) return { engine: 'postgres', url: text };
  throw new SettingError(SETTINGS.databaseUrl, 'must be a postgres:// URL; leave it out for SQLite.');
}

function readStorage(text: string | undefined, dataDir: string): string {
  if (text === undefined) return pathToFileURL(resolve(dataDir, 'contents')).href;
  if (!text.startsWith('file:') || !URL.canParse(text)) {
    throw new SettingError(SETTINGS.storageUrl, 'must be a file: URL; other stores come later.');
  }
  try {
    fileURLToPath(text);
    return text;
  } catch {
    throw new SettingError(SETTINGS.storageUrl, 'must name a folder of this machine, such as file:///var/footbridge.');
  }
}

/** Mails, pages and peers show it on one line. */
function readCloudName(text: string): string {
  if (characterCount(text) <= 100 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return text;
  throw new SettingError(SETTINGS.cloudName, 'must be one line of at most 100 characters.');
}

/** An empty key is refused: a variable was probably not filled in (F-71). */
function readSecretKey(text: string | undefined): string | undefined {
  const key = text?.trim();
  if (key === '') throw new SettingError(SETTINGS.secretKey, 'is set but empty: fill it in, or leave it out.');
  return key;
}

function readExceptions(text: string): readonly PeerException[] {
  try {
    return parsePeerExceptions(text);
  } catch (error) {
    if (!isFailure(error)) throw error;
    throw new SettingError(SETTINGS.peerExceptions, `cannot be used: ${error.message}`);
  }
}

/** An hour: what is longer overflows the timer, or is a slip. */
const LONGEST_DRAIN = 3_600;

function readDrainDelay(text: string | undefined): number {
  const seconds = readWhole(SETTINGS.drainDelay, text) ?? 0;
  if (seconds <= LONGEST_DRAIN) return seconds;
  throw new SettingError(SETTINGS.drainDelay, `must be at most ${String(LONGEST_DRAIN)} seconds.`);
}

function readOptional<Value>(text: string | undefined, read: (text: string) => Value): Value | undefined {
  return text === undefined ? undefined : read(text);
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

function readTrashDays(text: string): number {
  if (!/^\d{1,4}$/.test(text)) throw new SettingError(SETTINGS.trashDays, 'must be a number of days from 0 to 9999.');
  return Number(text);
}

function readVersions(text: string): VersionsRule {
  const rule = parseVersions(text);
  if (rule !== undefined) return rule;
  throw new SettingError(
    SETTINGS.versions,
    `must be ages that rise, each with one version an hour, day or week or all, and the last: ${SETTINGS.versions.fallback}`,
  );
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
