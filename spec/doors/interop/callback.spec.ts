import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DAY, MINUTE, SECOND, type Fields } from '../../../src/kernel/index.js';
import { send, type Answer } from '../../journeys/support/wire.js';
import { withFields, type Terms } from './support/forger.js';
import {
  answer,
  choose,
  grantOf,
  grantsMade,
  halfOf,
  invite,
  openManor,
  present,
  sentTo,
  taking,
  type Manor,
  type Presented,
} from './support/manor.js';
import type { Foreigner } from './support/outpost.js';

const UNKNOWN = `/interop/result/${'u'.repeat(43)}`;

/** The ways in which a share that was proposed can end. */
const ENDS: Readonly<Record<string, (manor: Manor, share: Presented) => Promise<unknown>>> = {
  withdrawn: ({ alder, ana }, { id }) => alder.services.agreements.sharing.withdraw(ana.accountId, id),
  expired: async (manor) => {
    manor.advance(31 * DAY);
    await manor.alder.cloud.tick();
  },
  revoked: async (manor, share) => {
    await answer(manor, share, true);
    await manor.alder.services.agreements.sharing.withdraw(manor.ana.accountId, share.id);
  },
  left: ({ quill }, { shareId }) => quill.voice.post('/interop/unshare', [['share_id', shareId]]),
};

