import { isMailed, OFFER, type OutgoingState } from '../../shares/index.js';
import { answerWords } from './answer-words.js';
import { readAnswer } from './answers.js';
import type { HalfFacts } from './facts.js';
import { BY_ITSELF, type Finding, type Grade } from './finding.js';

/** What is said of a state: code, grade, sentence, advice, and what people do about it. */
type Said = readonly [code: string, grade: Grade, sentence: string, advice: string, forPeople: string];

/** How the half stands, in one finding: the first that is told. */
export function stateFinding(facts: HalfFacts): Finding {
  const [code, grade, sentence, advice, forPeople] =
    facts.share.direction === 'outgoing' ? outgoing(facts) : incoming(facts);
  const since = code === KEY_REFUSED ? facts.share.refusedSince : facts.share.since;
  return { code, grade, sentence, advice, forPeople, since };
}

function outgoing(facts: HalfFacts): Said {
  const { recipient, state } = facts.share;
  const peer = peerName(facts);
  switch (state as OutgoingState) {
    case 'created':
      return isMailed(facts.share) ? created(facts) : notTaken(facts);
    case 'sent':
      return isMailed(facts.share)
        ? [
            'waits-for-answer',
            'waiting',
            `${recipient} picked ${peer} and has not answered there yet.`,
            'Nothing: it is the recipient’s turn. If they lost the page, the link in their mail leads to it again.',
            'Remind them, or take the offer back.',
          ]
        : offered(facts);
    case 'accepted':
      return [
        'key-on-its-way',
        'waiting',
        `${recipient} accepted; the key has not arrived at ${peer} yet.`,
        'The reasons are listed below.',
        BY_ITSELF,
      ];
    case 'active':
      return ['works', 'good', `${recipient} can open the folder from ${peer}.`, '', ''];
    default:
      return ended(facts);
  }
}

/** An offer by Open Cloud Mesh, which no mail brings: its server shows it, once it has it. */
function offered(facts: HalfFacts): Said {
  const { recipient } = facts.share;
  const peer = peerName(facts);
  return facts.deliveries.some(({ kind }) => kind === OFFER)
    ? [
        'offer-on-its-way',
        'waiting',
        `The offer has not arrived at ${peer} yet.`,
        'The reasons are listed below.',
        BY_ITSELF,
      ]
    : [
        'waits-for-answer',
        'waiting',
        `The offer waits for ${recipient} at ${peer}.`,
        'Nothing: it is the recipient’s turn. Some servers never say that it was accepted; there the first use says it.',
        'Remind them, or take the offer back.',
      ];
}

/** Its server has said why, in words for the owner. */
function notTaken(facts: HalfFacts): Said {
  const why = facts.history.at(-1)?.note ?? '';
  return [
    'offer-not-taken',
    'trouble',
    `${peerName(facts)} did not take the offer. ${why}`.trim(),
    'Check that this cloud is on the list of providers there, if it keeps one, and that the address is right.',
    'Check the address and share the folder with it again, or take the offer back.',
  ];
}

function created(facts: HalfFacts): Said {
  const { recipient } = facts.share;
  const last = facts.history.at(-1);
  if (last?.event === 'offer-failed') {
    const context = { peer: peerName(facts), clockAhead: facts.peer?.clockAhead ?? 0, shareId: facts.share.shareId };
    const { sentence, advice } = answerWords(readAnswer(last.note), context);
    const choice = 'The recipient can try again, or pick another cloud, with the link in their mail.';
    return ['offer-not-taken', 'trouble', `The offer did not reach ${peerName(facts)}. ${sentence}`, advice, choice];
  }
  if (last?.event === 'repoint') {
    return [
      'choice-undone',
      'trouble',
      `${peerName(facts)} moved to other addresses after it was picked, so nothing was handed over there.`,
      'Check that its new addresses are right. The recipient has to pick it again with the link in their mail.',
      'Ask the recipient to open the link in their mail once more, or send the invitation again.',
    ];
  }
  return [
    'waits-for-choice',
    'waiting',
    `${recipient} has not picked a cloud yet.`,
    'Nothing: it is the recipient’s turn.',
    'Remind them, send the invitation again, or take it back.',
  ];
}

