/** One row of the settings table: what `docs/settings.md` is made of and what `readConfig` reads. */
export interface Setting {
  readonly name: string;
  /** As the operator would write it, or how it is found when nothing is set. */
  readonly fallback: string;
  readonly meaning: string;
}

/** Every setting that this program reads (product.md, "Operator's interface"). */
export const SETTINGS = {
  publicUrl: {
    name: 'FOOTBRIDGE_PUBLIC_URL',
    fallback: 'http://localhost:4000',
    meaning:
      'the URL under which people and peers reach this cloud; a localhost URL listens on loopback only, any other on all interfaces',
  },
  listen: {
    name: 'FOOTBRIDGE_LISTEN',
    fallback: 'port of the public URL',
    meaning: 'host:port to listen on',
  },
  cloudName: {
    name: 'FOOTBRIDGE_CLOUD_NAME',
    fallback: 'host of the public URL',
    meaning: 'the name that pages, mails and peers show',
  },
  dataDir: {
    name: 'FOOTBRIDGE_DATA_DIR',
    fallback: './data',
    meaning: 'embedded database, file contents, generated secret key',
  },
  databaseUrl: {
    name: 'FOOTBRIDGE_DATABASE_URL',
    fallback: 'SQLite in the data folder',
    meaning: 'postgres://… when several replicas serve one cloud',
  },
  storageUrl: {
    name: 'FOOTBRIDGE_STORAGE_URL',
    fallback: 'file: under the data folder',
    meaning: 'where contents are kept, as a file: URL',
  },
  smtpUrl: {
    name: 'FOOTBRIDGE_SMTP_URL',
    fallback: 'none: mails are written as .eml files to mail/ in the data folder',
    meaning:
      'smtp://user:pass@host:port, with STARTTLS where the server offers it, or smtps://…; on loopback its certificate is not checked',
  },
  smtpCa: {
    name: 'FOOTBRIDGE_SMTP_CA',
    fallback: 'none',
    meaning: "PEM file with certificate authorities trusted besides the system's, for the mail server",
  },
  mailFrom: { name: 'FOOTBRIDGE_MAIL_FROM', fallback: 'no-reply@ + host', meaning: 'sender of mails' },
  secretKey: {
    name: 'FOOTBRIDGE_SECRET_KEY',
    fallback: 'generated once into the data folder',
    meaning:
      'encrypts secrets at rest and signs sessions: at least 32 random bytes, base64url; the same on every replica',
  },
  allowInsecurePeers: {
    name: 'FOOTBRIDGE_ALLOW_INSECURE_PEERS',
    fallback: 'false (true only for localhost public URLs)',
    meaning:
      'permits http: and loopback or private addresses for peers, and PLAINTEXT over http:, for trials on one machine',
  },
  peerExceptions: {
    name: 'FOOTBRIDGE_PEER_EXCEPTIONS',
    fallback: 'none',
    meaning: 'peers that may have private addresses, as host:port=CIDR, separated by commas; https is still required',
  },
  peerCa: {
    name: 'FOOTBRIDGE_PEER_CA',
    fallback: 'none',
    meaning: "PEM file with certificate authorities trusted besides the system's, for peers",
  },
  ocmOpen: {
    name: 'FOOTBRIDGE_OCM_OPEN',
    fallback: 'false',
    meaning:
      'whether people here and on Open Cloud Mesh servers that nobody registered as peers may share with each other; blocked peers stay blocked',
  },
  ocmSignatures: {
    name: 'FOOTBRIDGE_OCM_SIGNATURES',
    fallback: 'opportunistic',
    meaning:
      'signatures on messages of Open Cloud Mesh: off (never looked at), opportunistic (checked where there is one, required of servers known to sign) or required; `peer set --signatures` decides for one peer',
  },
  ocmStringsOnly: {
    name: 'FOOTBRIDGE_OCM_STRINGS_ONLY',
    fallback: 'go-client',
    meaning:
      'to whom /.well-known/ocm names protocols by strings alone, because OpenCloud reads nothing else there: off, go-client (user agents Go-http-client/*) or always',
  },
  sqliteDriver: {
    name: 'FOOTBRIDGE_SQLITE_DRIVER',
    fallback: 'better-sqlite3',
    meaning: 'or sqlite3',
  },
  trustedProxies: {
    name: 'FOOTBRIDGE_TRUSTED_PROXIES',
    fallback: 'none',
    meaning: "addresses or CIDR ranges whose forwarded headers count, for the client's address and https",
  },
  tlsCert: { name: 'FOOTBRIDGE_TLS_CERT', fallback: 'none', meaning: 'PEM file: serve https without a proxy in front' },
  tlsKey: { name: 'FOOTBRIDGE_TLS_KEY', fallback: 'none', meaning: 'PEM file with the key of the certificate' },
  logLevel: {
    name: 'FOOTBRIDGE_LOG_LEVEL',
    fallback: 'info',
    meaning: 'trace, debug, info, warn, error, fatal or silent',
  },
  apiPrefix: {
    name: 'FOOTBRIDGE_API_PREFIX',
    fallback: '/v1/',
    meaning: 'where the storage API is served, for clients that know another base',
  },
  defaultQuota: {
    name: 'FOOTBRIDGE_DEFAULT_QUOTA',
    fallback: 'none (no limit)',
    meaning: 'bytes for an account without a quota of its own',
  },
  inlineLimit: {
    name: 'FOOTBRIDGE_INLINE_LIMIT',
    fallback: '2147483648',
    meaning:
      'bytes that contents up to 16 KiB may take in the database, where they are written together with their rows; beyond, and with 0, they go to the storage folder like all others',
  },
  trashDays: {
    name: 'FOOTBRIDGE_TRASH_DAYS',
    fallback: '30',
    meaning:
      'days that deleted items, and the files of removed people, can be restored; then they go for good. Over quota the oldest go earlier',
  },
  versions: {
    name: 'FOOTBRIDGE_VERSIONS',
    fallback: '1d=all,7d=1h,30d=1d,365d=1w,last=3',
    meaning:
      'how older versions of files thin out: up to which age one version an hour (h), day (d) or week (w) stays, or all; older ones go, but the last so many stay',
  },
  drainDelay: {
    name: 'FOOTBRIDGE_DRAIN_DELAY',
    fallback: '0',
    meaning: 'seconds between /readyz 503 and the end of new work after SIGTERM',
  },
} as const satisfies Record<string, Setting>;
