import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { MINUTE, type Fields } from '../../../src/kernel/index.js';
import { createLog } from '../../../src/platform/index.js';
import type { IncomingShare } from '../../../src/shares/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import type { Answer } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import {
  decide,
  fieldOf,
  halfOf,
  offer,
  openOutpost,
  type Foreigner,
  type Offered,
  type Outpost,
} from './support/outpost.js';
import type { Received, Reply } from './support/scripted-peer.js';

const CREDENTIALS = '/interop/credentials';
/** What must never be read in a log. */
const MARK = 'KeepMeOutOfEveryLog';

describe('credentials of a cloud that cannot sign', () => {
  const lines: string[] = [];
  let outpost: Outpost;
  let quill: Foreigner;
  let legacy: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost(createLog('trace', { write: (line) => void lines.push(line) }));
    ({ quill } = outpost);
    legacy = await outpost.trust('Legacy');
  });
  beforeEach(async () => {
    await outpost.forgetLimits();
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: true, dialect: 'spec' });
    legacy.reply = opening(legacy.url, 'RealToken');
    legacy.forget();
  });
  afterAll(() => outpost.close());

  const post = (fields: Fields, target = CREDENTIALS): Promise<Answer> => legacy.voice.bare('POST', target, fields);
  const get = (fields: Fields): Promise<Answer> => legacy.voice.bare('GET', CREDENTIALS, fields);
  const refused = async (answer: Promise<Answer>): Promise<number> => (await outpost.unmoved(() => answer)).status;
  const half = ({ shareId }: Offered): Promise<IncomingShare> => halfOf(outpost, legacy, shareId);
  const keysFor = ({ shareId }: Offered, token = 'RealToken'): Fields => credentialFields(shareId, token, MARK);

  /** A share that Bo has accepted. */
  const accepted = async (from = legacy): Promise<Offered> => {
    const offered = await offer(from);
    await decide(outpost, await halfOf(outpost, from, offered.shareId), true);
    return offered;
  };

  it('are taken for the share that Bo accepted, and open it', async () => {
    const offered = await accepted();
    const answer = await post(keysFor(offered));
    expect([answer.status, answer.json()]).toEqual([200, { share_id: offered.shareId, status: 'ACCEPTED' }]);
    await outpost.settle();
    expect((await half(offered)).state).toBe('active');
    const again = await outpost.unmoved(() => post(keysFor(offered)));
    expect(again.json()).toEqual({ share_id: offered.shareId, status: 'ACTIVE' });
  });

  it('CRD-01 are refused with 401 where no cloud may leave the signature out', async () => {
    const offered = await accepted();
    await outpost.birch.services.neighbours.peers.set(legacy.name, { allowUnsigned: false });
    expect(await refused(post(keysFor(offered)))).toBe(401);
  });

  it('CRD-02 are not found for a share of a cloud that signs, of nobody, or of two', async () => {
    const signing = await accepted(quill);
    expect(await refused(post(keysFor(signing)))).toBe(404);
    expect(await refused(post(credentialFields('unknown', 'a', 'b')))).toBe(404);
    const twin = await outpost.trust('Twin');
    await outpost.birch.services.neighbours.peers.set(twin.name, { allowUnsigned: true });
    const one = await accepted();
    await offer(twin, { share_id: one.shareId });
    expect(await refused(post(keysFor(one)))).toBe(404);
    await outpost.birch.services.neighbours.peers.remove(twin.name);
    expect((await post(keysFor(one))).status).toBe(200);
  });

  it('CRD-04, defect 10: are refused before the acceptance, after a refusal and after the end', async () => {
    const pending = await offer(legacy);
    expect(await refused(post(keysFor(pending)))).toBe(409);
    const declined = await offer(legacy);
    await decide(outpost, await half(declined), false);
    expect(await refused(post(keysFor(declined)))).toBe(409);
    const ended = await accepted();
    await outpost.birch.services.agreements.leaving.leaveIncoming(outpost.bo.accountId, (await half(ended)).id);
    expect(await refused(post(keysFor(ended)))).toBe(409);
  });

  it('CRD-05 are read from names that begin with oauth_, which are data here', async () => {
    const offered = await accepted();
    const classic: Fields = [
      ['share_id', offered.shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['oauth_access_token', 'RealToken'],
      ['oauth_access_token_secret', MARK],
      ['oauth_consumer_key', 'whatever'],
      ['oauth_signature', 'whatever'],
      ['oauth_signature_method', 'PLAINTEXT'],
      ['oauth_timestamp', '1'],
      ['oauth_nonce', 'once'],
    ];
    expect((await post(classic)).status).toBe(200);
    await outpost.settle();
    expect((await half(offered)).state).toBe('active');
  });

  it('CRD-05 are refused with another protocol or with a part missing', async () => {
    const offered = await accepted();
    const fields = keysFor(offered);
    for (const [name] of fields) {
      expect([name, await refused(post(withFields(fields, { [name]: undefined })))]).toEqual([name, 400]);
    }
    expect(await refused(post(withFields(fields, { auth_protocol: 'basic' })))).toBe(400);
  });

  it('CRD-05 are refused in an address, by POST and by GET, of all clouds but the references', async () => {
    const offered = await accepted();
    const [shareId, ...rest] = keysFor(offered);
    const query = new URLSearchParams(rest.map(([name, value]): [string, string] => [name, value])).toString();
    const split: Fields = shareId === undefined ? [] : [shareId];
    expect(await refused(post(split, `${CREDENTIALS}?${query}`))).toBe(400);
    const byGet = await outpost.unmoved(() => get(keysFor(offered)));
    expect([byGet.status, byGet.headers.allow]).toEqual([405, 'POST']);
    const reference = await outpost.trust('Reference');
    await outpost.birch.services.neighbours.peers.set(reference.name, { allowUnsigned: true, dialect: 'csinterop' });
    expect(await refused(get(keysFor(offered)))).toBe(405);
    expect(await refused(get(credentialFields('unknown', 'a', 'b')))).toBe(404);
    await outpost.birch.services.neighbours.peers.remove(reference.name);
    expect(lines.join('')).not.toContain(MARK);
  });

  it('CRD-05 come by GET, by a browser even, of the references; no log ever has them', async () => {
    await outpost.birch.services.neighbours.peers.set(legacy.name, { dialect: 'csinterop' });
    const [byGet, byQuery, byBrowser] = [await accepted(), await accepted(), await accepted()];
    expect((await get(keysFor(byGet))).json()).toEqual({ share_id: byGet.shareId, status: 'ACCEPTED' });
    const query = new URLSearchParams(keysFor(byQuery).map(([name, value]): [string, string] => [name, value]));
    expect((await post([], `${CREDENTIALS}?${query.toString()}`)).status).toBe(200);
    const led = await legacy.voice.bare('GET', CREDENTIALS, keysFor(byBrowser), { accept: 'text/html' });
    expect([led.status, led.headers.location, led.headers['referrer-policy']]).toEqual([
      ...[303, '/shares', 'no-referrer'],
    ]);
    await outpost.settle();
    for (const each of [byGet, byQuery, byBrowser]) expect((await half(each)).state).toBe('active');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join('')).not.toContain(MARK);
  });

  it('CRD-05, WEB-11 are not taken from a HEAD or a prefetch', async () => {
    await outpost.birch.services.neighbours.peers.set(legacy.name, { dialect: 'csinterop' });
    const offered = await accepted();
    const prefetched = legacy.voice.bare('GET', CREDENTIALS, keysFor(offered), { 'sec-purpose': 'prefetch' });
    expect(await refused(prefetched)).toBe(503);
    expect((await half(offered)).grantDigest).toBeUndefined();
  });

  it('CRD-03 of a stranger lock the real ones out neither before nor after they were tried', async () => {
    const offered = await accepted();
    expect((await post(keysFor(offered, 'Forged'))).status).toBe(200);
    expect((await post(keysFor(offered, 'ForgedAgain'))).status).toBe(200);
    await outpost.settle();
    expect(await half(offered)).toMatchObject({ state: 'accepted', grantSealed: undefined, grantDigest: undefined });
    expect((await half(offered)).problem).toContain('did not open');
    expect((await post(keysFor(offered))).status).toBe(200);
    await outpost.settle();
    expect(await half(offered)).toMatchObject({ state: 'active', problem: undefined });
  });

  it('CRD-03 that were tried in vain are asked for again', async () => {
    const offered = await accepted();
    await post(keysFor(offered, 'Forged'));
    await outpost.settle();
    legacy.forget();
    outpost.advance(2 * MINUTE);
    await outpost.settle();
    const asked = legacy.received.filter(({ target }) => target.startsWith(new URL(callbackOf(offered)).pathname));
    expect(asked.length).toBeGreaterThan(0);
  });

  it('CRD-03 are not replaced once they have opened the folder', async () => {
    const offered = await accepted();
    await post(keysFor(offered));
    await outpost.settle();
    expect(await refused(post(keysFor(offered, 'Forged')))).toBe(409);
    expect((await half(offered)).state).toBe('active');
  });

  it('CRD-03 do not take the place of signed ones', async () => {
    const offered = await accepted();
    expect((await legacy.voice.post(CREDENTIALS, keysFor(offered))).status).toBe(200);
    expect(await refused(post(keysFor(offered, 'Forged')))).toBe(409);
  });

  it('CRD-03 make way for signed ones that have not been tried either', async () => {
    const offered = await accepted();
    expect((await post(keysFor(offered, 'Forged'))).status).toBe(200);
    expect((await legacy.voice.post(CREDENTIALS, keysFor(offered))).status).toBe(200);
    await outpost.settle();
    expect((await half(offered)).state).toBe('active');
  });

  it('DOS-07 are guessed for a share only so often a minute', async () => {
    const statuses: number[] = [];
    for (let guess = 0; guess < 31; guess += 1) statuses.push((await post(credentialFields('guess', 'a', 'b'))).status);
    expect(statuses).toEqual([...Array.from({ length: 30 }, () => 404), 429]);
  });

  const callbackOf = ({ fields }: Offered): string => fieldOf(fields, 'callback');
});

/** A cloud that takes decisions, and opens its folder to the one token. */
function opening(url: string, token: string): (request: Received) => Reply {
  const folder = { id: 1972, parent_id: null, filename: 'Drafts', is_folder: true, status: 'NEW', version: 1 };
  return ({ target, headers }) => {
    if (!target.startsWith('/v1/')) return { status: 200, body: url };
    const isOpen = headers.authorization?.includes(`oauth_token="${token}"`) === true;
    return isOpen ? { status: 200, body: JSON.stringify({ ...folder, contents: [] }) } : { status: 401 };
  };
}