/** The code of what {@link grantRefused} says. */
const KEY_REFUSED = 'key-refused';

/** Nothing has ended yet (ruling F-06). */
function grantRefused(peer: string): Said {
  return [
    KEY_REFUSED,
    'trouble',
    `${peer} refuses the key to the folder at the moment, so nothing in it is answered.`,
    `It is asked again by itself; when it has refused for ten minutes (an hour for a new key) the share ends, and ${peer} is told. Ask its administrator what has happened there.`,
    BY_ITSELF,
  ];
}

function incoming(facts: HalfFacts): Said {
  const { state, hasGrant, recipient, refusedSince } = facts.share;
  const peer = peerName(facts);
  if (refusedSince !== undefined) return grantRefused(peer);
  if (state === 'pending') {
    return [
      'waits-for-decision',
      'waiting',
      `${recipient} has not answered the offer yet.`,
      'Nothing: it is the recipient’s turn.',
      'Look at the offer, then accept or decline.',
    ];
  }
  if (state === 'accepted' && !hasGrant) {
    return [
      'waits-for-key',
      'waiting',
      `The offer was accepted; ${peer} has not handed over the key yet.`,
      `The reasons are listed below, or by share doctor at ${peer}.`,
      BY_ITSELF,
    ];
  }
  if (state === 'accepted') {
    return [
      'key-being-tried',
      'waiting',
      `The key has come; the folder has not been opened with it yet.`,
      'The reasons are listed below.',
      BY_ITSELF,
    ];
  }
  if (state === 'active') return ['works', 'good', 'The folder is among the files of its recipient.', '', ''];
  return ended(facts);
}

const AGAIN = 'Share the folder again if it is still needed.';

function ended(facts: HalfFacts): Said {
  const { share, history } = facts;
  const peer = peerName(facts);
  const last = history.filter(({ to }) => to === share.state).at(-1);
  const note = last?.note ?? '';
  if (note === 'peer blocked') {
    return over(
      'ended-peer-blocked',
      `It ended because ${peer} was blocked here.`,
      `Unblock ${peer} if that was a mistake; then share anew.`,
      AGAIN,
    );
  }
  if (note === 'folder deleted') return over('ended-folder-deleted', 'It ended because the folder was deleted.');
  if (note === 'account gone')
    return over('ended-account-gone', 'It ended because the account was disabled or removed.');
  if (share.endedBy === 'administrator') {
    return over(
      'ended-by-administrator',
      'An administrator of this cloud ended it.',
      '',
      'Ask them if it is still needed.',
    );
  }
  return endedBy(last?.event, peer) ?? over(`ended-${share.state}`, ENDED[share.state] ?? 'It has ended.', '', AGAIN);
}

function over(code: string, sentence: string, advice = '', forPeople = advice): Said {
  return [code, 'over', sentence, advice, forPeople];
}

/** What the event that ended a share says; undefined when the state that it is in says it all. */
function endedBy(event: string | undefined, peer: string): Said | undefined {
  switch (event) {
    case 'refused':
      return over(
        'ended-key-refused',
        `It ended because ${peer} refused the key.`,
        `${peer} has ended the share, or lost it in a restore. ${AGAIN}`,
        AGAIN,
      );
    case 'dead-revoked':
      return over(
        'ended-key-dead',
        `It ended because ${peer} refused the key, and went on refusing it for as long as it was asked again.`,
        `The owner ended it and the news got lost, or ${peer} was restored from an older backup.`,
        'Ask the owner to share the folder again if you still need it.',
      );
    case 'dead-expired':
    case 'expire':
    case 'lapse':
      return over('ended-time-up', 'It ended because its time was up.', AGAIN);
    default:
      return undefined;
  }
}

const ENDED: Readonly<Record<string, string>> = {
  declined: 'The recipient declined.',
  withdrawn: 'The offer was taken back before it was accepted.',
  expired: 'It ended because its time was up.',
  revoked: 'The owner ended it.',
  left: 'The recipient left the folder.',
};

/** The other cloud, as people are told of it. */
export function peerName({ peer, share }: HalfFacts): string {
  return peer?.name ?? share.peerName ?? 'the other cloud';
}
