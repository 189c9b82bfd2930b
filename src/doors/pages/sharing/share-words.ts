import { isEnd, type IncomingView, type OutgoingView } from '../../../shares/index.js';
import { timeWords, type TimeWords } from '../frame/words.js';

/** How things stand with a share, for people: one sentence, and what comes next or can be done. */
export interface ShareStanding {
  readonly tone: 'waiting' | 'good' | 'over';
  readonly words: string;
  readonly next: string;
}

/** What comes after the sending, by an offer to an address and by the choice of a cloud. */
const SENT = {
  ocm: 'It is offered to their server, and they still have to accept. You can take the offer back.',
  chosen: 'They have picked their cloud and still have to accept. You can take the offer back.',
};

/** How an outgoing share stands, told to its owner. */
export function outgoingStanding(share: OutgoingView): ShareStanding {
  const { state, recipient, peerName, endReason, endedBy } = share;
  const peer = peerName ?? 'their cloud';
  const over = (words: string, next: string): ShareStanding => ({ tone: 'over', words, next });
  switch (state) {
    case 'created':
      return invitedStanding(share);
    case 'sent':
      return {
        tone: 'waiting',
        words: `Waiting for ${recipient} to answer at ${peer}`,
        next: SENT[share.isOcm ? 'ocm' : 'chosen'],
      };
    case 'accepted':
      return {
        tone: 'waiting',
        words: `${recipient} accepted; the key is on its way to ${peer}`,
        next: 'This happens by itself and is repeated until it works.',
      };
    case 'active':
      return { tone: 'good', words: `${recipient} can open the folder from ${peer}`, next: '' };
    case 'declined':
      return over(`${recipient} declined`, 'You can share the folder with them again.');
    case 'withdrawn':
      return endedBy === 'administrator'
        ? over('An administrator took the offer back', '')
        : over('Taken back before it was accepted', reasonWords(endReason));
    case 'expired':
      return hasLapsed(share)
        ? over(`${recipient} did not answer in time`, 'Share the folder again to invite them once more.')
        : over('The last day is over', 'Share the folder again if they still need it.');
    case 'revoked':
      return endedBy === 'administrator'
        ? over(`An administrator ended what ${recipient} could open`, '')
        : over(`${recipient} can no longer open the folder`, reasonWords(endReason));
    case 'left':
      return over(`${recipient} left the folder`, reasonWords(endReason));
  }
}

/** An invitation that nobody has followed yet: what became of its mail. */
function invitedStanding({ recipient, mailState, isOcm, problem = '' }: OutgoingView): ShareStanding {
  const waiting = (words: string, next: string): ShareStanding => ({ tone: 'waiting', words, next });
  if (isOcm) {
    const advice = 'Check the address and share the folder with it again, or take the offer back.';
    return waiting(`The offer does not reach ${recipient}`, `${problem} ${advice}`.trim());
  }
  switch (mailState) {
    case 'refused':
      return waiting(
        `${recipient} cannot be reached by mail: the address probably does not exist`,
        'Check the address. If it is wrong, take the invitation back and share the folder with the right one.',
      );
    case 'unwanted':
      return waiting(
        `${recipient} wants no invitations from this cloud`,
        'Nothing was mailed. They can allow it with the link at the foot of an earlier invitation; then send it again.',
      );
    case 'queued':
      return waiting(`The invitation is on its way to ${recipient}`, 'You can take it back.');
    default:
      return waiting(
        `Waiting for ${recipient} to choose a cloud`,
        'The invitation is in their mail. You can send it again or take it back.',
      );
  }
}

/** True when nobody answered; false when the owner's own last day came. */
function hasLapsed({ expiresAt, changedAt }: OutgoingView): boolean {
  return expiresAt === undefined || expiresAt > changedAt;
}

/** True while an invitation waits for its answer. */
export function isWaiting({ state }: Pick<OutgoingView, 'state'>): boolean {
  return state === 'created' || state === 'sent';
}

/** When the newest invitation left; undefined unless one waits for its answer. */
export function mailWords(share: OutgoingView): TimeWords | undefined {
  const { mailState, mailAt } = share;
  return isWaiting(share) && mailState === 'sent' && mailAt !== undefined ? timeWords(mailAt) : undefined;
}

/** The share form, filled in as for a share that has ended. */
export function againHref({ id, folderId }: OutgoingView): string {
  return `/files/folder/${folderId}/share?again=${encodeURIComponent(id)}`;
}

/** What is shared, as far as it is known. */
export function whatWords({ kind, isKindOpen }: Pick<IncomingView, 'kind' | 'isKindOpen'>): string {
  return isKindOpen ? 'file or folder' : kind;
}

/** How an incoming share stands, told to its recipient. */
export function incomingStanding(share: IncomingView): ShareStanding {
  const { state, ownerName, peerName, problem, endReason, endedBy } = share;
  const [owner, peer] = [ownerName, peerName];
  const over = (words: string, next: string): ShareStanding => ({ tone: 'over', words, next });
  switch (state) {
    case 'pending':
      return {
        tone: 'waiting',
        words: `${owner} waits for your answer`,
        next: 'Look at the offer, then accept or decline.',
      };
    case 'accepted':
      return {
        tone: 'waiting',
        words: `You accepted; waiting for ${peer} to hand over the key`,
        next: problem ?? 'This happens by itself, usually within a minute.',
      };
    case 'active':
      return { tone: 'good', words: 'Among your files', next: problem ?? '' };
    case 'declined':
      return over('You declined', `If you changed your mind, ask ${owner} to share it again.`);
    case 'withdrawn':
      return over(`${owner} took the offer back`, reasonWords(endReason));
    case 'expired':
      return over('The time was up', `Ask ${owner} to share it again if you still need it.`);
    case 'revoked':
      return over(`${owner} ended the share`, reasonWords(endReason));
    case 'left':
      // An administrator may have ended it: by blocking the cloud that it lies in, for one.
      return endedBy === 'administrator'
        ? over('An administrator of this cloud ended it', `Ask them if you still need the ${whatWords(share)}.`)
        : over(`You left the ${whatWords(share)}`, reasonWords(endReason));
  }
}

/** True once nothing comes after the state of a share. */
export function isOver({ state }: Pick<OutgoingView | IncomingView, 'state'>): boolean {
  return isEnd(state);
}

const REASONS: Readonly<Record<string, string>> = {
  revoked: 'Access was taken back.',
  left: '',
  withdrawn: '',
  expired: 'The time was up.',
  deleted: 'The folder or the account does not exist any more.',
};

function reasonWords(reason: string | undefined): string {
  if (reason === undefined) return '';
  return REASONS[reason] ?? reason;
}
