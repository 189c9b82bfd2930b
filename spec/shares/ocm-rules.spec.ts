import { describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, type AccountId, type PeerId } from '../../src/kernel/index.js';
import { answerRules, destinationRules, nextIncoming, nextOutgoing, originRules } from '../../src/shares/index.js';
import type { IncomingState, OriginStep, OutgoingState } from '../../src/shares/index.js';

const NOW = 1_790_000_000_000;
const PEER = {
  id: 'birch' as PeerId,
  name: 'Birch',
  blocked: false,
  shareUrl: 'https://birch.example/ocm/shares',
  credentialsUrl: 'https://birch.example/ocm/notifications',
};
const CHOSEN = { shareUrl: PEER.shareUrl, credentialsUrl: PEER.credentialsUrl };
const WAY = { dialect: 'ocm', recipientAddress: 'bo@birch.example', isAlone: true, demandsToken: false } as const;
const FRESH = { shareId: 'name-2', callbackHash: 'hash-2', callbackSealed: 'sealed-2' };

function outgoing(state: OutgoingState, changes: Partial<originRules.OutgoingHalf> = {}): originRules.OutgoingHalf {
  return {
    id: 'out',
    shareId: 'name-1',
    state,
    endReason: undefined,
    peerId: state === 'created' ? undefined : PEER.id,
    chosen: state === 'created' ? undefined : CHOSEN,
    dialect: state === 'created' ? undefined : 'ocm',
    recipientAddress: state === 'created' ? undefined : WAY.recipientAddress,
    callbackSealed: state === 'created' ? undefined : 'sealed-1',
    problem: undefined,
    expiresAt: undefined,
    invitationExpiresAt: NOW + DAY,
    grantedAt: undefined,
    revision: 1,
    ...changes,
  };
}

function incoming(
  state: IncomingState,
  changes: Partial<destinationRules.IncomingHalf> = {},
): destinationRules.IncomingHalf {
  return {
    id: 'in',
    peerId: PEER.id,
    shareId: '7f3a',
    state,
    dialect: 'ocm',
    recipientAddress: 'bo@birch.example',
    digest: 'digest',
    permission: 'read-only',
    kind: 'folder',
    isKindOpen: false,
    expiresAt: undefined,
    grantSealed: 'sealed',
    grantDigest: 'key',
    grantIsUnsigned: false,
    problem: undefined,
    refusedSince: undefined,
    refusals: 0,
    createdAt: NOW,
    ...changes,
  };
}

const kindsOf = (effects: readonly object[]): string[] =>
  effects.map((effect) => {
    const { kind, delivery } = effect as { kind: string; delivery?: { kind: string } };
    return delivery === undefined ? kind : `queue ${delivery.kind}`;
  });

