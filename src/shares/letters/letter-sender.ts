import { shaped, type Delivery, type DeliveryHandler, type Verdict } from '../../deliveries/index.js';
import { isFailure } from '../../kernel/index.js';
import {
  kindOf,
  type Letters,
  type LetterName,
  type LetterWishes,
  type Mailer,
  type Stoppable,
} from '../../mail/index.js';
import type { ShareLetter } from '../agreement/messages.js';
import type { MailState } from '../agreement/outgoing-share.js';
import { PAYLOADS } from '../agreement/payloads.js';
import type { Notices } from './notices.js';

/** What {@link createLetterSender} needs from other rooms. */
export interface LetterSenderInputs {
  readonly letters: Pick<Letters, 'render'>;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly wishes: Pick<LetterWishes, 'isStopped' | 'tokenFor'>;
  readonly notices: Pick<Notices, 'invitationMailed' | 'stillInvites'>;
  /** `https://cloud.example` without a trailing slash. */
  readonly webOrigin: string;
  /** The sender's address; its host is part of the Message-ID. */
  readonly mailFrom: string;
}

/** Renders queued letters and hands them to the mail server, unless their readers have turned them off. */
export function createLetterSender(inputs: LetterSenderInputs): DeliveryHandler {
  const { notices, wishes } = inputs;
  return shaped(PAYLOADS.mail, async ({ lane, payload: letter }) => {
    if (letter.letter === 'invitation' && !(await notices.stillInvites(letter))) {
      return { kind: 'done', note: 'no longer needed' };
    }
    const stoppable = stoppableOf(letter);
    if (stoppable !== undefined && (await wishes.isStopped(stoppable))) {
      return noted(inputs, letter, { kind: 'done', note: 'not wanted' }, 'unwanted');
    }
    const verdict = await handedOver(mailed(inputs, { lane, payload: letter }, stoppable));
    return noted(inputs, letter, verdict, verdict.kind === 'done' ? 'sent' : 'refused');
  });
}

function mailed(
  { letters, mailer, wishes, webOrigin, mailFrom }: LetterSenderInputs,
  { lane, payload: { letter, to, data } }: Pick<Delivery<ShareLetter>, 'lane' | 'payload'>,
  stoppable: Stoppable | undefined,
): Promise<void> {
  const stopLink = stoppable && new URL(`/letters/${wishes.tokenFor(stoppable)}`, webOrigin).href;
  const domain = mailFrom.slice(mailFrom.lastIndexOf('@') + 1);
  // The same for every attempt, so that a mail whose acceptance was not received is shown only once.
  const messageId = `<${lane.replaceAll(':', '.')}@${domain}>`;
  return mailer.send({ to, messageId, stopLink, ...letters.render(letter as LetterName, data, stopLink) });
}

/** Stores the delivery state of an invitation at its share, in the transaction that ends the delivery. */
function noted({ notices }: LetterSenderInputs, letter: ShareLetter, verdict: Verdict, state: MailState): Verdict {
  if (letter.letter !== 'invitation') return verdict;
  return { ...verdict, settle: (trx) => notices.invitationMailed(trx, letter, state) };
}

/** The kind of letter that the reader can turn off at its foot; undefined for letters that are always sent. */
function stoppableOf({ letter, to, reader }: ShareLetter): Stoppable | undefined {
  if (letter === 'invitation') return { kind: 'invitations', to };
  const letters = kindOf(letter as LetterName);
  return letters === undefined || reader === undefined ? undefined : { kind: 'letters', accountId: reader, letters };
}

/** A mail that is refused permanently is not sent again; other errors are left to the queue. */
async function handedOver(sending: Promise<void>): Promise<Verdict> {
  try {
    await sending;
    return { kind: 'done', note: 'handed over' };
  } catch (error) {
    if (!isFailure(error, 'invalid')) throw error;
    return { kind: 'failed', note: error.detail ?? error.message };
  }
}
