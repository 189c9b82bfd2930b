import { clockRefused, type AnswerContext, type AnswerWording } from './answer-context.js';
import type { AnswerKind } from './answers.js';
import { MESH_WORDS } from './mesh-words.js';

/** The result of an attempt in words, and what an administrator can do. */
export interface AnswerWords {
  readonly sentence: string;
  readonly advice: string;
  /** Probably a retry succeeds without any action. */
  readonly mendsItself: boolean;
}

const WORDS: Readonly<Record<AnswerKind, AnswerWording>> = {
  unreachable: ({ peer }) => [
    `${peer} cannot be reached.`,
    `Check that ${peer} is running and that this machine can reach its address.`,
    'by time',
  ],
  'name-unknown': ({ peer }) => [
    `The name in the address of ${peer} is not known.`,
    `Check the spelling of its addresses (peer list) and the name service of this machine.`,
    'by time',
  ],
  'address-refused': ({ peer }) => [
    `This cloud does not call the address of ${peer}.`,
    'It is private, not https, or not among the origins of the peer. If that is right, allow it (FOOTBRIDGE_PEER_EXCEPTIONS, peer set … --origin …); if not, correct the addresses of the peer.',
  ],
  silent: ({ peer }) => [
    `${peer} does not answer in time.`,
    `Something there takes the connection and then says nothing, or a firewall swallows it. Ask the administrator of ${peer}.`,
    'by time',
  ],
  'tls-trouble': ({ peer }) => [
    `No secure connection to ${peer} can be made.`,
    `Its certificate has expired, is for another name or lacks its chain: ask the administrator of ${peer} to mend it. Nothing is sent before.`,
    'by time',
  ],
  'asks-for-patience': ({ peer }) => [
    `${peer} asks us to come back later.`,
    `It is busy, starting, or limits how often it is called. Its wish is obeyed up to an hour. If this lasts, ask the administrator of ${peer}.`,
    'by time',
  ],
  'internal-error': ({ peer }) => [
    `${peer} has an error of its own.`,
    `The administrator of ${peer} finds the reason in its log.`,
    'by time',
  ],
  'signature-refused': (context) =>
    context.clockAhead === 0
      ? keysRefused(context)
      : clockRefused(context, 'If it still refuses then, its keys are wrong. '),
  disbelieved: ({ peer, shareId }) => [
    `${peer} does not believe that our message is from this cloud.`,
    `Compare the clocks, and the address of this cloud with the one that ${peer} has recorded. Behind a proxy a Nextcloud needs its own address in its settings (overwrite.cli.url, overwritehost). Then: share retry ${shareId}.`,
  ],
  'unknown-there': ({ peer }) => [
    `${peer} does not know this share.`,
    `A cloud that is just starting says so too. If it lasts, check the addresses of the peer, or ask the administrator of ${peer} whether it was restored from a backup.`,
    'by time',
  ],
  contradicted: ({ peer }) => [
    `${peer} says that this does not fit what it has recorded.`,
    'End the share and share the folder again.',
  ],
  'not-understood': ({ peer, shareId }) => [
    `${peer} does not understand our message.`,
    `Check dialect and transport of the peer (peer list). Then send it again: share retry ${shareId}.`,
  ],
  redirected: ({ peer, shareId }) => [
    `${peer} points to another address, which is not followed.`,
    `It has probably moved: keys never travel to an address that was not agreed. Correct its addresses (peer set), then: share retry ${shareId}.`,
  ],
  refused: ({ peer, shareId }) => [
    `${peer} refuses our message.`,
    `Ask its administrator whether this cloud is blocked there, and check its addresses. Then: share retry ${shareId}.`,
  ],
  'unreadable-answer': ({ peer }) => [
    `${peer} answers something that cannot be read.`,
    'Check its addresses and its storage API: perhaps a proxy or a sign-in page answers in its place.',
    'by time',
  ],
  'wrong-folder': ({ peer }) => [
    `${peer} opens something else than the folder that was offered.`,
    'The folder was deleted there, or another was put in its place. End the share and ask the owner for a new one.',
  ],
  'no-keys': ({ peer, shareId }) => [
    `The keys with which this cloud signs to ${peer} are not recorded.`,
    `Record those that ${peer} issued to us (peer set … --consumer-key … --consumer-secret …), or join the clouds (peer join). Then: share retry ${shareId}.`,
  ],
  'waits-for-key': ({ peer }) => [
    `${peer} has heard the answer; its key has not come yet.`,
    `If it does not come, ask the administrator of ${peer} what keeps it: share doctor there names the reason.`,
    'by time',
  ],
  'given-up': ({ peer, shareId }) => [
    'It was given up after its time.',
    `Once ${peer} answers again: share retry ${shareId}.`,
  ],
  'unreadable-message': () => [
    'The stored message cannot be read.',
    'Was FOOTBRIDGE_SECRET_KEY replaced, or the database copied without it? End the share and share the folder again.',
  ],
  'unknown-message': () => [
    'It was queued by another release of this program.',
    'Finish the update: run the newest release everywhere.',
    'by time',
  ],
  stumbled: () => [
    'This cloud stumbled over it.',
    'Its log says why, at the time of the last attempt. Please report that as a defect.',
    'by time',
  ],
  'letter-refused': () => [
    'The mail server refuses the address.',
    'Nothing, if the address is misspelt. If it is right, look into the log of the mail server.',
  ],
  'letter-put-off': () => [
    'The mail server does not take it at the moment.',
    'Check FOOTBRIDGE_SMTP_URL and the mail server, within five days.',
    'by time',
  ],
  unknown: ({ peer, shareId }) => [
    'The last attempt did not succeed.',
    `What was heard stands beside it. Ask the administrator of ${peer}, then: share retry ${shareId}.`,
  ],
};

function keysRefused({ peer, shareId }: AnswerContext): ReturnType<AnswerWording> {
  return [
    `${peer} does not accept our signature.`,
    `The keys that it issued to us are wrong or were changed there. Exchange them anew (peer rotate at ${peer}, or peer join or peer set … --consumer-key … here), then: share retry ${shareId}.`,
  ];
}

/** The words for the result of an attempt. */
export function answerWords(kind: AnswerKind, context: AnswerContext): AnswerWords {
  const words = (context.mesh && MESH_WORDS[kind]) ?? WORDS[kind];
  const [sentence, advice, mends] = words(context);
  return { sentence, advice, mendsItself: mends !== undefined };
}