describe('an offer by Open Cloud Mesh', () => {
  it('opens with its sending, under a fresh secret, and is queued', () => {
    const chosen = originRules.choose(outgoing('created'), PEER, { fresh: FRESH, now: NOW, way: WAY });
    if (chosen.kind !== 'sent') throw new Error('not chosen');
    expect(chosen.step.change?.patch).toMatchObject({ ...FRESH, dialect: 'ocm', recipientAddress: 'bo@birch.example' });
    expect(kindsOf(chosen.step.effects)).toEqual(['mint-grant', 'queue offer']);
    expect(chosen.step.effects[1]).toMatchObject({
      delivery: { lane: 'outgoing:out:name-2', payload: { outgoingId: 'out', shareId: 'name-2' }, runAt: NOW },
    });
  });

  it('for whose answer a person waits is sent again later only if this program ends meanwhile', () => {
    const way = { ...WAY, isAlone: false };
    const chosen = originRules.choose(outgoing('created'), PEER, { fresh: FRESH, now: NOW, way });
    expect(chosen).toMatchObject({ step: { effects: [{}, { delivery: { runAt: NOW + 120_000 } }] } });
  });

  it('that goes to another dialect or address takes the first one back with its secret', () => {
    const chosen = originRules.choose(outgoing('sent'), PEER, { fresh: FRESH, now: NOW });
    if (chosen.kind !== 'sent') throw new Error('not chosen');
    expect(kindsOf(chosen.step.effects)).toEqual(['kill-grant', 'drop', 'queue unshare']);
    expect(chosen.step.change?.patch).toMatchObject({ dialect: undefined, recipientAddress: undefined, ...FRESH });
    expect(chosen.step.effects[2]).toMatchObject({
      delivery: {
        payload: {
          shareId: 'name-1',
          ocm: { half: { direction: 'outgoing', id: 'out' }, secretSealed: 'sealed-1', grantee: 'bo@birch.example' },
        },
      },
    });
  });

  it('that is made again takes back the one that seemed to fail: it may have come through', () => {
    const failed = { ...outgoing('sent'), state: 'created' } as const;
    const chosen = originRules.choose(failed, PEER, { fresh: FRESH, now: NOW, way: WAY });
    if (chosen.kind !== 'sent') throw new Error('not chosen');
    expect(chosen.step.change?.patch).toMatchObject(FRESH);
    expect(kindsOf(chosen.step.effects)).toEqual(['kill-grant', 'drop', 'queue unshare', 'mint-grant', 'queue offer']);
    expect(chosen.step.effects[2]).toMatchObject({ delivery: { payload: { shareId: 'name-1' } } });
  });

  it.each([
    ['sent', { kind: 'waiting-there', host: 'birch.example', acceptsByUse: true }, undefined],
    ['sent', { kind: 'refused', status: 400, note: 'no such user' }, 'offer-failed'],
    ['sent', { kind: 'unreachable', note: 'silence' }, undefined],
    ['active', { kind: 'refused', status: 400, note: 'no such user' }, undefined],
  ] as const)('%s, answered with %j', (state, answer, event) => {
    const step = originRules.offerAnswered(outgoing(state), 'name-1', answer);
    expect(step.change?.event).toBe(event);
    if (event !== undefined) {
      expect(step.change?.patch).toEqual({ problem: 'no such user' });
      expect(kindsOf(step.effects)).toEqual(['kill-grant', 'drop']);
    }
    expect(originRules.offerAnswered(outgoing(state), 'an older name', answer).change).toBeUndefined();
  });

  it.each([
    ['is due as long as nobody has answered', outgoing('sent'), PEER, 'send'],
    ['is not due to a blocked peer', outgoing('sent'), { ...PEER, blocked: true }, 'overtaken'],
    ['is not due once it was answered', outgoing('active'), PEER, 'overtaken'],
    ['goes nowhere but where it was addressed to', outgoing('sent'), { ...PEER, shareUrl: 'https://x' }, 'repointed'],
  ] as const)('%s', (_, half, peer, due) => {
    expect(originRules.offerDue(half, 'name-1', peer)).toBe(due);
  });
});

/** Where the steps lead, or the same state. */
function led(state: OutgoingState, steps: readonly OriginStep[]): string {
  return steps.reduce<OutgoingState>((now, { change }) => {
    return change?.event === undefined ? now : (nextOutgoing(now, change.event) ?? now);
  }, state);
}

describe('an answer that is heard by Open Cloud Mesh', () => {
  it.each([
    ['sent', true, 'recorded', 'active'],
    ['accepted', true, 'recorded', 'accepted'],
    ['active', true, 'recorded', 'active'],
    ['declined', true, 'unfit', 'declined'],
    ['left', true, 'unfit', 'left'],
    ['revoked', true, 'unfit', 'revoked'],
    ['created', true, 'unfit', 'created'],
    ['sent', false, 'recorded', 'declined'],
    ['accepted', false, 'recorded', 'left'],
    ['active', false, 'recorded', 'left'],
    ['declined', false, 'recorded', 'declined'],
    ['left', false, 'recorded', 'left'],
    ['withdrawn', false, 'recorded', 'withdrawn'],
  ] as const)('%s, accepted: %s → %s, %s', (state, accepted, kind, after) => {
    const heard = originRules.hearAnswer(outgoing(state), accepted, { remindedAt: undefined, now: NOW });
    expect([heard.kind, led(state, heard.steps)]).toEqual([kind, after]);
  });

  it('kills the grant with the commit when it is a no', () => {
    const { steps } = originRules.hearAnswer(outgoing('active'), false, { remindedAt: undefined, now: NOW });
    expect(kindsOf(steps[0]?.effects ?? [])).toEqual(['kill-grant', 'drop']);
  });

  it('comes too late once nobody may answer any more', () => {
    const over = outgoing('sent', { expiresAt: NOW });
    expect(originRules.hearAnswer(over, true, { remindedAt: undefined, now: NOW }).kind).toBe('unfit');
  });

  it.each(['sent', 'active'] as const)(
    'is no leaving when the share has expired meanwhile: from %s it has expired',
    (state) => {
      const over = outgoing(state, { expiresAt: NOW });
      const { kind, steps } = originRules.hearAnswer(over, false, { remindedAt: undefined, now: NOW });
      expect([kind, led(state, steps)]).toEqual(['recorded', 'expired']);
      expect(kindsOf(steps[0]?.effects ?? [])).toEqual(['kill-grant', 'drop']);
    },
  );

  it('tells a peer that takes an ended share for open its end again', () => {
    const { steps } = originRules.hearAnswer(outgoing('revoked'), true, { remindedAt: undefined, now: NOW });
    expect(kindsOf(steps[0]?.effects ?? [])).toEqual(['log-reminder', 'queue unshare']);
  });

  it('is the first use, from a peer that never says it', () => {
    expect(originRules.firstUse(outgoing('sent'), NOW)).toEqual([]);
    const silent = outgoing('sent', { chosen: { ...CHOSEN, acceptsByUse: true } });
    expect(led('sent', originRules.firstUse(silent, NOW))).toBe('active');
    expect(originRules.firstUse({ ...silent, state: 'active' }, NOW)).toEqual([]);
  });
});

