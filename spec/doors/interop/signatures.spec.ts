import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SECOND, type Fields } from '../../../src/kernel/index.js';
import { formatAuthorization, formatPairs } from '../../../src/oauth1/index.js';
import type { Answer } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import { openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';
import { exchange } from './support/raw-http.js';

const FORM = 'Content-Type: application/x-www-form-urlencoded';

describe('the signature of a message', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let host: string;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    ({ host } = new URL(outpost.birch.url));
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const post = (terms: Parameters<Foreigner['voice']['post']>[2] = {}): Promise<Answer> =>
    quill.voice.post('/interop/share', proposalFrom(quill.url), terms);
  const now = (): number => Math.floor(outpost.birch.clock.now() / SECOND);

  /** Sends a sound proposal over a socket, under headers that the test writes. */
  async function raw(headersOf: (authorization: string) => readonly string[], target = '/interop/share') {
    const fields = proposalFrom(quill.url);
    const authorization = quill.voice.header('POST', '/interop/share', fields);
    return exchange(outpost.birch, [`POST ${target} HTTP/1.1`, FORM, ...headersOf(authorization)], formatPairs(fields));
  }

  it('OAU-01 that is missing, empty or blank proves nothing', async () => {
    await outpost.unmoved(async () => {
      for (const value of [undefined, '', ' ', '""']) {
        const edit = (protocol: Fields) => withFields(protocol, { oauth_signature: value });
        expect([value, (await post({ edit })).status]).toEqual([value, 401]);
      }
      for (const authorization of ['', 'OAuth', 'OAuth ', 'Bearer x', 'Basic cXVpbGw6c2VjcmV0']) {
        expect([400, 401]).toContain((await post({ headers: { authorization } })).status);
      }
    });
  });

  it('OAU-01 made with an empty secret proves nothing, and no such secret can be stored', async () => {
    await outpost.unmoved(async () => {
      for (const secret of ['', ' ', 'null', 'undefined']) expect((await post({ secret })).status).toBe(401);
      for (const secret of ['', ' ', 'a b']) {
        const stored = outpost.birch.services.neighbours.peers.set('Quill', { outbound: { key: 'k', secret } });
        await expect(stored).rejects.toMatchObject({ code: 'invalid' });
      }
    });
  });

  it('OAU-02 OAU-03 is an HMAC: PLAINTEXT and every other method are refused, whatever a header claims of TLS', async () => {
    const methods = ['PLAINTEXT', 'plaintext', 'RSA-SHA1', 'HMAC-MD5', 'hmac-sha1', 'NONE', 'HMAC-SHA1 '];
    await outpost.unmoved(async () => {
      for (const signatureMethod of methods) {
        for (const headers of [{}, { 'x-forwarded-proto': 'https' }, { forwarded: 'proto=https' }]) {
          expect([signatureMethod, (await post({ signatureMethod, headers })).status]).toEqual([signatureMethod, 400]);
        }
      }
    });
  });

  it('OAU-03 may be made with SHA-256 instead', async () => {
    expect((await post({ signatureMethod: 'HMAC-SHA256' })).status).toBe(303);
  });

  it('OAU-03 made with one method and declared as another proves nothing', async () => {
    const edit = (protocol: Fields) => withFields(protocol, { oauth_signature_method: 'HMAC-SHA256' });
    expect((await outpost.unmoved(() => post({ edit }))).status).toBe(401);
  });

  it('OAU-07 is at most ten minutes old or early; beyond, the answer tells the time', async () => {
    for (const skew of [-600, 600])
      expect([skew, (await post({ timestamp: now() + skew })).status]).toEqual([skew, 303]);
    await outpost.unmoved(async () => {
      for (const skew of [-601, 601, -86_400, 86_400]) {
        const answer = await post({ timestamp: now() + skew });
        expect([skew, answer.status]).toEqual([skew, 401]);
        expect(Date.parse(String(answer.headers.date))).not.toBeNaN();
      }
    });
  });

  it('OAU-07 carries a plain positive integer as its time', async () => {
    const right = String(now());
    const wrong = [
      '',
      '0',
      `-${right}`,
      `+${right}`,
      `${right}.0`,
      `0${right}`,
      ` ${right}`,
      '1e9',
      '0x65',
      'now',
      '9'.repeat(16),
      `${right}\u0660`,
    ];
    await outpost.unmoved(async () => {
      for (const timestamp of wrong) expect([timestamp, (await post({ timestamp })).status]).toEqual([timestamp, 400]);
    });
  });

  it('OAU-07 need not be in the order of its making', async () => {
    for (const skew of [5, -5, 300, -300]) expect((await post({ timestamp: now() + skew })).status).toBe(303);
  });

  it('OAU-08 has each of its parameters once', async () => {
    await outpost.unmoved(async () => {
      const names = quill.voice.protocol('POST', '/interop/share', []).map(([name]) => name);
      for (const name of names) {
        const edit = (protocol: Fields) => [...protocol, ...protocol.filter(([known]) => known === name)];
        expect([name, (await post({ edit })).status]).toEqual([name, 400]);
      }
    });
  });

  it('OAU-08 stands in one place: not in header and query of a callback', async () => {
    const path = `/interop/result/${'c'.repeat(43)}`;
    expect(
      (
        await quill.voice.get(path, [
          ['share_id', '1'],
          ['accepted', 'true'],
        ])
      ).status,
    ).toBe(404);
    const target = quill.voice.target('/interop/ping', [['x', '1']]);
    const lines = [`GET ${target} HTTP/1.1`, `Host: ${host}`, `Authorization: ${quill.voice.header('GET', target)}`];
    expect((await exchange(outpost.birch, lines)).status).toBe(400);
    const twice = `${target}&oauth_nonce=again`;
    expect((await exchange(outpost.birch, [`GET ${twice} HTTP/1.1`, `Host: ${host}`])).status).toBe(400);
    expect((await exchange(outpost.birch, [`GET ${target} HTTP/1.1`, `Host: ${host}`])).status).toBe(200);
  });

  it('OAU-08 comes in one Authorization header, with no other beside it', async () => {
    await outpost.unmoved(async () => {
      const again = await raw((authorization) => [
        `Host: ${host}`,
        `Authorization: ${authorization}`,
        `Authorization: ${authorization}`,
      ]);
      expect(again.status).toBe(400);
      for (const basic of ['Basic cXVpbGw6c2VjcmV0', 'Bearer x']) {
        const behind = await raw((authorization) => [
          `Host: ${host}`,
          `Authorization: ${authorization}`,
          `authorization: ${basic}`,
        ]);
        const before = await raw((authorization) => [
          `Host: ${host}`,
          `AUTHORIZATION: ${basic}`,
          `Authorization: ${authorization}`,
        ]);
        expect([behind.status, before.status]).toEqual([400, 400]);
      }
    });
  });

  it('OAU-08 OAU-10 what looks like protocol in a signed form is data, and none of it stands in for the header', async () => {
    const fields: Fields = [...proposalFrom(quill.url), ['oauth_consumer_key', 'someone'], ['oauth_anything', 'x']];
    expect((await quill.voice.post('/interop/share', fields)).status).toBe(303);
    const inBody = quill.voice.protocol('POST', '/interop/share', proposalFrom(quill.url));
    const unsigned = quill.voice.post('/interop/share', [...proposalFrom(quill.url), ...inBody], {
      headers: { authorization: '' },
    });
    expect((await outpost.unmoved(() => unsigned)).status).toBe(401);
  });

  it('OAU-09 covers exactly what was sent: another reading of the same bytes proves nothing', async () => {
    const fields = proposalFrom(quill.url, { folder_name: 'a+b c&d=é%20' });
    expect((await quill.voice.post('/interop/share', fields)).status).toBe(303);
    const authorization = quill.voice.header('POST', '/interop/share', fields);
    await outpost.unmoved(async () => {
      for (const path of ['/interop/share/', '/interop/share?x=1', '/interop/%73hare']) {
        const { status } = await exchange(
          outpost.birch,
          [`POST ${path} HTTP/1.1`, FORM, `Host: ${host}`, `Authorization: ${authorization}`],
          formatPairs(fields),
        );
        expect([401, 404], path).toContain(status);
      }
    });
  });

  it('OAU-12 is for this cloud: a Host unlike its public address is misdirected', async () => {
    const { port } = new URL(outpost.birch.url);
    const strangers = [
      'evil.example',
      `evil.example:${port}`,
      'localhost',
      `localhost:${String(Number(port) + 1)}`,
      `127.0.0.1:${port}`,
      `localhost:${port}.evil.example`,
      `evil@localhost:${port}`,
    ];
    await outpost.unmoved(async () => {
      for (const other of strangers) {
        const { status } = await raw((authorization) => [`Host: ${other}`, `Authorization: ${authorization}`]);
        expect([other, status]).toEqual([other, 421]);
      }
    });
    expect((await raw((authorization) => [`Host: LOCALHOST:${port}`, `Authorization: ${authorization}`])).status).toBe(
      303,
    );
  });

  it('OAU-12 is refused with two Host headers, none, or a full target on another cloud', async () => {
    await outpost.unmoved(async () => {
      for (const hosts of [[host, host], [host, 'evil.example'], ['evil.example', host], []]) {
        const { status } = await raw((authorization) => [
          ...hosts.map((each) => `Host: ${each}`),
          `Authorization: ${authorization}`,
        ]);
        expect([hosts, status]).toEqual([hosts, 400]);
      }
      for (const target of [
        'http://evil.example/interop/share',
        `https://${host}/interop/share`,
        `http://user@${host}/interop/share`,
      ]) {
        const { status } = await raw((authorization) => [`Host: ${host}`, `Authorization: ${authorization}`], target);
        expect([target, status]).toEqual([target, 400]);
      }
    });
    const own = await raw(
      (authorization) => [`Host: ${host}`, `Authorization: ${authorization}`],
      `http://${host}/interop/share`,
    );
    expect(own.status).toBe(303);
  });

  it('OAU-18 whatever is wrong with it, the answer has the same bytes', async () => {
    const wrong = [
      await post({ secret: 'wrong' }),
      await post({ edit: (protocol) => withFields(protocol, { oauth_consumer_key: 'NobodyHasThisKey' }) }),
      await post({ edit: (protocol) => withFields(protocol, { oauth_signature: 'AAAA' }) }),
      await post({ timestamp: now() - 4_000 }),
    ];
    expect(new Set(wrong.map(({ status, text }) => `${String(status)} ${text}`)).size).toBe(1);
  });

  it('carries no token: these calls are between two clouds, not between people', async () => {
    await outpost.unmoved(async () => {
      expect((await post({ more: [['oauth_token', 'T'.repeat(32)]] })).status).toBe(400);
    });
    expect((await post({ more: [['oauth_token', '']] })).status).toBe(303);
  });

  it('its header may name a realm, which is no part of it', async () => {
    const fields = proposalFrom(quill.url);
    const protocol = quill.voice.protocol('POST', '/interop/share', fields);
    const authorization = formatAuthorization(protocol).replace('OAuth ', 'OAuth realm="x", ');
    expect((await quill.voice.post('/interop/share', fields, { headers: { authorization } })).status).toBe(303);
  });
});
