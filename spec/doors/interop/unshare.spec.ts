import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { formatPairs } from '../../../src/oauth1/index.js';
import { credentialFields } from '../../journeys/support/peer-voice.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { withFields } from './support/forger.js';
import { decide, halfOf, offer, openOutpost, proposalFrom, type Foreigner, type Outpost } from './support/outpost.js';

const PATH = '/interop/unshare';
const [TOKEN, SECRET] = ['T'.repeat(32), 'S'.repeat(43)];
let names = 0;

describe('an unshare', () => {
  let outpost: Outpost;
  let quill: Foreigner;

  beforeAll(async () => {
    outpost = await openOutpost();
    ({ quill } = outpost);
  });
  beforeEach(() => outpost.forgetLimits());
  afterAll(() => outpost.close());

  const post = (fields: Fields, from = quill, terms: Parameters<Foreigner['voice']['post']>[2] = {}): Promise<Answer> =>
    from.voice.post(PATH, fields, terms);
  const end = (shareId: string, from = quill): Promise<Answer> => post([['share_id', shareId]], from);
  const unheardOf = (): string => `unheard-of-${String((names += 1))}`;

  it('UNS-01 unsigned or altered is refused, by GET too', async () => {
    const { shareId } = await offer(quill);
    const fields: Fields = [
      ['share_id', shareId],
      ['protocol_version', '1.0'],
      ['reason', 'revoked'],
    ];
    const target = `${PATH}?${formatPairs(fields)}`;
    await outpost.unmoved(async () => {
      expect((await post(fields, quill, { headers: { authorization: '' } })).status).toBe(401);
      for (const [name] of fields) {
        const altered = (signed: Fields) => withFields(signed, { [name]: 'altered' });
        expect((await post(fields, quill, { altered })).status).toBe(401);
      }
      const authorization = quill.voice.header('GET', target);
      expect((await send(outpost.birch.url + target, { headers: { authorization } })).status).toBe(405);
      expect((await post([])).status).toBe(400);
      expect(
        (
          await post([
            ['share_id', shareId],
            ['protocol_version', '2.0'],
          ])
        ).status,
      ).toBe(400);
    });
    expect((await halfOf(outpost, quill, shareId)).state).toBe('pending');
  });

  it('UNS-01 of another peer’s share is of no share at all', async () => {
    const rook = await outpost.trust('Rook');
    const { shareId } = await offer(quill);
    await decide(outpost, await halfOf(outpost, quill, shareId), true);
    const foreign = await outpost.unmoved(() => end(shareId, rook), ['tombstones']);
    const unknown = await end(unheardOf(), rook);
    expect([foreign.status, foreign.text]).toEqual([404, unknown.text]);
    expect((await halfOf(outpost, quill, shareId)).state).toBe('accepted');
  });

  it('UNS-02 again and again is answered like the first time, whatever the reason says now', async () => {
    const { shareId } = await offer(quill);
    const first = await end(shareId);
    await outpost.unmoved(async () => {
      for (const reason of ['revoked', 'expired', 'withdrawn', 'left', 'deleted', 'made-up', '']) {
        const again = await post([
          ['share_id', shareId],
          ['reason', reason],
        ]);
        expect([again.status, again.text]).toEqual([first.status, first.text]);
      }
    });
    expect([first.status, (await halfOf(outpost, quill, shareId)).state]).toEqual([200, 'withdrawn']);
  });

  it('UNS-02 DLV-02 twenty times at once ends once', async () => {
    const { shareId } = await offer(quill);
    await decide(outpost, await halfOf(outpost, quill, shareId), true);
    const answers = await Promise.all(Array.from({ length: 20 }, () => end(shareId)));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    const { id } = await halfOf(outpost, quill, shareId);
    const ends = (await outpost.birch.services.shares.events.of(outpost.birch.services.base.database.read, id)).filter(
      ({ to }) => to === 'revoked',
    );
    expect(ends).toHaveLength(1);
  });

  it('UNS-02 ahead of the credentials that it ends: they come too late', async () => {
    const { shareId } = await offer(quill);
    await decide(outpost, await halfOf(outpost, quill, shareId), true);
    expect((await end(shareId)).status).toBe(200);
    const late = () => quill.voice.post('/interop/credentials', credentialFields(shareId, TOKEN, SECRET));
    expect((await outpost.unmoved(late)).status).toBe(409);
    expect((await halfOf(outpost, quill, shareId)).grantSealed).toBeUndefined();
  });

  it('UNS-02 ahead of its proposal is remembered, for that peer alone', async () => {
    const rook = await outpost.trust('Rival');
    const name = unheardOf();
    expect((await end(name)).status).toBe(404);
    await outpost.unmoved(async () => {
      expect((await quill.voice.post('/interop/share', proposalFrom(quill.url, { share_id: name }))).status).toBe(409);
      expect((await quill.voice.post('/interop/credentials', credentialFields(name, TOKEN, SECRET))).status).toBe(409);
      expect((await end(name)).status).toBe(404);
    });
    expect((await offer(rook, { share_id: name })).answer.status).toBe(303);
  });

  it('UNS-02 of made-up shares fills no more than a bounded memory, and the newest are kept', async () => {
    const flooder = await outpost.trust('Flooder');
    await outpost.birch.services.base.database.write(async (trx) => {
      const rows = Array.from({ length: 1_000 }, (_, index) => ({
        peer_id: flooder.id,
        share_id: `old-${String(index)}`,
        created_at: index,
      }));
      await trx.batchInsert('tombstones', rows, 100);
    });
    for (let made = 0; made < 5; made += 1) await end(`new-${String(made)}`, flooder);
    const rows = await outpost.birch.services.base.database
      .read('tombstones')
      .where({ peer_id: flooder.id })
      .select<{ share_id: string }[]>('share_id');
    expect(rows).toHaveLength(1_000);
    expect(rows.map(({ share_id: id }) => id)).toEqual(expect.arrayContaining(['new-0', 'new-4', 'old-999']));
    expect(rows.map(({ share_id: id }) => id)).not.toContain('old-0');
  });

  for (const [reason, state] of [
    ['withdrawn', 'withdrawn'],
    ['expired', 'expired'],
    ['revoked', 'revoked'],
    ['deleted', 'revoked'],
    ['left', 'revoked'],
    [undefined, 'revoked'],
  ] as const) {
    it(`ends an accepted share as ${state} ${reason === undefined ? 'without a reason' : `with the reason ${reason}`}, and its secret is gone`, async () => {
      const { shareId } = await offer(quill);
      await decide(outpost, await halfOf(outpost, quill, shareId), true);
      await quill.voice.post('/interop/credentials', credentialFields(shareId, TOKEN, SECRET));
      const fields: Fields = [['share_id', shareId]];
      expect((await post(reason === undefined ? fields : [...fields, ['reason', reason]])).status).toBe(200);
      const share = await halfOf(outpost, quill, shareId);
      expect([share.state, share.grantSealed, share.grantDigest]).toEqual([state, undefined, undefined]);
      expect(await outpost.birch.services.deliveries.outbox.pending(`incoming:${share.id}`)).toEqual([]);
    });
  }

  it('defect 5: share, callback, credentials and unshare believe nobody who does not sign', async () => {
    const { shareId, fields } = await offer(quill);
    const calls: readonly (readonly [string, Fields])[] = [
      ['/interop/share', fields],
      ['/interop/credentials', credentialFields(shareId, TOKEN, SECRET)],
      [PATH, [['share_id', shareId]]],
    ];
    await outpost.unmoved(async () => {
      for (const [path, message] of calls) {
        expect((await quill.voice.post(path, message, { headers: { authorization: '' } })).status).toBe(401);
        expect((await quill.voice.post(path, message, { secret: 'guessed' })).status).toBe(401);
      }
    });
  });
});