describe('a share that was received by Open Cloud Mesh', () => {
  const answer = { shown: 'digest', accountId: 'bo' as AccountId };

  it('is tried and told at once when it is accepted', () => {
    const outcome = destinationRules.answerOffer(incoming('pending'), { ...answer, accepted: true }, NOW);
    if (outcome.kind !== 'recorded') throw new Error(outcome.kind);
    expect(kindsOf(outcome.step.effects)).toEqual(['queue decision', 'queue probe']);
    expect(outcome.step.effects).toMatchObject([
      { delivery: { lane: 'incoming:in:told', expiresAt: NOW + 30 * DAY } },
      { delivery: { lane: 'incoming:in' } },
    ]);
  });

  it('is told when it is declined, and keeps its key until then', () => {
    const outcome = destinationRules.answerOffer(incoming('pending'), { ...answer, accepted: false }, NOW);
    if (outcome.kind !== 'recorded') throw new Error(outcome.kind);
    expect(kindsOf(outcome.step.effects)).toEqual(['queue decision']);
    const after = incoming('declined');
    expect(destinationRules.decisionAnswered(after, 'trouble', { waited: 0, now: NOW }).change).toBeUndefined();
    expect(destinationRules.decisionAnswered(after, 'taken', { waited: 0, now: NOW }).change).toEqual({
      patch: { grantSealed: undefined },
    });
  });

  it('is told again after a 404, which a cloud that is starting up may say, until that has lasted (DLV-05)', () => {
    const unknown = { kind: 'unknown', note: 'answered 404' } as const;
    for (const accepted of [true, false]) {
      expect(answerRules.toldVerdict(unknown, accepted, HOUR - 1)).toMatchObject({ kind: 'retry', answered: true });
      expect(answerRules.toldVerdict(unknown, accepted, HOUR)).toMatchObject({ kind: 'done' });
    }
    const declined = incoming('declined');
    const erased = (waited: number) =>
      destinationRules.decisionAnswered(declined, 'unknown', { waited, now: NOW }).change;
    expect(erased(HOUR - 1)).toBeUndefined();
    expect(erased(HOUR)).toBeDefined();
  });

  it.each([
    ['pending', 'same'],
    ['accepted', 'same'],
    ['active', 'same'],
    ['declined', 'used'],
    ['revoked', 'used'],
  ] as const)('that comes again while it is %s is the %s', (state, received) => {
    expect(destinationRules.receiveOffer(incoming(state), { digest: 'digest', isBuried: false })).toBe(received);
    expect(destinationRules.receiveOffer(incoming(state), { digest: 'another', isBuried: false })).toBe('used');
  });

  it.each([
    ['leave', 'active', ['unmount', 'drop', 'drop', 'queue unshare']],
    ['lapse', 'pending', ['unmount', 'drop', 'drop', 'queue unshare']],
    ['told-revoked', 'active', ['unmount', 'drop', 'drop']],
  ] as const)('ends by %s, and tells it by the key that it had', (event, state, effects) => {
    const step = destinationRules.end(incoming(state), event, { reason: 'left', now: NOW });
    expect(nextIncoming(state, event)).toBeDefined();
    expect(kindsOf(step.effects)).toEqual(effects);
    expect(step.change?.patch).toMatchObject({ grantSealed: undefined });
    expect(step.change?.patch).not.toHaveProperty('grantDigest');
    const told = step.effects.find((effect) => effect.kind === 'queue');
    if (told !== undefined) {
      const ocm = { half: { direction: 'incoming', id: 'in' }, secretSealed: 'sealed', grantee: 'bo@birch.example' };
      expect(told).toMatchObject({ delivery: { lane: 'incoming:in:told', payload: { shareId: '7f3a', ocm } } });
    }
  });

  it('asks its origin when its last day is over, and waits ten minutes for one that is away', () => {
    const half = incoming('active', { expiresAt: NOW });
    expect(destinationRules.timeIsUp(half, NOW - 1).effects).toEqual([]);
    expect(destinationRules.timeIsUp(half, NOW)).toMatchObject({ effects: [{ kind: 'hasten', message: 'probe' }] });
    const late = destinationRules.timeIsUp(half, NOW + destinationRules.LAST_WORD);
    expect(late.change).toMatchObject({ event: 'dead-expired', patch: { endReason: 'expired' } });
    // Whoever refuses the key has answered.
    const refused = destinationRules.timeIsUp({ ...half, refusedSince: NOW - HOUR }, NOW);
    expect(refused.change?.event).toBe('dead-expired');
  });

  it('ends with its last day, by the word of its origin, and goes on if that names another', () => {
    const half = incoming('active', { expiresAt: NOW });
    const facts = { now: NOW, chance: 0 };
    const open = (expiresAt: number | undefined) =>
      ({ kind: 'open', rootKey: '/', permission: 'read-only', expiresAt, keepsDesk: false }) as const;
    const eventAfter = (finding: Parameters<typeof destinationRules.found>[1]) =>
      destinationRules.found(half, finding, facts).change?.event;
    expect(eventAfter(open(NOW))).toBe('dead-expired');
    expect(eventAfter({ kind: 'refused', detail: '401' })).toBe('dead-expired');
    expect(eventAfter({ kind: 'trouble', note: 'away', answered: false })).toBe(undefined);
    for (const expiresAt of [NOW + DAY, undefined]) {
      const step = destinationRules.found(half, open(expiresAt), facts);
      expect(step.change).toMatchObject({ patch: { expiresAt } });
      expect(step.change?.event).toBe(undefined);
    }
    // A day that was put forward, and is over when it is learnt.
    const ended = destinationRules.found(incoming('active', { expiresAt: NOW + DAY }), open(NOW - HOUR), facts);
    expect(ended.change).toMatchObject({ event: 'dead-expired', patch: { expiresAt: NOW - HOUR } });
  });

  it('is asked for once a day, and shortly before the last one is over', () => {
    const runAt = (expiresAt: number | undefined, chance = 0): number => {
      const finding = { kind: 'open', rootKey: '/', permission: 'read-only', expiresAt, keepsDesk: false } as const;
      const { effects } = destinationRules.found(incoming('active'), finding, { now: NOW, chance });
      const [queued] = effects.flatMap((effect) => (effect.kind === 'queue' ? [effect.delivery] : []));
      return (queued?.runAt ?? 0) - NOW;
    };
    expect([runAt(undefined), runAt(undefined, 1)]).toEqual([DAY, DAY - 4 * HOUR]);
    expect(runAt(NOW + 9 * DAY)).toBe(DAY);
    expect(runAt(NOW + HOUR)).toBe(HOUR - 5 * MINUTE);
    expect(runAt(NOW + MINUTE)).toBe(DAY);
  });

  it('has expired if it is told of its end after its last day, whatever the reason', () => {
    const ended = (expiresAt: number) =>
      destinationRules.hearEnd(incoming('active', { expiresAt }), undefined, NOW).change?.event;
    expect([ended(NOW), ended(NOW + 1)]).toEqual(['told-expired', 'told-revoked']);
  });

  it('takes no other key', () => {
    expect(destinationRules.takeGrant(incoming('accepted'), { grantSealed: 's', grantDigest: 'd' }).kind).toBe('unfit');
  });
});
