import { displayText } from '../../kernel/index.js';
import { isEnd, type IncomingView, type OutgoingView } from '../../shares/index.js';

/** How things stand with a share, for people: one sentence, and what comes next or can be done. */
export interface Standing {
  readonly tone: 'waiting' | 'good' | 'over';
  readonly words: string;
  readonly next: string;
}

/** How an outgoing share stands, told to its owner. */
export function outgoingStanding({ state, recipient, peerName, endReason }: OutgoingView): Standing {
  const peer = displayText(peerName ?? 'their cloud');
  const over = (words: string, next: string): Standing => ({ tone: 'over', words, next });
  switch (state) {
    case 'created':
      return {
        tone: 'waiting',
        words: `Waiting for ${recipient} to choose a cloud`,
        next: 'The invitation is in their mail. You can send it again or take it back.',
      };
    case 'sent':
      return {
        tone: 'waiting',
        words: `Waiting for ${recipient} to answer at ${peer}`,
        next: 'They have picked their cloud and still have to accept. You can take the offer back.',
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
      return over('Taken back before it was accepted', reasonWords(endReason));
    case 'expired':
      return over('The time was up', 'Share the folder again if they still need it.');
    case 'revoked':
      return over(`${recipient} can no longer open the folder`, reasonWords(endReason));
    case 'left':
      return over(`${recipient} left the folder`, reasonWords(endReason));
  }
}

/** How an incoming share stands, told to its recipient. */
export function incomingStanding({ state, ownerName, peerName, problem, endReason }: IncomingView): Standing {
  const [owner, peer] = [displayText(ownerName), displayText(peerName)];
  const over = (words: string, next: string): Standing => ({ tone: 'over', words, next });
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
        next: displayText(problem ?? 'This happens by itself, usually within a minute.', 400),
      };
    case 'active':
      return { tone: 'good', words: 'Among your files', next: displayText(problem ?? '', 400) };
    case 'declined':
      return over('You declined', `If you changed your mind, ask ${owner} to share it again.`);
    case 'withdrawn':
      return over(`${owner} took the offer back`, reasonWords(endReason));
    case 'expired':
      return over('The time was up', `Ask ${owner} to share it again if you still need it.`);
    case 'revoked':
      return over(`${owner} ended the share`, reasonWords(endReason));
    case 'left':
      return over('You left the folder', reasonWords(endReason));
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
  return REASONS[reason] ?? displayText(reason);
}
