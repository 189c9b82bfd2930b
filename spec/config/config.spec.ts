import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readConfig, SETTINGS, SettingError } from '../../src/config/index.js';

function refusal(environment: Record<string, string>): string {
  try {
    readConfig(environment);
    return 'accepted';
  } catch (error) {
    if (error instanceof SettingError) return error.message;
    throw error;
  }
}

describe('the settings', () => {
  it('work on one machine with nothing set', () => {
    const config = readConfig({});
    expect(config.publicUrl.origin).toBe('http://localhost:4000');
    expect(config.listen).toEqual({ host: 'localhost', port: 4000 });
    expect(config).toMatchObject({
      cloudName: 'localhost:4000',
      apiPrefix: '/v1/',
      allowInsecurePeers: true,
      drainDelay: 0,
    });
    expect(config.database).toMatchObject({ engine: 'sqlite', driver: 'better-sqlite3' });
  });

  it('OCM-01 let no strangers of Open Cloud Mesh in, and check signatures, unless they say otherwise', () => {
    expect(readConfig({}).ocm).toEqual({ isOpen: false, signatures: 'opportunistic', stringsOnly: 'go-client' });
    const open = {
      FOOTBRIDGE_OCM_OPEN: 'true',
      FOOTBRIDGE_OCM_SIGNATURES: 'required',
      FOOTBRIDGE_OCM_STRINGS_ONLY: 'off',
    };
    expect(readConfig(open).ocm).toEqual({ isOpen: true, signatures: 'required', stringsOnly: 'off' });
  });

  it('listen on all interfaces under any public URL that is not localhost, on its port', () => {
    expect(readConfig({ FOOTBRIDGE_PUBLIC_URL: 'https://cloud.example' }).listen).toEqual({ host: '::', port: 443 });
    expect(readConfig({ FOOTBRIDGE_PUBLIC_URL: 'http://cloud.example:8080' }).listen).toEqual({
      host: '::',
      port: 8080,
    });
    const listen = readConfig({
      FOOTBRIDGE_PUBLIC_URL: 'https://cloud.example',
      FOOTBRIDGE_LISTEN: '127.0.0.1:4000',
    }).listen;
    expect(listen).toEqual({ host: '127.0.0.1', port: 4000 });
  });

  it('SSR-06 allow insecure peers only behind a loopback listener', () => {
    const production = { FOOTBRIDGE_PUBLIC_URL: 'https://cloud.example' };
    expect(readConfig(production).allowInsecurePeers).toBe(false);
    expect(refusal({ ...production, FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' })).toContain('loopback listener');
    const behind = { ...production, FOOTBRIDGE_LISTEN: '127.0.0.1:4000', FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' };
    expect(readConfig(behind).allowInsecurePeers).toBe(true);
    expect(readConfig({ FOOTBRIDGE_LISTEN: '0.0.0.0:4000' }).allowInsecurePeers).toBe(false);
    expect(readConfig({ FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'false' }).allowInsecurePeers).toBe(false);
  });

  it('name themselves when they make no sense', () => {
    const nonsense: Record<string, string> = {
      FOOTBRIDGE_PUBLIC_URL: 'https://cloud.example/path',
      FOOTBRIDGE_LISTEN: 'everywhere',
      FOOTBRIDGE_DATABASE_URL: 'mysql://x',
      FOOTBRIDGE_STORAGE_URL: 's3://bucket',
      FOOTBRIDGE_SQLITE_DRIVER: 'sqlite',
      FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'yes',
      FOOTBRIDGE_LOG_LEVEL: 'loud',
      FOOTBRIDGE_API_PREFIX: 'v1',
      FOOTBRIDGE_DEFAULT_QUOTA: '1 GB',
      FOOTBRIDGE_DRAIN_DELAY: '-1',
      FOOTBRIDGE_TLS_KEY: '/key.pem',
      FOOTBRIDGE_TRUSTED_PROXIES: '10.0.0.1, proxy.example',
    };
    for (const [name, value] of Object.entries(nonsense)) {
      const message = refusal({ [name]: value });
      expect([name, message]).toEqual([name, expect.stringMatching(/^FOOTBRIDGE_/)]);
      expect(message).not.toBe('accepted');
    }
  });

  it('are each refused at the start with their name and what to write (F-49)', () => {
    const peerKey = fileURLToPath(new URL('../fixtures/tls/peer.key.pem', import.meta.url));
    const nonsense: readonly (readonly [string, string, RegExp])[] = [
      ['FOOTBRIDGE_PUBLIC_URL', 'cloud.example', /must be/],
      ['FOOTBRIDGE_LISTEN', 'two words:4000', /must be host:port/],
      ['FOOTBRIDGE_LISTEN', '127.0.0.1:99999', /must be host:port/],
      ['FOOTBRIDGE_CLOUD_NAME', 'two\nlines', /one line/],
      ['FOOTBRIDGE_CLOUD_NAME', 'x'.repeat(101), /100 characters/],
      ['FOOTBRIDGE_DATABASE_URL', 'postgres://user:secret@[x/db', /must be a postgres/],
      ['FOOTBRIDGE_STORAGE_URL', 'file://elsewhere/contents', /folder of this machine/],
      ['FOOTBRIDGE_SMTP_URL', 'localhost:25', /must look like smtp:/],
      ['FOOTBRIDGE_SMTP_URL', 'http://mail.example', /must look like smtp:/],
      ['FOOTBRIDGE_SMTP_URL', 'smtp://', /must look like smtp:/],
      ['FOOTBRIDGE_SMTP_URL', 'smtp://user:secret@mail.example/?pool=true', /nothing behind the port/],
      ['FOOTBRIDGE_SMTP_URL', 'smtp://:secret@mail.example', /without a user/],
      ['FOOTBRIDGE_SMTP_URL', 'smtp://user:secret%E0%A4%A@mail.example', /badly escaped/],
      ['FOOTBRIDGE_SMTP_CA', '/nowhere/ca.pem', /cannot be read \(ENOENT\)/],
      ['FOOTBRIDGE_PEER_CA', peerKey, /holds none/],
      ['FOOTBRIDGE_MAIL_FROM', 'Alder <no-reply@alder.example>', /one bare e-mail address/],
      ['FOOTBRIDGE_SECRET_KEY', '', /set but empty/],
      ['FOOTBRIDGE_SECRET_KEY', '  ', /set but empty/],
      ['FOOTBRIDGE_PEER_EXCEPTIONS', 'peer.example=10.0.0.0/8', /host:port=CIDR/],
      ['FOOTBRIDGE_DEFAULT_QUOTA', '10GiB', /whole number/],
      ['FOOTBRIDGE_DRAIN_DELAY', '3601', /at most 3600/],
      ['FOOTBRIDGE_OCM_OPEN', 'yes', /one of false, true/],
      ['FOOTBRIDGE_OCM_SIGNATURES', 'on', /one of off, opportunistic, required/],
      ['FOOTBRIDGE_OCM_STRINGS_ONLY', 'true', /one of off, go-client, always/],
    ];
    for (const [name, value, reason] of nonsense) {
      const message = refusal({ [name]: value });
      expect([name, message]).toEqual([name, expect.stringMatching(new RegExp(`^${name} .*${reason.source}`, 's'))]);
      expect(message).not.toContain('secret@');
      expect(message).not.toContain('secret%');
    }
  });

  it('say of a name that is none which one comes closest, and start (F-49)', () => {
    expect(
      readConfig({ FOOTBRIDGE_SMPT_URL: 'smtp://x', FOOTBRIDGE_DATADIR: '/x', FOOTBRIDGE_BANANAS: '1' }).warnings,
    ).toEqual([
      'FOOTBRIDGE_BANANAS is not a setting of this version and is ignored. See docs/settings.md.',
      'FOOTBRIDGE_DATADIR is not a setting of this version and is ignored. Did you mean FOOTBRIDGE_DATA_DIR?',
      'FOOTBRIDGE_SMPT_URL is not a setting of this version and is ignored. Did you mean FOOTBRIDGE_SMTP_URL?',
    ]);
    expect(readConfig({ FOOTBRIDGE_CLOUD_NAME: 'Alder', PATH: '/bin' }).warnings).toEqual([]);
  });

  it('read a mail server with its login, and the certificates of a file', () => {
    const ca = fileURLToPath(new URL('../fixtures/tls/office-ca.cert.pem', import.meta.url));
    const config = readConfig({
      FOOTBRIDGE_SMTP_URL: 'smtps://ana%40a.test:p%3Ass%2Fw@[::1]',
      FOOTBRIDGE_SMTP_CA: ca,
      FOOTBRIDGE_PEER_CA: ca,
    });
    expect(config.mailServer).toEqual({
      host: '::1',
      port: 465,
      secure: true,
      login: { user: 'ana@a.test', password: 'p:ss/w' },
    });
    for (const pem of [config.smtpCa, config.peerCa]) expect(pem).toMatch(/^-----BEGIN CERTIFICATE-----/);
  });

  it('are taken as unset when empty', () => {
    expect(readConfig({ FOOTBRIDGE_SMTP_URL: ' ', FOOTBRIDGE_CLOUD_NAME: '' })).toMatchObject({
      mailServer: undefined,
      cloudName: 'localhost:4000',
    });
  });

  it('stand in one table, each with a name of its own and a meaning', () => {
    const rows = Object.values(SETTINGS);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) expect(row.meaning.length).toBeGreaterThan(5);
  });
});

describe('loopback', () => {
  it('is all of 127/8 and ::1, for public URLs and for listeners (F-50)', () => {
    for (const host of ['127.0.0.1', '127.0.0.2', '127.255.255.254', '[::1]', '[::ffff:127.0.0.1]', 'localhost']) {
      const { listen, allowInsecurePeers } = readConfig({ FOOTBRIDGE_PUBLIC_URL: `http://${host}:4000` });
      expect([host, allowInsecurePeers, listen.port]).toEqual([host, true, 4000]);
      expect(listen.host).toBe(new URL(`http://${host}`).hostname.replace(/[[\]]/g, ''));
      const behind = readConfig({ FOOTBRIDGE_LISTEN: `${host}:4000`, FOOTBRIDGE_ALLOW_INSECURE_PEERS: 'true' });
      expect([host, behind.allowInsecurePeers]).toEqual([host, true]);
    }
    for (const host of ['128.0.0.1', '10.0.0.1', '[::]', '[::2]', 'localhost.example', '127.example']) {
      expect([host, readConfig({ FOOTBRIDGE_PUBLIC_URL: `http://${host}` }).allowInsecurePeers]).toEqual([host, false]);
      expect([host, readConfig({ FOOTBRIDGE_LISTEN: `${host}:4000` }).allowInsecurePeers]).toEqual([host, false]);
    }
  });

  it('is where a cloud with such an address answers under its own public URL (F-50)', async () => {
    for (const host of ['[::1]', '127.0.0.2']) {
      const { listen } = readConfig({ FOOTBRIDGE_PUBLIC_URL: `http://${host}:4000` });
      const server = createServer((_request, response) => response.end('here'));
      await new Promise<void>((resolve) => server.listen(0, listen.host, resolve));
      const { port } = server.address() as AddressInfo;
      expect(await (await fetch(`http://${host}:${String(port)}/`)).text()).toBe('here');
      server.close();
    }
  });
});

describe('a secret key', () => {
  it('that is set but empty is refused at the start: a fresh one would open nothing that is stored (F-71)', () => {
    for (const key of ['', ' ', '\t\n']) {
      expect(() => readConfig({ FOOTBRIDGE_SECRET_KEY: key })).toThrow(/FOOTBRIDGE_SECRET_KEY is set but empty/);
    }
    expect(readConfig({}).secretKey).toBeUndefined();
  });
});
