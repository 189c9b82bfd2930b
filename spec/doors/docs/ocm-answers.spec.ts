import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseInvite } from '../../../src/federation/index.js';
import { addressOf, announced, meet, openMesh } from '../../journeys/support/mesh.js';
import { noticeText, postUnsigned, shareText, type Said } from '../../journeys/support/mesh-voice.js';
import { halvesOf, type Story } from '../../journeys/support/story.js';
import { send, type Answer, type Sent } from '../../journeys/support/wire.js';
import { Ledger } from './ledger.js';

/** A signature by the draft whose key nobody can be asked for. */
function signatureOf(body: Said, now: number): Readonly<Record<string, string>> {
  const digest = createHash('sha512').update(JSON.stringify(body)).digest('base64');
  const parts = [
    'keyId="https://localhost:9/ocm#signature"',
    'algorithm="rsa-sha512"',
    'headers="(request-target) content-length date digest host"',
    'signature="YQ=="',
  ];
  return { signature: parts.join(','), date: new Date(now).toUTCString(), digest: `SHA-512=${digest}` };
}

describe('what servers of Open Cloud Mesh ask', () => {
  let story: Story;
  const ledger = new Ledger();
  beforeAll(async () => {
    story = await openMesh();
  });
  afterAll(() => story.close());

  async function ask(method: 'GET' | 'POST', path: string, status: number, sent: Partial<Sent> = {}): Promise<void> {
    const answer = await send(story.alder.url + path, { method, ...sent });
    ledger.note(method, path, answer);
    expect([path, answer.status, answer.text]).toEqual([path, status, answer.text]);
  }

  async function tell(path: 'shares' | 'notifications', body: Said, status: number, sent?: Sent): Promise<Answer> {
    const answer = await postUnsigned(story.alder, path, body, sent);
    ledger.note('POST', `/ocm/${path}`, answer);
    expect([path, answer.status, answer.text]).toEqual([path, status, answer.text]);
    return answer;
  }

  const toAna = (otherwise: Said = {}): Said => shareText(addressOf(story.bo), addressOf(story.ana), otherwise);
  const both = async (status: number, sent: Sent): Promise<void> => {
    for (const [path, body] of [
      ['shares', toAna()],
      ['notifications', noticeText('SHARE_UNSHARED', 'x')],
    ] as const)
      await tell(path, body, status, sent);
  };

  it('is answered as the API document has it, with every answer that it has', async () => {
    for (const path of ['/.well-known/ocm', '/ocm-provider', '/ocm/jwks.json', '/.well-known/jwks.json'])
      await ask('GET', path, 200);
    for (const path of ['/status.php', '/ocs-provider']) await ask('GET', path, 200);
    await ask('POST', '/ocs/v2.php/cloud/shares', 404);
    await ask('POST', '/ocm/request-share', 501);
    await taken();
    await refusedForTheirForm();
    await refusedForTheirSender();
    await exchanged();
    await invited();
    // Signed exchanges: spec/journeys/ocm-tokens.spec.ts; limits and keys that cannot be asked for are those of all messages.
    const elsewhere = [200, 429, 500, 503].map((status) => `exchangeMeshToken ${String(status)}`);
    expect(ledger.missing(['Open Cloud Mesh'], elsewhere)).toEqual([]);
  });

  async function taken(): Promise<void> {
    const share = toAna();
    await tell('shares', share, 201);
    await tell('shares', share, 201);
    await tell('shares', { ...share, name: 'Another' }, 409);
    await tell('notifications', noticeText('SHARE_UNSHARED', share['providerId']), 201);
    const { folder } = await announced(story);
    const { outgoing } = await halvesOf(story, folder);
    const sharedSecret = story.alder.services.agreements.ownOffers.opened(outgoing.id, outgoing.callbackSealed ?? '');
    const about = (type: string): Said => noticeText(type, outgoing.shareId, { sharedSecret });
    await tell('notifications', about('RESHARE_UNDO'), 501);
    await tell('notifications', about('SHARE_DECLINED'), 201);
    await tell('notifications', about('SHARE_ACCEPTED'), 409);
  }

  async function refusedForTheirForm(): Promise<void> {
    await tell('shares', {}, 400);
    await tell('notifications', {}, 400);
    await tell('shares', toAna({ shareType: 'group' }), 501);
    await both(413, { body: 'x'.repeat(60_000) });
    await both(415, { headers: { 'content-type': 'text/plain' } });
    await both(421, { headers: { host: 'elsewhere.example' } });
  }

  async function refusedForTheirSender(): Promise<void> {
    const { alder, birch } = story;
    const { peers } = alder.services.neighbours;
    await tell('notifications', noticeText('SHARE_UNSHARED', 'x'), 403);
    await tell('shares', toAna({ owner: 'bo@elsewhere.example', sender: 'bo@elsewhere.example' }), 403);
    const share = toAna();
    await tell('shares', share, 201);
    const end = noticeText('SHARE_UNSHARED', share['providerId']);
    await peers.set('Birch', { ocm: { signatures: 'required' } });
    await tell('shares', toAna(), 401);
    await tell('notifications', end, 401);
    await unreachable(end);
    await peers.set('Birch', { limits: { proposals: 1, messages: 1 }, ocm: { signatures: 'off' } });
    await meet(alder, birch);
    await story.forgetLimits();
    await tell('shares', toAna(), 201);
    await tell('shares', toAna(), 429);
    await tell('notifications', end, 201);
    await tell('notifications', end, 429);
    await story.forgetLimits();
    await alder.services.base.database.write((trx) => trx.schema.renameTable('incoming_shares', 'lost'));
    await tell('shares', toAna(), 500);
    await tell('notifications', end, 500);
  }

  /** Their server signs, and does not say with which key. */
  async function unreachable(end: Said): Promise<void> {
    const { neighbours } = story.alder.services;
    await neighbours.peers.set('Birch', {
      ocm: { host: 'localhost:9', path: '', isPlain: true, signatures: undefined },
    });
    const from = 'bo@http://localhost:9';
    const share = toAna({ owner: from, sender: from });
    await tell('shares', share, 503, { headers: signatureOf(share, story.alder.clock.now()) });
    await tell('notifications', end, 503, { headers: signatureOf(end, story.alder.clock.now()) });
  }

  /** What becomes of requests for tokens that nobody has signed. */
  async function exchanged(): Promise<void> {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = 'grant_type=authorization_code&client_id=elsewhere.example&code=unknown';
    await ask('POST', '/ocm/token', 400, { headers, body });
    await ask('POST', '/ocm/token', 400, { body: '{}' });
    await ask('POST', '/ocm/token', 421, { headers: { ...headers, host: 'elsewhere.example' }, body });
  }

  /** An invitation of Ana's, and everything that may be answered to whoever accepts it. */
  async function invited(): Promise<void> {
    const { alder, ana, birch } = story;
    await alder.services.base.database.write((trx) => trx.schema.renameTable('lost', 'incoming_shares'));
    await alder.services.neighbours.peers.set('Birch', { limits: { messages: 100 } });
    await meet(alder, birch);
    await alder.services.neighbours.peers.set('Birch', { ocm: { signatures: 'opportunistic' } });
    await story.forgetLimits();
    const { text } = await alder.services.agreements.contacts.invites.make(ana.accountId, '');
    const acceptance = { recipientProvider: birch.url, token: parseInvite(text).token, userID: 'bo' };
    await accept(acceptance, 200);
    await accept(acceptance, 409);
    await accept({}, 400);
    await accept(acceptance, 401, { signature: 'keyId="x"' });
    await accept({ ...acceptance, recipientProvider: 'elsewhere.example' }, 403);
    await accept({ ...acceptance, token: 'x'.repeat(60_000) }, 413);
    await accept(acceptance, 415, { 'content-type': 'text/plain' });
    await accept(acceptance, 421, { host: 'elsewhere.example' });
    await alder.services.neighbours.peers.set('Birch', { limits: { messages: 1 } });
    await story.forgetLimits();
    await accept(acceptance, 409);
    await accept(acceptance, 429);
    await story.forgetLimits();
    await alder.services.base.database.write((trx) => trx.schema.renameTable('ocm_invites', 'lost'));
    await accept(acceptance, 500);
    await story.forgetLimits();
    await alder.services.neighbours.peers.set('Birch', { ocm: { host: 'localhost:9', path: '', isPlain: true } });
    const lost = { ...acceptance, recipientProvider: 'http://localhost:9' };
    await accept(lost, 503, signatureOf(lost, alder.clock.now()));
  }

  async function accept(body: Said, status: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    await ask('POST', '/ocm/invite-accepted', status, {
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  }
});
