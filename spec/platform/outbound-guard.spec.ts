import { afterEach, describe, expect, it } from 'vitest';
import { isFailure, type Failure } from '../../src/kernel/index.js';
import {
  createOutbound,
  parsePeerExceptions,
  type Outbound,
  type OutboundOptions,
} from '../../src/platform/outbound/outbound.js';
import { httpPeer, httpsPeer, PEER_CERT, type ScriptedPeer } from './outbound-peers.js';

const open: (ScriptedPeer | Outbound)[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await ('stop' in one ? one.stop() : one.close());
});

async function peerOn(make: typeof httpPeer, answer = 'hello'): Promise<ScriptedPeer> {
  const peer = await make((_request, response) => response.end(answer));
  open.push(peer);
  return peer;
}

function outboundWith(options: Partial<OutboundOptions>): Outbound {
  const outbound = createOutbound({ allowInsecure: false, exceptions: [], ...options });
  open.push(outbound);
  return outbound;
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${String(error)}`);
  return error;
}

describe('the outbound guard', () => {
  it('SSR-01 refuses every spelling of an internal address before connecting', async () => {
    const canary = await peerOn(httpPeer);
    const port = String(canary.port);
    const outbound = outboundWith({ resolver: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) });
    const hosts = (
      '127.0.0.1 127.1 127.0.1 2130706433 017700000001 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 0177.1 127.000.000.001 ' +
      '127.0.0.1. %31%32%37.0.0.1 １２７.０.０.１ 127。0。0。1 ①②⑦.⓪.⓪.① ⁱ27.0.0.1 0 0.0.0.0 00 0x0 127.255.255.254 ' +
      'localhost localhost. LOCALHOST ｌｏｃａｌｈｏｓｔ app.localhost peer.test ' +
      '[::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] [0:0:0:0:0:ffff:7f00:1] [::127.0.0.1] [::7f00:1] ' +
      '[::] [::ffff:0.0.0.0] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::7f00:1] [2002:7f00:1::] [2002:a9fe:a9fe::] ' +
      '[2001:0:4136:e378:8000:63bf:3fff:fdd2] [fe80::1] [fc00::1] [fd00::1] [fec0::1] [ff02::1] [100::1] [2001:db8::1] ' +
      '10.0.0.1 0xa.1 167772161 172.16.0.1 192.168.0.1 0300.0250.0.1 100.64.0.1 169.254.1.1 169.254.169.254 2852039166 ' +
      '0xa9fea9fe 0251.0376.0251.0376 [::ffff:169.254.169.254] [::ffff:a9fe:a9fe] [fd00:ec2::254] 192.0.0.192 224.0.0.1 ' +
      '255.255.255.255 198.18.0.1 192.0.2.1 203.0.113.1 240.0.0.1'
    ).split(' ');
    expect(hosts.length).toBeGreaterThanOrEqual(60);
    for (const host of hosts) {
      const failure = await failureOf(outbound.call({ method: 'GET', url: `https://${host}:${port}/` }));
      expect([host, failure.code]).toEqual([host, 'peer-failed']);
    }
    expect(canary.connections).toBe(0);
    expect(outbound.counters).toEqual({ requests: hosts.length, connections: 0, refusals: hosts.length });
  });

  it('SSR-01 refuses other schemes, user information and what is no URL', async () => {
    const outbound = outboundWith({ allowInsecure: true });
    for (const url of ['ftp://1.1.1.1/', 'file:///etc/passwd', 'http://u:p@127.0.0.1/', 'http://[::1/', '//x', '']) {
      expect((await failureOf(outbound.call({ method: 'GET', url }))).code).toBe('peer-failed');
    }
    expect((await failureOf(outboundWith({}).call({ method: 'GET', url: 'http://1.1.1.1/' }))).code).toBe(
      'peer-failed',
    );
  });

  it('SSR-02 refuses a name when any one of its answers is internal', async () => {
    const canary = await peerOn(httpsPeer);
    const url = `https://peer.test:${String(canary.port)}/`;
    const answers = [['1.1.1.1', '127.0.0.1'], ['127.0.0.1', '1.1.1.1'], ['::1'], ['fe80::1%lo'], []];
    for (const addresses of answers) {
      const resolver = () =>
        Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
      expect((await failureOf(outboundWith({ resolver }).call({ method: 'GET', url }))).code).toBe('peer-failed');
    }
    expect(canary.connections).toBe(0);
  });

  it('SSR-02 connects to the very address that was checked: a name that rebinds is not asked twice', async () => {
    const peer = await peerOn(httpsPeer);
    const asked: string[] = [];
    const resolver = (host: string) => {
      asked.push(host);
      return Promise.resolve([{ address: asked.length === 1 ? '127.0.0.1' : '10.255.255.1', family: 4 }]);
    };
    const exceptions = parsePeerExceptions(`peer.test:${String(peer.port)}=127.0.0.0/8`);
    const reached: string[] = [];
    const outbound = outboundWith({
      resolver,
      exceptions,
      extraCa: PEER_CERT,
      onConnect: (origin, address) => reached.push(`${origin} ${address}`),
    });
    const url = `https://peer.test:${String(peer.port)}/`;
    expect((await outbound.call({ method: 'GET', url })).body.toString()).toBe('hello');
    expect(asked).toEqual(['peer.test']);
    expect(reached).toEqual([`https://peer.test:${String(peer.port)} 127.0.0.1`]);
    for (const socket of peer.sockets) socket.destroy();
    await expect.poll(() => peer.sockets.size).toBe(0);
    expect((await failureOf(outbound.call({ method: 'GET', url }))).detail).toContain('10.255.255.1');
    expect(peer.connections).toBe(1);
  });

  it('SSR-06 an exception opens its own host and port only, over https', async () => {
    const [peer, other] = [await peerOn(httpsPeer), await peerOn(httpsPeer)];
    const resolver = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    const exceptions = parsePeerExceptions(`peer.test:${String(peer.port)}=127.0.0.0/8`);
    const outbound = outboundWith({ resolver, exceptions, extraCa: PEER_CERT });
    const ask = (url: string) => outbound.call({ method: 'GET', url });
    expect((await ask(`https://peer.test:${String(peer.port)}/`)).status).toBe(200);
    await failureOf(ask(`https://peer.test:${String(other.port)}/`));
    await failureOf(ask(`https://localhost:${String(peer.port)}/`));
    await failureOf(ask(`https://127.0.0.1:${String(peer.port)}/`));
    await failureOf(ask(`http://peer.test:${String(peer.port)}/`));
    expect([peer.connections, other.connections]).toEqual([1, 0]);
  });

  it('SSR-06 a metadata service is out of reach by name and by address, in a trial and under an exception', async () => {
    const resolver = () => Promise.resolve([{ address: '169.254.169.254', family: 4 }]);
    const exceptions = parsePeerExceptions('metadata.test:443=0.0.0.0/0,169.254.169.254:443=0.0.0.0/0');
    for (const allowInsecure of [true, false]) {
      const outbound = outboundWith({ allowInsecure, resolver, exceptions });
      for (const url of ['https://metadata.test/', 'https://169.254.169.254/', 'https://[fd00:ec2::254]/']) {
        expect((await failureOf(outbound.call({ method: 'GET', url }))).detail).toContain('metadata');
      }
    }
  });

  it('SSR-05 words a refused, a closed and an unknown address alike', async () => {
    const closed = await peerOn(httpPeer);
    await closed.stop();
    const outbound = outboundWith({
      allowInsecure: true,
      resolver: (host) =>
        host === 'unknown.test'
          ? Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' }))
          : Promise.resolve([{ address: '169.254.169.254', family: 4 }]),
    });
    const urls = [closed.url, 'http://unknown.test/', 'http://internal.test/', 'http://0.0.0.0/'];
    const failures = await Promise.all(urls.map((url) => failureOf(outbound.call({ method: 'GET', url }))));
    expect(new Set(failures.map(({ code, message }) => `${code} ${message}`)).size).toBe(1);
    expect(failures.map(({ message }) => message).join()).not.toMatch(/\d/);
  });

  it('tries the checked addresses of a name in turn', async () => {
    const peer = await peerOn(httpPeer);
    const resolver = () =>
      Promise.resolve(
        ['127.0.0.9', '::1', '127.0.0.1'].map((address) => ({ address, family: address === '::1' ? 6 : 4 })),
      );
    const outbound = outboundWith({ allowInsecure: true, resolver });
    expect((await outbound.call({ method: 'GET', url: `http://peer.test:${String(peer.port)}/` })).status).toBe(200);
  });

  it('sends only to pinned origins when any are named (G6)', async () => {
    const [peer, other] = [await peerOn(httpPeer), await peerOn(httpPeer)];
    const outbound = outboundWith({ allowInsecure: true });
    const request = { method: 'GET', pinnedOrigins: [peer.url] };
    expect((await outbound.call({ ...request, url: `${peer.url}/path` })).status).toBe(200);
    await failureOf(outbound.call({ ...request, url: other.url }));
    await failureOf(outbound.call({ ...request, url: `${peer.url.replace('127.0.0.1', '127.0.0.2')}/` }));
    await failureOf(outbound.call({ ...request, url: peer.url, pinnedOrigins: [] }));
    expect(other.connections).toBe(0);
  });

  it('refuses a certificate that nobody vouches for', async () => {
    const peer = await peerOn(httpsPeer);
    const outbound = outboundWith({ allowInsecure: true });
    expect((await failureOf(outbound.call({ method: 'GET', url: peer.url }))).code).toBe('peer-failed');
  });

  it('SSR-04 never looks at environment proxies', async () => {
    const [peer, proxy] = [await peerOn(httpPeer), await peerOn(httpPeer, 'proxied')];
    const names = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
    const before = names.map((name) => [name, process.env[name]] as const);
    for (const name of names) process.env[name] = proxy.url;
    try {
      const outbound = outboundWith({ allowInsecure: true });
      expect((await outbound.call({ method: 'GET', url: peer.url })).body.toString()).toBe('hello');
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Reflect.deleteProperty(process.env, name);
        else process.env[name] = value;
      }
    }
    expect(proxy.connections).toBe(0);
  });
});
