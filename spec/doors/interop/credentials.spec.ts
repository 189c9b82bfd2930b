import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { formatPairs } from '../../../src/oauth1/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import { decide, halfOf, offer, openOutpost, type Foreigner, type Outpost } from './support/outpost.js';

const PATH = '/interop/credentials';
const TOKEN = 'T'.repeat(32);
const SECRET = 'S'.repeat(43);

describe('credentials', () => {
  let outpost: Outpost;
  let quill: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const post = (fields: Fields, terms: Parameters<Foreigner['voice']['post']>[2] = {}): Promise<Answer> =>
    quill.voice.post(PATH, fields, terms);
  const accepted = async (): Promise<string> => {
    const { shareId } = await offer(quill);
    await decide(outpost, await halfOf(outpost, quill, shareId), true);
    return shareId;
  };
  const storedFor = async (shareId: string) =>
    outpost.birch.services.shares.receiving.credentialsOf(await halfOf(outpost, quill, shareId));

  it('CRD-01 unsigned or altered are refused', async () => {
    const fields = credentialFields(await accepted(), TOKEN, SECRET);
    await outpost.unmoved(async () => {
      expect((await post(fields, { headers: { authorization: '' } })).status).toBe(401);
      expect((await post(fields, { secret: 'wrong' })).status).toBe(401);
      for (const [name] of fields) {
        for (const value of [undefined, 'altered']) {
          const altered = (signed: Fields) => withFields(signed, { [name]: value });
          expect([name, (await post(fields, { altered })).status]).toEqual([name, 401]);
        }
      }
    });
  });

  it('CRD-01 CRD-05 in a request that is signed with a token are malformed, whatever token that is', async () => {
    const fields = credentialFields(await accepted(), TOKEN, SECRET);
    await outpost.unmoved(async () => {
      for (const token of [TOKEN, 'someToken']) {
        expect((await post(fields, { more: [['oauth_token', token]] })).status).toBe(400);
        const edit = (protocol: Fields): Fields => [...protocol, ['oauth_token', token]];
        expect((await post(fields, { edit })).status).toBe(400);
      }
    });
  });

  it('CRD-05 are checked two-legged: a token in the form is data and signs nothing', async () => {
    const shareId = await accepted();
    const legacy: Fields = [
      ['share_id', shareId],
      ['auth_protocol', 'oauth'],
      ['auth_protocol_version', '1.0a'],
      ['oauth_token', TOKEN],
      ['oauth_token_secret', SECRET],
    ];
    expect((await post(legacy)).status).toBe(200);
    expect(await storedFor(shareId)).toEqual({ kind: 'oauth1', token: TOKEN, secret: SECRET });
  });

  it('CRD-05 under every name that a legacy cloud sends are the same credentials; the plain names come first', async () => {
    const shareId = await accepted();
    const head: Fields = [
      ['share_id', shareId],
      ['auth_protocol', 'OAuth'],
      ['auth_protocol_version', '1.0'],
    ];
    const all: Fields = [
      ...head,
      ['oauth_token', 'x'],
      ['oauth_token_secret', 'x'],
      ['oauth_access_token', 'y'],
      ['oauth_access_token_secret', 'y'],
      ['access_token_key', TOKEN],
      ['access_token_secret', SECRET],
    ];
    expect((await post(all)).status).toBe(200);
    expect((await post([...head, ['oauth_access_token', TOKEN], ['oauth_access_token_secret', SECRET]])).status).toBe(
      200,
    );
    expect((await post([...head, ['oauth_access_token', 'x'], ['oauth_access_token_secret', SECRET]])).status).toBe(
      409,
    );
    expect(await storedFor(shareId)).toEqual({ kind: 'oauth1', token: TOKEN, secret: SECRET });
  });

  it('CRD-05 of another protocol are refused in the words of the references', async () => {
    const fields = credentialFields(await accepted(), TOKEN, SECRET);
    const others = [
      { auth_protocol: 'basic' },
      { auth_protocol: 'oauth2' },
      { auth_protocol_version: '2.0' },
      { auth_protocol_version: '1.0b' },
    ];
    await outpost.unmoved(async () => {
      for (const change of others) {
        const { status, text } = await post(withFields(fields, change));
        expect([status, text]).toEqual([400, 'Authentication method not supported']);
      }
    });
  });

  it('with a part missing, repeated or too long are refused by its name', async () => {
    const fields = credentialFields(await accepted(), TOKEN, SECRET);
    await outpost.unmoved(async () => {
      for (const [name] of fields) {
        const missing = await post(withFields(fields, { [name]: undefined }));
        expect([missing.status, missing.text]).toEqual([400, `${name} is missing`]);
        expect((await post([...fields, [name, 'other']])).status).toBe(400);
        expect((await post(withFields(fields, { [name]: 'x'.repeat(3_000) }))).status).toBe(400);
        expect((await post(withFields(fields, { [name]: 'a\u0007b' }))).status).toBe(400);
      }
    });
  });

  it('CRD-05 in an address or by GET are refused, and nothing is stored', async () => {
    const shareId = await accepted();
    const fields = credentialFields(shareId, TOKEN, SECRET);
    const target = `${PATH}?${formatPairs(fields)}`;
    await outpost.unmoved(async () => {
      expect((await quill.voice.post(target, [])).status).toBe(400);
      expect((await quill.voice.post(target, fields)).status).toBe(400);
      expect((await quill.voice.post(`${PATH}?access_token_secret=${SECRET}`, fields)).status).toBe(400);
      const authorization = quill.voice.header('GET', target);
      expect((await send(outpost.birch.url + target, { headers: { authorization } })).status).toBe(405);
      expect((await quill.voice.get(PATH, fields)).status).toBe(405);
    });
  });

  it('CRD-02 of another peer, or for a share that nobody knows, are for nothing that is here', async () => {
    const shareId = await accepted();
    const rook = await outpost.trust('Rook');
    await outpost.unmoved(async () => {
      expect((await rook.voice.post(PATH, credentialFields(shareId, TOKEN, SECRET))).status).toBe(404);
      for (const name of ['unknown', shareId.toUpperCase(), `${shareId} `, '%', '*']) {
        expect([name, (await post(credentialFields(name, TOKEN, SECRET))).status]).toEqual([name, 404]);
      }
    });
    const unknown = await post(credentialFields('unknown', TOKEN, SECRET));
    const foreign = await rook.voice.post(PATH, credentialFields(shareId, TOKEN, SECRET));
    expect([foreign.text, foreign.headers['content-type']]).toEqual([unknown.text, unknown.headers['content-type']]);
  });

  it('CRD-03 are never overwritten: the same are taken again without effect, others refused', async () => {
    const shareId = await accepted();
    const fields = credentialFields(shareId, TOKEN, SECRET);
    expect((await post(fields)).status).toBe(200);
    await outpost.unmoved(async () => {
      for (let repeat = 0; repeat < 3; repeat += 1) expect((await post(fields)).status).toBe(200);
      for (const change of [
        { access_token_key: 'other' },
        { access_token_secret: 'other' },
        { access_token_key: SECRET, access_token_secret: TOKEN },
      ]) {
        expect((await post(withFields(fields, change))).status).toBe(409);
      }
    });
    expect(await storedFor(shareId)).toEqual({ kind: 'oauth1', token: TOKEN, secret: SECRET });
  });

  it('CRD-03 DLV-02 twenty times at once are stored once and probed once', async () => {
    const shareId = await accepted();
    const answers = await Promise.all(Array.from({ length: 20 }, () => post(credentialFields(shareId, TOKEN, SECRET))));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { id } = await halfOf(outpost, quill, shareId);
    const queued = await outpost.birch.services.deliveries.outbox.pending(`incoming:${id}`);
    expect(queued.map(({ kind }) => kind)).toEqual(['probe']);
  });

  it('defect 10: are stored for nothing that was not accepted here, by the peer that offered it', async () => {
    const pending = await offer(quill);
    const declined = await offer(quill);
    await decide(outpost, await halfOf(outpost, quill, declined.shareId), false);
    const stranger = await outpost.trust('Stranger');
    await outpost.unmoved(async () => {
      expect((await post(credentialFields(pending.shareId, TOKEN, SECRET))).status).toBe(409);
      expect((await post(credentialFields(declined.shareId, TOKEN, SECRET))).status).toBe(409);
      expect((await stranger.voice.post(PATH, credentialFields(pending.shareId, TOKEN, SECRET))).status).toBe(404);
    });
    const rows = await outpost.birch.services.base.database
      .read('incoming_shares')
      .whereNotNull('grant_sealed')
      .select<{ share_id: string }[]>('share_id');
    expect(rows.map(({ share_id: id }) => id)).not.toContain(pending.shareId);
  });

  it('CRD-09 are used before they are believed: the folder appears once it has opened, and it is asked once', async () => {
    const shareId = await accepted();
    const token = 'UsedOnce';
    quill.reply = () => ({
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(folder()),
    });
    expect((await post(credentialFields(shareId, token, SECRET))).json()).toMatchObject({ status: 'ACCEPTED' });
    expect((await halfOf(outpost, quill, shareId)).state).toBe('accepted');
    await outpost.settle();
    expect((await halfOf(outpost, quill, shareId)).state).toBe('active');
    const probes = quill.received.filter(({ headers }) => headers.authorization?.includes(`oauth_token="${token}"`));
    expect(probes.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /v1/folder/1972']);
    expect((await post(credentialFields(shareId, token, SECRET))).json()).toMatchObject({ status: 'ACTIVE' });
  });

  for (const [what, body] of Object.entries({
    'another folder': folder({ id: 7 }),
    'a file': folder({ is_folder: false, size: 3, mimetype: 'text/plain' }),
    'a deleted folder': folder({ status: 'DELETED' }),
    'a permission that there is not': folder({ permission: 'everything' }),
    'a list': [folder()],
  })) {
    it(`CRD-09 that open ${what} open nothing: the share stays inactive, with a reason, and is tried again`, async () => {
      const shareId = await accepted();
      quill.reply = () => ({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      await post(credentialFields(shareId, TOKEN, SECRET));
      await outpost.settle();
      const share = await halfOf(outpost, quill, shareId);
      expect([share.state, share.problem]).toEqual(['accepted', expect.stringMatching(/./)]);
      const mounts = (await outpost.birch.services.base.database
        .read('mounts')
        .where({ incoming_id: share.id })) as unknown[];
      expect(mounts).toEqual([]);
      expect(
        (await outpost.birch.services.deliveries.outbox.pending(`incoming:${share.id}`)).map(({ kind }) => kind),
      ).toEqual(['probe']);
      await quill.voice.post('/interop/unshare', [['share_id', shareId]]);
    });
  }
});

/** The metadata of a shared folder as its cloud tells it. */
function folder(changes: Readonly<Record<string, unknown>> = {}): object {
  return {
    id: 1972,
    parent_id: null,
    filename: 'Drafts',
    is_folder: true,
    is_root: false,
    status: 'NEW',
    version: 1,
    size: 0,
    user: 'Quentin',
    modified_at: '2026-11-02 09:00:00.000',
    permission: 'read-write',
    ...changes,
  };
}
