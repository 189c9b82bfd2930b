/** What came of an attempt, as far as it tells what to do (reliability.md DLV-05). */
export type AnswerKind =
  | 'unreachable'
  | 'name-unknown'
  | 'address-refused'
  | 'silent'
  | 'tls-trouble'
  | 'asks-for-patience'
  | 'internal-error'
  | 'signature-refused'
  | 'disbelieved'
  | 'unknown-there'
  | 'contradicted'
  | 'not-understood'
  | 'redirected'
  | 'refused'
  | 'unreadable-answer'
  | 'wrong-folder'
  | 'no-keys'
  | 'waits-for-key'
  | 'given-up'
  | 'unreadable-message'
  | 'unknown-message'
  | 'stumbled'
  | 'letter-put-off'
  | 'letter-refused'
  | 'unknown';

type Reading = readonly [RegExp, AnswerKind];

/** The notes that attempts leave behind; the first that fits. Those of sockets come with the code of the system. */
const READINGS: readonly Reading[] = [
  [/^Not delivered in its lifetime/, 'given-up'],
  [/stored message cannot be read/, 'unreadable-message'],
  [/^This release cannot send/, 'unknown-message'],
  [/^This program stumbled/, 'stumbled'],
  [/^told; the credentials/, 'waits-for-key'],
  [/consumer-key|cannot be asked yet|keys that .* issued|no keys/, 'no-keys'],
  [/answers for another item|folder has been deleted/, 'wrong-folder'],
  [/answered (?:408|425|429|503)\b/, 'asks-for-patience'],
  [/answered 5\d\d/, 'internal-error'],
  [/signature was not believed/, 'disbelieved'],
  [/answered 401/, 'signature-refused'],
  [/answered 404/, 'unknown-there'],
  [/answered 409/, 'contradicted'],
  [/answered (?:400|415)\b/, 'not-understood'],
  [/answered 3\d\d/, 'redirected'],
  [/answered 4\d\d/, 'refused'],
  [/answered with a page that is not its own/, 'refused'],
  [/^ENOTFOUND|^EAI_|has no address/, 'name-unknown'],
  [/^refused: /, 'address-refused'],
  [/CERT|_SIGNATURE|_SSL_|ERR_TLS|EPROTO|certificate/i, 'tls-trouble'],
  [/^(?:ECONN|EHOST|ENET|EPIPE|UND_ERR_SOCKET)|could not be reached|is not answering/, 'unreachable'],
  [/TIMEOUT|TIMEDOUT|took longer|in time|^(?:connect|tls|headers|body|TLS)\b/, 'silent'],
  [/did not answer JSON|cannot be (?:read|used)|is longer than|is coded/, 'unreadable-answer'],
];

/** Reads the note of an attempt. */
export function readAnswer(note: string): AnswerKind {
  return READINGS.find(([pattern]) => pattern.test(note))?.[1] ?? 'unknown';
}

/** The attempt that a message was given up after: its last answer, without the sentence around it. */
export function lastBeforeGivingUp(note: string): string {
  return /the last answer was: (.*)$/s.exec(note)?.[1] ?? note;
}
