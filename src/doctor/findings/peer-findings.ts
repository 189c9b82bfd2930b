import { DAY } from '../../kernel/index.js';
import { readAnswer } from './answers.js';
import type { DeliveryFacts, HalfFacts, PeerFacts } from './facts.js';
import { ASK_ADMINISTRATOR, BY_ITSELF, spanWords, type Finding } from './finding.js';

type Check = (facts: HalfFacts, peer: PeerFacts) => Finding | undefined;

/** What is the matter with the other cloud, whatever this share does. */
export function peerFindings(facts: HalfFacts): Finding[] {
  const { peer } = facts;
  if (peer === undefined) return [];
  return CHECKS.flatMap((check) => check(facts, peer) ?? []);
}

const blocked: Check = (_facts, { trust, name }) =>
  trust !== 'blocked'
    ? undefined
    : {
        code: 'peer-blocked',
        grade: 'trouble',
        sentence: `${name} is blocked here: nothing is shared with it.`,
        advice: `If that is no longer meant: peer unblock ${name}. Shares that ended stay ended.`,
        forPeople: `Nothing can be shared with ${name} at present. ${ASK_ADMINISTRATOR}`,
      };

const removed: Check = (_facts, { trust, name }) =>
  trust !== 'removed'
    ? undefined
    : {
        code: 'peer-removed',
        grade: 'trouble',
        sentence: `${name} is no longer a peer of this cloud.`,
        advice:
          'Nothing is sent to it any more, not even that shares have ended. To share again, join the clouds anew.',
        forPeople: `Nothing can be shared with ${name} at present. ${ASK_ADMINISTRATOR}`,
      };

const keyless: Check = ({ deliveries }, { hasKeys, isUnsigned, ocm, trust, name }) =>
  hasKeys || isUnsigned || ocm !== undefined || trust !== 'trusted' || deliveries.some(saysSo)
    ? undefined
    : {
        code: 'peer-keys-missing',
        grade: 'trouble',
        sentence: `The keys with which this cloud signs to ${name} are not recorded.`,
        advice: `Record those that ${name} issued to us (peer set ${name} --consumer-key … --consumer-secret …), or join the clouds (peer join).`,
        forPeople: ASK_ADMINISTRATOR,
      };

/** What an attempt met has been told already. */
function saysSo({ lastAnswer }: DeliveryFacts): boolean {
  return lastAnswer !== undefined && readAnswer(lastAnswer) === 'no-keys';
}

const moved: Check = ({ share }, { hasMoved, name }) =>
  !hasMoved || (share.state !== 'sent' && share.state !== 'accepted')
    ? undefined
    : {
        code: 'peer-moved',
        grade: 'trouble',
        sentence: `${name} has other addresses than when it was picked: no key is sent there.`,
        advice:
          'Check that the new addresses are right. The recipient picks the cloud again with the link in their mail.',
        forPeople: 'Ask the recipient to open the link in their mail once more.',
      };

const resting: Check = ({ now, deliveries }, { restingUntil, name }) =>
  restingUntil === undefined || restingUntil <= now || deliveries.length === 0
    ? undefined
    : {
        code: 'peer-resting',
        grade: 'waiting',
        sentence: `${name} failed so often that it is called only now and then.`,
        advice:
          'Messages wait meanwhile without using up attempts. Retry now on the page of deliveries lets one pass at once.',
        forPeople: BY_ITSELF,
        next: restingUntil,
      };

const clock: Check = (_facts, { clockAhead, name }) =>
  clockAhead === 0
    ? undefined
    : {
        code: 'peer-clock',
        grade: 'note',
        sentence: `The clock of ${name} is ${spanWords(clockAhead)} ${clockAhead > 0 ? 'ahead of' : 'behind'} ours.`,
        advice: 'Set both clocks by NTP. Until then requests are signed by its time once it has refused ours.',
        forPeople: undefined,
      };

const unsigned: Check = (_facts, { isUnsigned, name }) =>
  !isUnsigned
    ? undefined
    : {
        code: 'peer-unsigned',
        grade: 'note',
        sentence: `${name} cannot sign: what comes in its name may come from anybody.`,
        advice: 'Ask whether a newer release there signs, then take the flag away (allow-unsigned).',
        forPeople: undefined,
      };

const deaf: Check = (_facts, { hearsEnds, name }) =>
  hearsEnds
    ? undefined
    : {
        code: 'peer-not-told',
        grade: 'note',
        sentence: `${name} has no address at which it is told that a share has ended; it learns it from the dead key.`,
        advice: 'Record its unshare address if it has one (peer set … --unshare-url …).',
        forPeople: undefined,
      };

const UNWELL: Readonly<Record<string, string>> = {
  refused: 'refused our keys',
  unreachable: 'could not be reached',
  absent: 'did not answer as a server of Open Cloud Mesh',
  closed: 'had sharing with other clouds switched off',
  unsigned: 'published no key any more, although it has signed before; unsigned messages of it are refused',
};

const unwell: Check = (_facts, { probe, trust, name }) => {
  const what = UNWELL[probe?.outcome ?? ''];
  if (probe === undefined || what === undefined || trust !== 'trusted') return undefined;
  return {
    code: 'peer-unwell',
    grade: 'note',
    sentence: `When the clouds last tried each other, ${name} ${what}.`,
    advice: 'The page Peers lets you try again, and says what it finds.',
    forPeople: undefined,
    since: probe.at,
  };
};

/** How long a new key is worth a word, milliseconds. */
const NEWS = 30 * DAY;

const rekeyed: Check = ({ now }, { ocm, name }) =>
  ocm?.keyChangedAt === undefined || now - ocm.keyChangedAt > NEWS
    ? undefined
    : {
        code: 'peer-key-changed',
        grade: 'note',
        sentence: `${name} publishes another key than before, or one less.`,
        advice: 'Ask its administrator whether that was meant: some servers keep the first key for ever.',
        forPeople: undefined,
        since: ocm.keyChangedAt,
      };

/** An offer that was not taken, or an answer that did not arrive. */
const needsEntry: Check = ({ share, history, deliveries }, { ocm, name }) => {
  const isRefused = share.state === 'created' && history.at(-1)?.event === 'offer-failed';
  const isStuck = deliveries.some(({ standing }) => standing === 'failing' || standing === 'failed');
  if (ocm === undefined || ocm.notes.length === 0 || !(isRefused || isStuck)) return undefined;
  return {
    code: 'peer-needs-entry',
    grade: 'note',
    sentence: `${name} may not know this cloud: servers of its make keep a list of those that they trust.`,
    advice: ocm.notes.join(' '),
    forPeople: ASK_ADMINISTRATOR,
  };
};

const met: Check = (_facts, { ocm, name }) =>
  ocm?.isMet !== true
    ? undefined
    : {
        code: 'peer-met',
        grade: 'note',
        sentence: `Nobody registered ${name}: it became known by a share (FOOTBRIDGE_OCM_OPEN).`,
        advice: `To trust it for good, change anything of it (peer set ${name} …); else peer block ${name}.`,
        forPeople: undefined,
      };

const ABOUT_ALL = [blocked, removed, keyless, moved, resting, clock, unwell, unsigned, deaf];
const ABOUT_MESH = [rekeyed, needsEntry, met];
const CHECKS: readonly Check[] = [...ABOUT_ALL, ...ABOUT_MESH];
