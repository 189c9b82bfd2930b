import { describe, expect, it } from 'vitest';
import { Failure } from '../../src/kernel/index.js';
import { discover, wellKnown } from '../../src/peers/index.js';
import type { OutboundAnswer, OutboundCall } from '../../src/platform/index.js';

const OURS = wellKnown({
  name: 'Birch',
  publicUrl: 'https://birch.example/',
  apiPrefix: '/v1/',
  emailDomains: ['mail.example'],
  joins: true,
}) as Record<string, unknown>;

/** A network on which every address answers the same. */
function network(
  document: unknown,
  status = 200,
): { asked: OutboundCall[]; call(request: OutboundCall): Promise<OutboundAnswer> } {
  const asked: OutboundCall[] = [];
  const body = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
  return {
    asked,
    call: async (request) => {
      asked.push(request);
      if (document instanceof Failure) throw document;
      return { status, headers: {}, body };
    },
  };
}

const without = (key: string): unknown => Object.fromEntries(Object.entries(OURS).filter(([name]) => name !== key));

describe('our own document', () => {
  it('has the keys of the wire contract and nothing else', () => {
    expect(OURS).toEqual({
      name: 'Birch',
      protocol_versions: ['1.0'],
      transport_share: 'server-post',
      endpoint_share: 'https://birch.example/interop/share',
      endpoint_unshare: 'https://birch.example/interop/unshare',
      endpoint_credentials: 'https://birch.example/interop/credentials',
      storage_apis: [{ storage_api: 'stacksync-v2', base: 'https://birch.example/v1/' }],
      endpoint_join: 'https://birch.example/interop/join',
      email_domains: ['mail.example'],
      logo: 'https://birch.example/assets/logo.png',
      return_url: 'https://birch.example/shares',
    });
  });

  it('leaves out what this cloud does not have', () => {
    const document = wellKnown({ name: 'Birch', publicUrl: 'https://birch.example', apiPrefix: '/v1/' });
    expect(Object.keys(document)).not.toContain('endpoint_join');
    expect(Object.keys(document)).not.toContain('email_domains');
  });
});

