import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { decide, halfOf, offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

/** Addresses that are not plainly on the origin of the peer, by what is wrong; `O` is that origin, `H` its host and port. */
const REFUSED: Readonly<Record<string, string>> = {
  'another host': 'http://evil.example/x',
  'another cloud that is trusted too': 'OTHER/x',
  'another port': 'http://localhost:9/x',
  'no port': 'http://localhost/x',
  'another scheme': 'https://H/x',
  'a scheme of another kind': 'ftp://H/x',
  script: 'javascript:alert(1)//http://H/',
  data: 'data:text/html,http://H/',
  'a file': 'file:///etc/passwd',
  'a relative address': '/x',
  'no scheme': '//H/x',
  'one slash': 'http:/H/x',
  'no slash': 'http:H/x',
  'three slashes': 'http:///H/x',
  'user information': 'http://user@H/x',
  'user and password': 'http://user:word@H/x',
  'empty user information': 'http://@H/x',
  'the origin as user information': 'http://H@evil.example/x',
  'a fragment': 'O/x#y',
  'an empty fragment': 'O/x#',
  'the origin in a fragment': 'http://evil.example/#O',
  'a backslash after the host': 'O\\@evil.example/',
  'backslashes as slashes': 'http:\\\\H\\x',
  'a backslash in the path': 'O/x\\..\\y',
  'a tab': 'O/\tx',
  'a newline': 'O/x\ny',
  'a header in disguise': 'O/x\r\nSet-Cookie: a=b',
  'an escaped newline': 'O/x%0d%0ay',
  'a space in front': ' O/x',
  'a space inside': 'O/x y',
  'a NUL': 'O/x\0',
  'an escaped NUL': 'O/x%00',
  'a dot segment': 'O/x/../y',
  'a single dot': 'O/./x',
  'an escaped dot segment': 'O/x/%2e%2e/y',
  'an escaped slash with dots': 'O/x%2f..%2fy',
  'the host as a prefix': 'O.evil.example/x',
  'the host as a suffix': 'http://notH/x',
  'a loopback in digits': 'http://127.0.0.1:P/x',
  'a loopback as one number': 'http://2130706433:P/x',
  'full-width letters': 'http://ｌocalhost:P/x',
  'a Cyrillic look-alike': 'http://lоcalhost:P/x',
  'an empty port': 'http://localhost:/x',
  'far too long': `O/${'x'.repeat(3_000)}`,
};

describe('the addresses of a proposal', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let other: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    other = await outpost.trust('Other');
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  function written(template: string): string {
    const { host, port } = new URL(quill.url);
    return template
      .replaceAll('OTHER', other.url)
      .replaceAll('O', quill.url)
      .replaceAll('H', host)
      .replaceAll(':P', `:${port}`);
  }

  for (const field of ['resource_url', 'callback']) {
    it(`PRO-03 ${field} must lie on the origin of its peer, plainly written`, async () => {
      await outpost.unmoved(async () => {
        for (const [what, template] of Object.entries(REFUSED)) {
          const fields = proposalFrom(quill.url, { [field]: written(template) });
          const { status, text } = await quill.voice.post('/interop/share', fields);
          expect([what, status, text]).toEqual([what, 400, expect.stringContaining(field)]);
        }
      });
      expect([...quill.received, ...other.received]).toEqual([]);
    });
  }

  it('PRO-03 may be anywhere on that origin, its port and host written as they may be', async () => {
    const { port } = new URL(quill.url);
    for (const origin of [quill.url, `HTTP://LocalHost:${port}`, `http://localhost.:${port}`]) {
      const { answer } = await offer(quill, { resource_url: `${origin}/deep/er/folder/1`, callback: `${origin}/cb` });
      expect(answer.status).toBe(303);
    }
    expect(quill.received).toEqual([]);
  });

  it('PRO-03 on two origins of one peer may be mixed, on origins of two peers not', async () => {
    const second = 'http://storage.quill.example:8080';
    await outpost.birch.services.neighbours.peers.set('Quill', { origins: [quill.url, second] });
    expect((await offer(quill, { resource_url: `${second}/v1/folder/1` })).answer.status).toBe(303);
    const mixed = proposalFrom(quill.url, { resource_url: `${other.url}/v1/folder/1` });
    expect((await outpost.unmoved(() => quill.voice.post('/interop/share', mixed))).status).toBe(400);
  });

  it('PRO-03 below a base path may not be beside it', async () => {
    const tenant = await outpost.trust('Tenant');
    const base = `${tenant.url}/a`;
    const addresses = {
      shareUrl: `${base}/share`,
      credentialsUrl: `${base}/credentials`,
      unshareUrl: `${base}/unshare`,
    };
    await outpost.birch.services.neighbours.peers.set('Tenant', { ...addresses, origins: [base] });
    expect((await offer(tenant, { resource_url: `${base}/v1/folder/1`, callback: `${base}/cb` })).answer.status).toBe(
      303,
    );
    await outpost.unmoved(async () => {
      for (const path of ['', '/', '/ab/folder/1', '/A/folder/1', '/a%2f../folder/1', '/b/a/folder/1']) {
        const fields = proposalFrom(base, { resource_url: tenant.url + path });
        expect([path, (await tenant.voice.post('/interop/share', fields)).status]).toEqual([path, 400]);
      }
    });
  });

  it('CBK-07 a callback that names the answer itself is refused, however it is spelt', async () => {
    const queries = [
      'share_id=1',
      'accepted=true',
      'a=b&accepted=false',
      'accepted',
      '%61ccepted=true',
      'share%5Fid=1',
      'accepted=&x',
    ];
    await outpost.unmoved(async () => {
      for (const query of queries) {
        const fields = proposalFrom(quill.url, { callback: `${quill.url}/cb?${query}` });
        const { status, text } = await quill.voice.post('/interop/share', fields);
        expect([query, status, text]).toEqual([query, 400, expect.stringContaining('callback')]);
      }
    });
  });

  it('CBK-07 the browser is led to the stored callback, whose own query is kept, with one question mark', async () => {
    for (const [query, kept] of [
      ['', ''],
      ['?', ''],
      ['?state=a%2Fb+c&empty=', 'state=a%2Fb+c&empty=&'],
      ['?a=1&a=2', 'a=1&a=2&'],
    ] as const) {
      const { shareId } = await offer(quill, { callback: `${quill.url}/cb${query}` });
      const location = await decide(outpost, await halfOf(outpost, quill, shareId), true);
      expect(location.origin + location.pathname).toBe(`${quill.url}/cb`);
      expect(location.search.startsWith(`?${kept}share_id=${shareId}&accepted=true&oauth_`)).toBe(true);
      expect(location.href.split('?')).toHaveLength(2);
    }
  });

  it('defect 14: a callback with a query of its own gets the answer behind it, never a second question mark', async () => {
    const { shareId } = await offer(quill, {
      callback: `${quill.url}/AdvancedFeatures/ExternalSharingProposal.aspx?id=7`,
    });
    const location = await decide(outpost, await halfOf(outpost, quill, shareId), false);
    expect([...location.searchParams.keys()].slice(0, 3)).toEqual(['id', 'share_id', 'accepted']);
    expect(location.searchParams.get('id')).toBe('7');
  });

  it('defect 6: nobody is led to a callback that the request alone vouches for', async () => {
    const fields = proposalFrom(quill.url, { callback: 'https://evil.example/phish' });
    const { status, headers } = await outpost.unmoved(() => quill.voice.post('/interop/share', fields));
    expect([status, headers.location]).toEqual([400, undefined]);
  });
});
