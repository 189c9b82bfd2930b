import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodyHash, formatPairs } from '../../../src/oauth1/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { exchange } from './support/raw-http.js';
import { decide, halfOf, offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const MESSAGES = ['/interop/share', '/interop/credentials', '/interop/unshare'];
const LARGE = 64 * 1024 + 1;

describe('the form of a message', () => {
  let outpost: Outpost;
  let quill: Foreigner;
  let url: string;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
    ({ url } = outpost.birch);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const json = (answer: Answer): unknown => JSON.parse(answer.text);

  it('OAU-10 is a form and says so exactly; whatever else its type says is refused before its signature is looked at', async () => {
    const fields = proposalFrom(quill.url);
    const types = [
      '',
      'text/plain',
      'application/x-www-form-urlencoded2',
      'application/x-www-form-urlencoded, text/plain',
      'application/x-www-form-urlencoded; charset=utf-16',
      'application/x-www-form-urlencoded; charset=iso-8859-15',
      'application/x-www-form-urlencoded; charset=utf-8; charset=utf-16',
      'application/x-www-form-urlencoded; boundary=x',
      'application/x-www-form-urlencoded;',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
      'application/jsonx',
      'text/json',
      'application/octet-stream',
      'application /x-www-form-urlencoded',
    ];
    await outpost.unmoved(async () => {
      for (const path of MESSAGES) {
        for (const type of types) {
          const headers = { 'content-type': type };
          expect([path, type, (await quill.voice.post(path, fields, { headers })).status]).toEqual([path, type, 415]);
          expect((await quill.voice.post(path, fields, { headers, secret: 'wrong' })).status).toBe(415);
        }
      }
    });
  });

  it('OAU-10 may name the charsets that clients name, in any letter case (F-43)', async () => {
    for (const type of [
      'application/x-www-form-urlencoded; charset=UTF-8',
      'Application/X-WWW-Form-URLEncoded;charset="utf-8"',
      'application/x-www-form-urlencoded; charset=utf8',
      'application/x-www-form-urlencoded; charset=',
      'application/x-www-form-urlencoded; charset=""',
      'application/x-www-form-urlencoded ; charset=US-ASCII',
      'application/x-www-form-urlencoded; charset=ISO-8859-1',
      'application/x-www-form-urlencoded; charset=iso-8859-1;',
    ]) {
      const { status } = await quill.voice.post('/interop/share', proposalFrom(quill.url), {
        headers: { 'content-type': type },
      });
      expect([type, status]).toEqual([type, 303]);
    }
  });

  it('OAU-10 has no content coding and only well-formed UTF-8', async () => {
    const fields = proposalFrom(quill.url);
    const headers = { 'content-encoding': 'gzip' };
    expect((await outpost.unmoved(() => quill.voice.post('/interop/share', fields, { headers }))).status).toBe(415);
    const signed = {
      authorization: quill.voice.header('POST', '/interop/share', fields),
      'content-type': 'application/x-www-form-urlencoded',
    };
    const body = Buffer.concat([Buffer.from(formatPairs(fields)), Buffer.from([0xff])]);
    expect(
      (await outpost.unmoved(() => send(`${url}/interop/share`, { method: 'POST', headers: signed, body }))).status,
    ).toBe(400);
  });

  it('may be JSON under a hash that is signed, and is then the same message', async () => {
    const fields = proposalFrom(quill.url, { protocol_version: undefined });
    const answer = await quill.voice.postJson('/interop/share', JSON.stringify(Object.fromEntries(fields)));
    expect(answer.status).toBe(303);
    expect((await quill.voice.post('/interop/share', fields)).headers.location).toBe(answer.headers.location);
  });

  it('OAU-10 as JSON without its hash is refused, with another hash it proves nothing, and nothing happens', async () => {
    const body = JSON.stringify(Object.fromEntries(proposalFrom(quill.url)));
    await outpost.unmoved(async () => {
      expect((await quill.voice.postJson('/interop/share', body, '')).status).toBe(415);
      const headers = { 'content-type': 'application/json' };
      expect((await send(`${url}/interop/share`, { method: 'POST', headers, body })).status).toBe(415);
      expect((await quill.voice.postJson('/interop/share', body, bodyHash(`${body} `, 'HMAC-SHA1'))).status).toBe(401);
      expect((await quill.voice.postJson('/interop/share', body, bodyHash(body, 'HMAC-SHA256'))).status).toBe(401);
    });
  });

  it('as JSON holds one object of plain values, however it is signed', async () => {
    const sound = Object.fromEntries(proposalFrom(quill.url));
    const bodies = [
      '',
      '[]',
      'null',
      '"x"',
      '1',
      '{',
      JSON.stringify({ ...sound, folder_name: { a: 1 } }),
      JSON.stringify({ ...sound, folder_name: ['a'] }),
      JSON.stringify({ ...sound, folder_name: null }),
    ];
    await outpost.unmoved(async () => {
      for (const body of bodies)
        expect([body, (await quill.voice.postJson('/interop/share', body)).status]).toEqual([body, 400]);
    });
  });

  it('is at most 64 KiB, with or without a length, whoever sends it', async () => {
    const body = 'x'.repeat(LARGE);
    await outpost.unmoved(async () => {
      for (const path of MESSAGES) {
        const headers = { 'content-type': 'application/x-www-form-urlencoded' };
        expect((await send(url + path, { method: 'POST', headers, body })).status).toBe(413);
      }
    });
  });

  it('may come with or without a slash at the end of its address', async () => {
    const fields = proposalFrom(quill.url);
    const first = await quill.voice.post('/interop/share/', fields);
    expect([first.status, first.headers.location]).toEqual([
      303,
      (await quill.voice.post('/interop/share', fields)).headers.location,
    ]);
    const { shareId } = await offer(quill);
    const share = await halfOf(outpost, quill, shareId);
    await decide(outpost, share, true);
    const credentials = credentialFields(shareId, 'T'.repeat(32), 'S'.repeat(43));
    expect((await quill.voice.post('/interop/credentials/', credentials)).status).toBe(200);
    expect((await quill.voice.post('/interop/unshare/', [['share_id', shareId]])).status).toBe(200);
  });

  it('is a POST where no cloud is registered otherwise: every other method is answered 405, naming what is right', async () => {
    await outpost.unmoved(async () => {
      for (const path of MESSAGES) {
        for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
          const { status, text } = await exchange(outpost.birch, [
            `${method} ${path} HTTP/1.1`,
            `Host: ${new URL(url).host}`,
          ]);
          expect([method, path, status]).toEqual([method, path, 405]);
          expect(text).toMatch(/\r\nallow: POST(?:, GET(?:, HEAD)?)?\r\n/i);
        }
      }
    });
  });

  it('is checked in the order of the contract: method, size, type, signature, fields, whose share, state', async () => {
    const ended = await offer(quill);
    await quill.voice.post('/interop/unshare', [['share_id', ended.shareId]]);
    const [token, secret] = ['T'.repeat(32), 'S'.repeat(43)];
    const spoilt = { 'content-type': 'text/plain', authorization: 'OAuth nothing' };
    const path = '/interop/credentials';
    const steps: readonly (readonly [number, Promise<Answer>])[] = [
      [405, send(url + path, { method: 'PUT', headers: spoilt, body: 'x'.repeat(LARGE) })],
      [413, send(url + path, { method: 'POST', headers: spoilt, body: 'x'.repeat(LARGE) })],
      [
        415,
        quill.voice.post(path, [['nothing', 'right']], { secret: 'wrong', headers: { 'content-type': 'text/plain' } }),
      ],
      [401, quill.voice.post(path, [['nothing', 'right']], { secret: 'wrong' })],
      [400, quill.voice.post(path, [['share_id', 'unknown']])],
      [404, quill.voice.post(path, credentialFields('unknown', token, secret))],
      [409, quill.voice.post(path, credentialFields(ended.shareId, token, secret))],
    ];
    for (const [status, answer] of steps) expect((await answer).status).toBe(status);
  });

  it('is refused in plain text, in JSON, or on a page, as the sender asks', async () => {
    const asked = async (accept: string): Promise<Answer> => {
      const headers = accept === '' ? {} : { accept };
      return quill.voice.post('/interop/share', [], { headers });
    };
    for (const accept of ['', '*/*', 'text/plain', 'application/xml, text/plain;q=0.1']) {
      const answer = await asked(accept);
      expect([answer.status, answer.headers['content-type'], answer.text]).toEqual([
        400,
        'text/plain; charset=utf-8',
        'share_id is missing',
      ]);
    }
    const asJson = await asked('application/json');
    expect(asJson.headers['content-type']).toMatch(/^application\/json/);
    expect(json(asJson)).toEqual({ error: 400, description: 'share_id is missing' });
    const page = await asked('text/html,application/xhtml+xml,*/*;q=0.8');
    expect([page.status, page.headers['content-type'], page.headers['x-frame-options']]).toEqual([
      400,
      'text/html; charset=utf-8',
      'DENY',
    ]);
    expect(page.text).toContain('share_id is missing');
  });

  it('is answered with what became of the share', async () => {
    const { shareId } = await offer(quill);
    const share = await halfOf(outpost, quill, shareId);
    await decide(outpost, share, true);
    const credentials = credentialFields(shareId, 'T'.repeat(32), 'S'.repeat(43));
    expect(json(await quill.voice.post('/interop/credentials', credentials))).toEqual({
      share_id: shareId,
      status: 'ACCEPTED',
    });
    const ended = await quill.voice.post('/interop/unshare', [['share_id', shareId]]);
    expect([ended.status, json(ended)]).toEqual([200, { share_id: shareId }]);
  });

  it('defect 15: the version may be left out, and the folder may be called a resource', async () => {
    const nec = proposalFrom(quill.url, {
      protocol_version: undefined,
      folder_name: undefined,
      resource_name: 'Drafts',
    });
    expect((await quill.voice.post('/interop/share', nec)).status).toBe(303);
    const both = proposalFrom(quill.url, { protocol_version: '', resource_name: 'Drafts' });
    expect((await quill.voice.post('/interop/share', both)).status).toBe(303);
    const differing = proposalFrom(quill.url, { resource_name: 'Others' });
    expect((await outpost.unmoved(() => quill.voice.post('/interop/share', differing))).status).toBe(400);
  });

  it('defect 13: no method, no repetition and no order of messages makes the cloud stumble', async () => {
    const fields = proposalFrom(quill.url);
    const [id] = [fields[0]?.[1] ?? ''];
    const answers = [
      await quill.voice.post('/interop/credentials', credentialFields(id, 'T'.repeat(32), 'S'.repeat(43))),
      await quill.voice.post('/interop/share', fields),
      await quill.voice.post('/interop/share', fields),
      await quill.voice.post('/interop/credentials', credentialFields(id, 'T'.repeat(32), 'S'.repeat(43))),
      await quill.voice.get(`/interop/result/${'u'.repeat(43)}`, [
        ['share_id', id],
        ['accepted', 'true'],
      ]),
      await send(`${url}/interop/share`, { method: 'PUT' }),
      await quill.voice.post('/interop/unshare', [['share_id', id]]),
      await quill.voice.post('/interop/unshare', [['share_id', id]]),
    ];
    expect(answers.map(({ status }) => status)).toEqual([404, 303, 303, 409, 404, 405, 200, 200]);
  });

  it('defect 17: nobody can list or change proposals of others', async () => {
    await offer(quill);
    await outpost.unmoved(async () => {
      for (const path of [
        '/cloudspaces/share/',
        '/cloudspaces/share/1',
        '/interop/',
        '/interop/proposals',
        '/interop/shares',
        '/interop/select/1',
      ]) {
        for (const method of ['GET', 'POST', 'PUT', 'DELETE'] as const) {
          const { status } = await send(url + path, { method, headers: { accept: 'application/json' } });
          expect([404, 405]).toContain(status);
        }
      }
    });
  });
});