describe('discovery', () => {
  it('reads what another gateway says of itself', async () => {
    const birch = network(OURS);
    expect(await discover(birch, 'https://birch.example')).toEqual({
      name: 'Birch',
      transport: 'server-post',
      storageApi: 'stacksync-v2',
      storageBase: 'https://birch.example/v1/',
      shareUrl: 'https://birch.example/interop/share',
      unshareUrl: 'https://birch.example/interop/unshare',
      credentialsUrl: 'https://birch.example/interop/credentials',
      joinUrl: 'https://birch.example/interop/join',
      returnUrl: 'https://birch.example/shares',
      origins: ['https://birch.example'],
      emailDomains: ['mail.example'],
      logoUrl: 'https://birch.example/assets/logo.png',
    });
    expect(birch.asked).toMatchObject([{ method: 'GET', url: 'https://birch.example/.well-known/cloudspaces' }]);
  });

  it.each([
    'https://birch.example/',
    'https://birch.example/.well-known/cloudspaces',
    ' https://BIRCH.example/?from=mail',
  ])('asks the same address for %s', async (text) => {
    const birch = network(OURS);
    await discover(birch, text);
    expect(birch.asked[0]?.url).toBe('https://birch.example/.well-known/cloudspaces');
  });

  it('ignores unknown keys and takes a peer without optional ones', async () => {
    const { name, protocol_versions, endpoint_share, endpoint_credentials, storage_apis } = OURS;
    const least = { name, protocol_versions, endpoint_share, endpoint_credentials, storage_apis, x_color: 'green' };
    expect(await discover(network(least), 'https://birch.example')).toMatchObject({
      transport: 'server-post',
      unshareUrl: undefined,
      emailDomains: [],
    });
  });

  it('prefers the storage API that this gateway knows', async () => {
    const storage_apis = [{ storage_api: 'other', base: 'https://birch.example/o/' }, ...(OURS['storage_apis'] as [])];
    expect((await discover(network({ ...OURS, storage_apis }), 'https://birch.example')).storageApi).toBe(
      'stacksync-v2',
    );
  });

  it('PRO-08 tames the name that the document claims', async () => {
    const found = await discover(
      network({ ...OURS, name: `Bir\u202ech\n${'x'.repeat(500)}` }),
      'https://birch.example',
    );
    expect(found.name).toMatch(/^Birch x{94}$/);
  });

  const failures: readonly [why: string, document: unknown, status?: number][] = [
    ['a closed port', new Failure('peer-failed', 'The other cloud could not be reached.', { detail: 'ECONNREFUSED' })],
    ['silence', new Failure('peer-timeout', 'The other cloud did not answer in time.')],
    ['a guarded address', new Failure('peer-failed', 'x', { detail: 'refused: 10.0.0.1 is private' })],
    ['404', OURS, 404],
    ['a redirect', OURS, 302],
    ['no JSON', '<html>'],
    ['JSON that is no object', '[]'],
    ['no name', without('name')],
    ['no share endpoint', without('endpoint_share')],
    ['no storage API', { ...OURS, storage_apis: [] }],
    ['another version', { ...OURS, protocol_versions: ['2.0'] }],
    ['a script as endpoint', { ...OURS, endpoint_share: 'javascript:alert(1)' }],
    ['user information in an endpoint', { ...OURS, endpoint_credentials: 'https://a:b@birch.example/' }],
    ['an endless list', { ...OURS, email_domains: Array.from({ length: 1_000 }, () => 'a.example') }],
    ['an endless address', { ...OURS, endpoint_share: `https://birch.example/${'a'.repeat(5_000)}` }],
    ['an unknown transport', { ...OURS, transport_share: 'pigeon' }],
  ];

  it.each(failures)('SSR-05 says the same of %s as of any other failure', async (_why, document, status) => {
    const failure = await discover(network(document, status), 'https://birch.example').catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'peer-failed',
      message: 'No cloud that this one can talk to was found at this address.',
      detail: expect.stringMatching(/./),
    });
  });

  it.each(['birch', 'ftp://birch.example', 'https://user@birch.example', ''])(
    'refuses %j as an address without asking',
    async (text) => {
      const birch = network(OURS);
      await expect(discover(birch, text)).rejects.toThrow(expect.objectContaining({ code: 'invalid' }));
      expect(birch.asked).toEqual([]);
    },
  );

  const elsewhere: readonly [key: string, value: unknown][] = [
    ['endpoint_share', 'https://evil.example/share'],
    ['endpoint_credentials', 'https://birch.example:8443/credentials'],
    ['endpoint_unshare', 'http://birch.example/unshare'],
    ['return_url', 'https://evil.example/'],
    ['endpoint_join', 'https://evil.example/'],
    ['storage_apis', [{ storage_api: 'stacksync-v2', base: 'https://api.birch.example/v1/' }]],
  ];

  it.each(elsewhere)('ADM-02 wants a confirmation when %s lies elsewhere', async (key, value) => {
    const document = { ...OURS, [key]: value };
    await expect(discover(network(document), 'https://birch.example')).rejects.toThrow(
      expect.objectContaining({ code: 'conflict' }),
    );
    const confirmed = discover(network(document), 'https://birch.example', { allowOtherHosts: true });
    await expect(confirmed).resolves.toMatchObject({ name: 'Birch' });
  });

  it('ADM-02 an origin that the administrator named is confirmed, no other', async () => {
    const document = {
      ...OURS,
      storage_apis: [{ storage_api: 'stacksync-v2', base: 'https://api.birch.example/v1/' }],
    };
    const named = { namedOrigins: ['https://api.birch.example'] };
    await expect(discover(network(document), 'https://birch.example', named)).resolves.toMatchObject({
      origins: ['https://birch.example', 'https://api.birch.example'],
    });
    const other = { namedOrigins: ['https://evil.example'] };
    await expect(discover(network(document), 'https://birch.example', other)).rejects.toThrow(
      'https://api.birch.example',
    );
  });
});
