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

  it('are taken as unset when empty', () => {
    expect(readConfig({ FOOTBRIDGE_SMTP_URL: ' ', FOOTBRIDGE_CLOUD_NAME: '' })).toMatchObject({
      smtpUrl: undefined,
      cloudName: 'localhost:4000',
    });
  });

  it('stand in one table, each with a name of its own and a meaning', () => {
    const rows = Object.values(SETTINGS);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) expect(row.meaning.length).toBeGreaterThan(5);
  });
});