describe('the callback', () => {
  let manor: Manor;
  let quill: Foreigner;

  beforeAll(async () => {
    manor = await openManor();
    ({ quill } = manor);
  });
  beforeEach(async () => {
    await manor.settle();
    await manor.forgetLimits();
    quill.reply = taking(quill.url);
    quill.forget();
  });
  afterAll(() => manor.close());

  const url = (): string => manor.alder.url;
  const stateOf = async (share: Presented): Promise<string> => (await halfOf(manor, share)).state;
  const decision = ({ shareId }: Presented, accepted = 'true'): Fields => [
    ['share_id', shareId],
    ['accepted', accepted],
  ];

  it('CBK-01 at an unknown path is not there, however well it is signed', async () => {
    const share = await present(manor);
    await manor.unmoved(async () => {
      for (const path of [
        UNKNOWN,
        `${share.callback}x`,
        share.callback.slice(0, -1),
        `${share.callback}/x`,
        '/interop/result/',
        '/interop/result',
      ]) {
        expect([path, (await quill.voice.get(path, decision(share))).status]).toEqual([path, 404]);
      }
    });
  });

  it('CBK-01 with the name of another share is not there; without a name it is malformed', async () => {
    const [share, other] = [await present(manor), await present(manor)];
    await manor.unmoved(async () => {
      for (const shareId of [other.shareId, 'unknown', share.shareId.toUpperCase(), ` ${share.shareId}`]) {
        expect([shareId, (await answer(manor, { ...share, shareId }, true)).status]).toEqual([shareId, 404]);
      }
      expect((await quill.voice.get(share.callback, [['accepted', 'true']])).status).toBe(400);
      expect((await answer(manor, { ...share, shareId: '' }, true)).status).toBe(400);
    });
    expect(await stateOf(share)).toBe('sent');
  });

  it('CBK-01 unsigned, altered or signed by another cloud proves nothing', async () => {
    const share = await present(manor);
    const rook = await manor.trust('Rook');
    const changed: readonly Terms[] = [
      { secret: 'wrong' },
      { altered: (query) => withFields(query, { accepted: 'false' }) },
      { altered: (query) => withFields(query, { extra: '1' }) },
      { altered: (query) => [...query, ['accepted', 'true']] },
      { edit: (protocol) => withFields(protocol, { oauth_signature: 'AAAA' }) },
      { edit: (protocol) => withFields(protocol, { oauth_signature: undefined }) },
      { edit: (protocol) => withFields(protocol, { oauth_nonce: 'other' }) },
      { timestamp: 1_000 },
    ];
    await manor.unmoved(async () => {
      expect((await send(`${url()}${share.callback}?share_id=${share.shareId}&accepted=true`)).status).toBe(401);
      for (const terms of changed) expect((await answer(manor, share, true, { terms })).status).toBe(401);
      expect((await answer(manor, share, true, { from: rook })).status).toBe(401);
    });
    expect(await stateOf(share)).toBe('sent');
  });

  it('CBK-01 an unsigned copy of a decision that was proved by its header is not answered as the first time', async () => {
    const share = await present(manor);
    const target = `${share.callback}?share_id=${share.shareId}&accepted=true`;
    const headers = { authorization: quill.voice.header('GET', target), accept: 'text/plain' };
    expect((await send(url() + target, { headers })).status).toBe(200);
    expect((await send(url() + target, { headers })).status).toBe(200);
    expect((await manor.unmoved(() => send(url() + target))).status).toBe(401);
  });

  it('CBK-02 says true or false, in any letter case, once; anything else decides nothing', async () => {
    const share = await present(manor);
    await manor.unmoved(async () => {
      for (const word of [
        '',
        '1',
        '0',
        'yes',
        'no',
        'on',
        'accept',
        'true ',
        ' true',
        'truefalse',
        'true,true',
        'null',
        'tru\u0435',
      ]) {
        expect([word, (await answer(manor, share, word)).status]).toEqual([word, 400]);
      }
      expect((await quill.voice.get(share.callback, [['share_id', share.shareId]])).status).toBe(400);
      for (const again of ['true', 'false', 'TRUE', '']) {
        expect((await quill.voice.get(share.callback, [...decision(share), ['accepted', again]])).status).toBe(400);
      }
    });
    expect(await grantsMade(manor, share)).toBe(0);
  });

  for (const [word, state] of [
    ['true', 'accepted'],
    ['True', 'accepted'],
    ['TRUE', 'accepted'],
    ['false', 'declined'],
    ['False', 'declined'],
    ['FALSE', 'declined'],
  ] as const) {
    it(`CBK-02 defect 1: ${word} means ${state}`, async () => {
      const share = await present(manor);
      expect((await answer(manor, share, word)).status).toBe(200);
      expect([await stateOf(share), await grantsMade(manor, share)]).toEqual([state, state === 'accepted' ? 1 : 0]);
    });
  }

  for (const accepted of [true, false]) {
    it(`CBK-03 the same URL again shows the same page and does nothing (${accepted ? 'accepted' : 'declined'})`, async () => {
      const share = await present(manor);
      const target = quill.voice.target(share.callback, decision(share, String(accepted)));
      const open = (): Promise<Answer> => send(url() + target, { headers: { accept: 'text/html' } });
      const first = await open();
      expect([first.status, first.text]).toEqual([
        200,
        expect.stringContaining(accepted ? 'You have accepted' : 'You have declined'),
      ]);
      await manor.settle();
      await manor.unmoved(async () => {
        for (let reload = 0; reload < 3; reload += 1)
          expect(await open()).toMatchObject({ status: 200, text: first.text });
      });
    });

    it(`CBK-03 a reversal is refused, before and after a repeat (${accepted ? 'accepted' : 'declined'} first)`, async () => {
      const share = await present(manor);
      await answer(manor, share, accepted);
      await manor.settle();
      const reverse = async (): Promise<number> => (await answer(manor, share, !accepted)).status;
      expect(await manor.unmoved(reverse)).toBe(409);
      expect((await answer(manor, share, accepted)).status).toBe(200);
      expect(await manor.unmoved(reverse)).toBe(409);
      expect(await grantsMade(manor, share)).toBe(accepted ? 1 : 0);
    });
  }

  it('CBK-03 K15 the URL of an attempt that died is refused until its cloud has repeated the decision, then shows it', async () => {
    const share = await present(manor);
    const terms = { nonce: 'spent-by-the-attempt-that-died', timestamp: Math.floor(manor.alder.clock.now() / SECOND) };
    expect((await quill.voice.get('/interop/ping', [], terms)).status).toBe(200);
    const open = (word: string): Promise<Answer> => quill.voice.get(share.callback, decision(share, word), terms);
    expect((await manor.unmoved(() => open('true'))).status).toBe(401);
    expect((await answer(manor, share, true)).status).toBe(200);
    await manor.settle();
    expect((await manor.unmoved(() => open('true'))).status).toBe(200);
    expect((await manor.unmoved(() => open('false'))).status).toBe(401);
    await manor.alder.services.agreements.sharing.withdraw(manor.ana.accountId, share.id);
    await manor.settle();
    expect((await manor.unmoved(() => open('true'))).status).toBe(401);
  });

  it('CBK-03 repeated by the peer, freshly signed, queues the same grant again, at most once a minute', async () => {
    const share = await present(manor);
    await answer(manor, share, true);
    await manor.settle();
    expect((await manor.unmoved(() => answer(manor, share, true))).status).toBe(200);
    manor.advance(MINUTE);
    for (let repeat = 0; repeat < 3; repeat += 1) expect((await answer(manor, share, true)).status).toBe(200);
    await manor.settle();
    const [first, second, ...more] = sentTo(quill, 'credentials');
    expect(more).toEqual([]);
    expect(second).toEqual(first);
    expect(await grantsMade(manor, share)).toBe(1);
  });

  it('CBK-04 while the share is not presented to anybody, decides nothing', async () => {
    quill.reply = () => ({ status: 503 });
    const invitation = await invite(manor);
    await expect(choose(manor, invitation)).rejects.toMatchObject({ code: 'peer-failed' });
    const [proposal] = sentTo(quill, 'share');
    const share = {
      ...invitation,
      shareId: proposal?.['share_id'] ?? '',
      callback: new URL(proposal?.['callback'] ?? '').pathname,
    };
    expect((await manor.unmoved(() => answer(manor, share, true))).status).toBe(409);
    expect((await halfOf(manor, share)).state).toBe('created');
  });

  for (const [state, end] of Object.entries(ENDS)) {
    it(`CBK-04 once the share is ${state}, makes no grant and reminds the peer of the end, once`, async () => {
      const share = await present(manor);
      await end(manor, share);
      await manor.settle();
      const made = await grantsMade(manor, share);
      const told = sentTo(quill, 'unshare').length;
      for (const accepted of [true, false, true]) {
        expect((await answer(manor, share, accepted)).status).toBe(409);
        await manor.settle();
      }
      expect([await stateOf(share), await grantOf(manor, share), await grantsMade(manor, share)]).toEqual([
        state,
        undefined,
        made,
      ]);
      expect(sentTo(quill, 'unshare')).toHaveLength(told + 1);
    });
  }

  it('CBK-05 opened without a consent, by the recipient of a cloud that cannot sign, gains nothing', async () => {
    await manor.alder.services.neighbours.peers.set('Quill', { allowUnsigned: true });
    const share = await present(manor);
    const skipped = await send(`${url()}${share.callback}?share_id=${share.shareId}&accepted=true`, {
      headers: { accept: 'text/plain' },
    });
    expect(skipped.status).toBe(200);
    const grant = await grantOf(manor, share);
    quill.reply = ({ target }) => ({ status: target === '/interop/credentials' ? 409 : 200 });
    await manor.settle();
    const half = await halfOf(manor, share);
    expect([half.state, half.endReason, await grantOf(manor, share)]).toEqual(['revoked', 'revoked', undefined]);
    expect(sentTo(quill, 'unshare')).toEqual([{ share_id: share.shareId, protocol_version: '1.0', reason: 'revoked' }]);
    expect(
      await manor.alder.services.shares.grants.find(
        manor.alder.services.base.database.read,
        quill.id,
        grant?.token ?? '',
      ),
    ).toBeUndefined();
    await manor.alder.services.neighbours.peers.set('Quill', { allowUnsigned: false });
  });

  it('CBK-06 fifty at once make one grant and one delivery', async () => {
    const share = await present(manor);
    const answers = await Promise.all(Array.from({ length: 50 }, () => answer(manor, share, true)));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(200));
    await manor.settle();
    expect([await grantsMade(manor, share), sentTo(quill, 'credentials').length]).toEqual([1, 1]);
  });

  it('CBK-06 fifty that contradict each other decide once', async () => {
    const share = await present(manor);
    const answers = await Promise.all(Array.from({ length: 50 }, (_, index) => answer(manor, share, index % 2 === 0)));
    const counts = [200, 409].map((status) => answers.filter((each) => each.status === status).length);
    expect(counts).toEqual([25, 25]);
    expect(await grantsMade(manor, share)).toBe((await stateOf(share)) === 'declined' ? 0 : 1);
  });
});
