import type { EndReason } from '../agreement/agreement.js';
import { MEMBER } from '../agreement/ender.js';
import type { IncomingEvent, OutgoingState } from '../agreement/transitions.js';

/** Why a folder does not reach somebody, and what its owner can do. */
export const TROUBLES = {
  'no-such-address': {
    trouble: 'The mail server of this address does not take mail for it: it probably does not exist.',
    advice: 'Check the address. If it is wrong, take the invitation back and share the folder with the right one.',
  },
  'key-late': {
    trouble: 'They accepted, but for a day now their cloud has not taken the key to the folder.',
    advice: 'It is offered again by itself. If nothing changes by tomorrow, ask your administrator.',
  },
  'key-unsendable': {
    trouble: 'They accepted, but their cloud cannot read the key to the folder that we send.',
    advice: 'This does not heal by itself: ask your administrator.',
  },
  'key-refused': {
    trouble: 'They accepted, but their cloud refused the key to the folder, and so the share has ended.',
    advice: 'Share the folder with them again. If that ends alike, ask your administrator.',
  },
  'offer-refused': {
    trouble: 'Their server did not take the offer.',
    advice: 'Check the address, and share the folder with it again. If that ends alike, ask your administrator.',
  },
  'cloud-moved': {
    trouble: 'The cloud that they chose has moved to another address since, so it was not given the key.',
    advice: 'Ask them to open the link in their invitation once more and to choose their cloud again.',
  },
} as const;

/** The name of such a trouble. */
export type OwnersTrouble = keyof typeof TROUBLES;

/** Why a share ended, told to its recipient; undefined for an event that is no end. */
export function endedReason(event: IncomingEvent, reason: EndReason | undefined): string | undefined {
  switch (event) {
    case 'told-expired':
    case 'dead-expired':
      return 'Its last day is over.';
    case 'told-withdrawn':
    case 'told-revoked':
    case 'dead-revoked':
      return reason === 'deleted' ? 'The folder, or the account of its owner, does not exist any more.' : '';
    case 'leave':
      return 'An administrator of your cloud ended it.';
    default:
      return undefined;
  }
}

/** Tells an owner who ended a share, and whom to ask about it; `actor` is that of the transition log. */
export function endedForOwner(actor: string): { readonly reason: string; readonly asks: string } {
  return actor.startsWith(MEMBER)
    ? {
        reason: 'The folder was deleted by somebody with whom you share a folder that it was in.',
        asks: 'the people with whom you share that folder',
      }
    : { reason: 'An administrator of your cloud ended it.', asks: 'your administrator' };
}

/** What to tell an owner besides that somebody has left. */
export function leftReason(before: OutgoingState): string {
  return before === 'sent' ? 'They had not answered yet.' : '';
}
