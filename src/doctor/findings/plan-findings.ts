import { DAY } from '../../kernel/index.js';
import { isEnd } from '../../shares/index.js';
import type { DeliveryFacts, HalfFacts } from './facts.js';
import { ASK_ADMINISTRATOR, BY_ITSELF, type Finding } from './finding.js';
import { peerName } from './state-findings.js';

/** What ought to be on its way or planned for this half, its mail and its times. */
export function planFindings(facts: HalfFacts): Finding[] {
  return [nothingQueued, checked, mailed, timed, stored].flatMap((check) => check(facts) ?? []);
}

/** An open half always has a message or time that moves it on; only imported or restored rows lack it (OPS-05). */
function nothingQueued(facts: HalfFacts): Finding | undefined {
  const expected = expectedKind(facts);
  if (expected === undefined || has(facts, expected)) return undefined;
  const peer = peerName(facts);
  const again = facts.share.direction === 'outgoing' ? 'share the folder again' : 'ask the owner to share it again';
  return {
    code: 'nothing-queued',
    grade: 'trouble',
    sentence: 'Nothing is on its way that could bring this share on.',
    advice: `The database was probably restored or copied. ${peer} repeats what it has to say for some hours; if that does not help, end the share (share end ${facts.share.shareId}) and ${again}.`,
    forPeople: ASK_ADMINISTRATOR,
  };
}

function expectedKind({ share }: HalfFacts): string | undefined {
  if (share.direction === 'outgoing') return share.state === 'accepted' ? 'credentials' : undefined;
  if (share.state === 'accepted') return share.hasGrant ? 'probe' : 'decision';
  return share.state === 'active' ? 'probe' : undefined;
}

function has({ deliveries }: HalfFacts, kind: string): boolean {
  return deliveries.some((delivery) => delivery.kind === kind);
}

/** A check that is planned was planned by one that succeeded (reliability.md CNV-04). */
function checked({ share, deliveries, now }: HalfFacts): Finding | undefined {
  const planned = deliveries.find(({ kind, standing }) => kind === 'probe' && standing === 'scheduled');
  if (share.state !== 'active' || planned === undefined || planned.runAt <= now) return undefined;
  return {
    code: 'checked',
    grade: 'good',
    sentence: 'The key opened the folder when it was last tried.',
    advice: '',
    forPeople: '',
    since: planned.createdAt,
    next: planned.runAt,
  };
}

function mailed(facts: HalfFacts): Finding | undefined {
  const { share, mail } = facts;
  const waits = share.state === 'created' || share.state === 'sent';
  if (share.direction !== 'outgoing' || !waits || mail === undefined) return undefined;
  return { ...MAILED[mail.state](facts), since: mail.at };
}

const MAILED: Readonly<Record<NonNullable<HalfFacts['mail']>['state'], (facts: HalfFacts) => Finding>> = {
  sent: ({ share }) => ({
    code: 'mail-sent',
    grade: 'good',
    sentence: `The mail server took the invitation for ${share.recipient}.`,
    advice: '',
    forPeople: 'If they do not find it, ask them to look among the unwanted mail, or send it again.',
  }),
  queued: (facts) => ({
    code: 'mail-queued',
    grade: 'waiting',
    sentence: `The invitation for ${facts.share.recipient} has not gone out yet.`,
    advice: facts.deliveries.some(isFailingMail)
      ? 'The mail server does not take it: check FOOTBRIDGE_SMTP_URL and its log.'
      : 'It is sent as soon as the service runs.',
    forPeople: BY_ITSELF,
  }),
  refused: ({ share }) => ({
    code: 'mail-refused',
    grade: 'trouble',
    sentence: `The mail server refuses ${share.recipient}: the address is probably misspelt.`,
    advice: 'Nothing, if the address is wrong. If it is right, look into the log of the mail server.',
    forPeople: 'Check the address, take the invitation back, and share with the right one.',
  }),
  unwanted: ({ share }) => ({
    code: 'mail-unwanted',
    grade: 'trouble',
    sentence: `${share.recipient} wants no invitations from this cloud.`,
    advice: 'Nothing: it is the decision of whoever reads that address.',
    forPeople: 'Tell them in another way, and ask them to allow invitations again.',
  }),
};

function isFailingMail({ kind, standing }: DeliveryFacts): boolean {
  return kind === 'mail' && standing !== 'waiting';
}

function timed(facts: HalfFacts): Finding | undefined {
  const { share, now } = facts;
  if (isEnd(share.state)) return undefined;
  const unanswered = share.state === 'created' || share.state === 'sent';
  const until = Math.min(share.expiresAt ?? Infinity, unanswered ? (share.invitationExpiresAt ?? Infinity) : Infinity);
  // The clock is looked at every few seconds; a recipient's half ends when the owner's tells it, or by the daily check.
  if (until + DAY < now) return overdue(until);
  if (until - now > 7 * DAY) return undefined;
  return {
    code: 'ends-soon',
    grade: 'note',
    sentence: unanswered ? 'It ends soon if it is not answered.' : 'It ends soon.',
    advice: '',
    forPeople: '',
    next: until,
  };
}

function overdue(since: number): Finding {
  return {
    code: 'end-overdue',
    grade: 'trouble',
    sentence: 'Its time is up, and it has not ended.',
    advice: 'Is the service (footbridge serve) running, and is the clock of this machine right?',
    forPeople: ASK_ADMINISTRATOR,
    since,
  };
}

function stored({ storageTrouble }: HalfFacts): Finding | undefined {
  if (storageTrouble === undefined) return undefined;
  return {
    code: 'storage-failing',
    grade: 'trouble',
    sentence: 'This cloud cannot store files at the moment. Reading, and ending shares, still work.',
    detail: storageTrouble,
    advice: 'Look at the disk of the data folder: full, read-only or damaged. It goes on by itself once writing works.',
    forPeople: ASK_ADMINISTRATOR,
  };
}
