import type { DeliveryHandler, Verdict } from '../../deliveries/index.js';
import { isFailure } from '../../kernel/index.js';
import { createLetters, kindOf, type LetterName, type Stoppable } from '../../mail/index.js';
import type { Letter, MailState } from '../../shares/index.js';
import { viewsFolder } from '../folders.js';
import type { Foundation } from '../foundation.js';
import type { HalfRooms } from './halves.js';
import type { PostRooms } from './post.js';

/** How queued letters are worded and handed to the mail server, unless their readers do without them. */
export function furnishMailing(base: Foundation, below: PostRooms & HalfRooms) {
  const { config } = base;
  const { mailer, wishes, notices } = below;
  const letters = createLetters({ viewsFolder, cloudName: config.cloudName, publicUrl: config.publicUrl });
  const domain = config.mailFrom.slice(config.mailFrom.lastIndexOf('@') + 1);
  const sendMail: DeliveryHandler = async ({ lane, payload }) => {
    const letter = payload as unknown as Letter;
    const noted = (verdict: Verdict, state: MailState): Verdict => ({
      ...verdict,
      settle: async (trx) => {
        if (letter.letter === 'invitation') await notices.invitationMailed(trx, letter, state);
      },
    });
    if (letter.letter === 'invitation' && !(await notices.stillInvites(letter))) {
      return { kind: 'done', note: 'no longer needed' };
    }
    const stoppable = stoppableOf(letter);
    if (stoppable !== undefined && (await wishes.isStopped(stoppable))) {
      return noted({ kind: 'done', note: 'not wanted' }, 'unwanted');
    }
    const stopLink = stoppable && new URL(`/letters/${wishes.tokenFor(stoppable)}`, config.publicUrl).href;
    // The same for every attempt: a mail whose acceptance we did not hear of is shown once.
    const messageId = `<${lane.replaceAll(':', '.')}@${domain}>`;
    const worded = letters.render(letter.letter as LetterName, letter.data, stopLink);
    const verdict = await handedOver(mailer.send({ to: letter.to, messageId, stopLink, ...worded }));
    return noted(verdict, verdict.kind === 'done' ? 'sent' : 'refused');
  };
  return { sendMail };
}

/** What the foot of a letter lets its reader stop; undefined for letters that are needed. */
function stoppableOf({ letter, to, reader }: Letter): Stoppable | undefined {
  if (letter === 'invitation') return { kind: 'invitations', to };
  const letters = kindOf(letter as LetterName);
  return letters === undefined || reader === undefined ? undefined : { kind: 'letters', accountId: reader, letters };
}

/** A mail that is refused for good is not sent again; all other trouble is the queue's. */
async function handedOver(sending: Promise<void>): Promise<Verdict> {
  try {
    await sending;
    return { kind: 'done', note: 'handed over' };
  } catch (error) {
    if (!isFailure(error, 'invalid')) throw error;
    return { kind: 'failed', note: error.detail ?? error.message };
  }
}
