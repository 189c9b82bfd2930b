import path from 'node:path';
import { Eta } from 'eta';
import { cutText, Failure, keepName, keepText, momentWords, showName } from '../kernel/index.js';

/** The letters that Footbridge writes, and the values that each needs. */
const LETTERS = {
  /** To an invitee abroad. `until`: RFC 3339. */
  invitation: ['ownerName', 'ownerEmail', 'folderName', 'permission', 'comment', 'link', 'until'],
  /** To an address that somebody says is theirs. */
  'address-code': ['code', 'askerName', 'askerEmail'],
  /** To somebody who chooses a password; `token` is the last part of the link. */
  'password-link': ['token'],
  /** Instead of one, to an address that is proven too lately. `from`: RFC 3339, when it may be used for that. */
  'password-link-early': ['from'],
  /** To an address of an account of which something changed: `change` is a sentence, `token` the last part of the link. */
  'account-changed': ['change', 'token'],
  /** The same without a link. */
  'account-notice': ['change'],
  /** To the recipient of what somebody at another server shares; `sender`: who sent it, empty where that is its owner. */
  proposal: ['ownerName', 'ownerEmail', 'sender', 'folderName', 'link'],
  /** To the recipient of a folder that is now among their files. */
  'share-active': ['ownerName', 'ownerEmail', 'folderName', 'permission', 'link'],
  /** To a person of a share that has ended; `reason` is a sentence or empty, `asks` whom they can ask. */
  'share-ended': ['otherName', 'otherEmail', 'folderName', 'reason', 'asks', 'link'],
  /** To the recipient of a folder whose owner changed the terms. `until`: RFC 3339, empty without a last day. */
  'share-changed': ['ownerName', 'ownerEmail', 'folderName', 'permission', 'until', 'link'],
  /** To the owner of a folder that is now open to somebody. */
  'share-accepted': ['recipient', 'peerName', 'folderName', 'permission', 'link'],
  /** To the owner of a folder that somebody did not want. */
  'share-declined': ['recipient', 'folderName', 'link'],
  /** To the owner of a folder that somebody has given back; `reason` is a sentence or empty. */
  'share-left': ['recipient', 'folderName', 'reason', 'link'],
  /** To the owner of a folder that does not reach somebody; `trouble` and `advice` are sentences. */
  'share-undelivered': ['recipient', 'folderName', 'trouble', 'advice', 'link'],
  /** To the owner and the administrators: the cloud of an invited person is not in the list; `address` as typed. */
  'cloud-missing': ['recipient', 'folderName', 'ownerName', 'address', 'link'],
} as const;

/** Names the two templates of a letter. */
export type LetterName = keyof typeof LETTERS;

/** The letters that people can turn off; all others are always sent. */
export const LETTER_KINDS = ['arrivals', 'changes', 'endings', 'answers', 'troubles'] as const;

/** A kind of letters that people may do without. */
export type LetterKind = (typeof LETTER_KINDS)[number];

const KINDS: Readonly<Partial<Record<LetterName, LetterKind>>> = {
  proposal: 'arrivals',
  'share-active': 'arrivals',
  'share-changed': 'changes',
  'share-ended': 'endings',
  'share-left': 'endings',
  'share-accepted': 'answers',
  'share-declined': 'answers',
  'share-undelivered': 'troubles',
  'cloud-missing': 'troubles',
};

/** The kind of a letter; undefined for a letter that is needed. */
export function kindOf(letter: LetterName): LetterKind | undefined {
  return KINDS[letter];
}

/** A letter in words, ready for a mailer. */
export interface RenderedLetter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Words letters from the templates in `views/mail`. */
export interface Letters {
  /**
   * Words a letter. Names stand on one line, their unseen marks written out (MAI-01, PRO-08); a message keeps its lines;
   * everything is escaped in the HTML form; a missing value and a link to anywhere but this cloud are `internal`
   * (MAI-03). `stopLink` stands at its foot: there the reader can do without more of them.
   */
  render(letter: LetterName, data: Readonly<Record<string, string>>, stopLink?: string): RenderedLetter;
}

/** What letters need. */
export interface LettersInputs {
  /** The folder `views/`. */
  readonly viewsFolder: string;
  readonly cloudName: string;
  readonly publicUrl: URL;
}

/** Where the last part of a link belongs that only its letter holds. */
const TOKEN_PATHS: Readonly<Partial<Record<LetterName, string>>> = {
  'password-link': '/account/password',
  'account-changed': '/account/undo',
};

const LONGEST_VALUE = 1_000;

/** Readers of values that are not a single line of text. */
const READERS: Readonly<Record<string, (value: string) => string>> = {
  comment: (value) => keepText(value, LONGEST_VALUE),
  // All characters of a folder's name are shown, because they distinguish it from others (ruling F-32).
  folderName: (value) => showName(cutText(value, { characters: LONGEST_VALUE })),
};
const LONGEST_SUBJECT = 150;

/** Reads the templates of all letters: the first line of each text form is the subject. */
export function createLetters({ viewsFolder, cloudName, publicUrl }: LettersInputs): Letters {
  const views = path.join(viewsFolder, 'mail');
  const html = new Eta({ views, cache: true, autoEscape: true });
  const text = new Eta({ views, cache: true, autoEscape: false, autoTrim: false });
  const named = (name: string): string => isolated(name, html.config.escapeFunction(name));
  return {
    render(letter, data, stopLink) {
      const ours = { cloudName: tame(cloudName), home: publicUrl.origin };
      const model = { ...values(letter, data, publicUrl), ...ours, ...foot(letter, ours.cloudName, stopLink) };
      const [subject = '', ...lines] = text.render(`./${letter}.text.eta`, model).split('\n');
      return {
        subject: shortSubject(subject),
        text: `${lines.join('\n').trim()}\n${footText(model)}`,
        html: html.render(`./${letter}.html.eta`, { ...model, subject, named }),
      };
    },
  };
}

function values(letter: LetterName, data: Readonly<Record<string, string>>, publicUrl: URL): Record<string, string> {
  const given = Object.fromEntries(
    LETTERS[letter].map((name) => {
      const value = needed(letter, data, name);
      return [name, READERS[name]?.(value) ?? tame(value)];
    }),
  );
  const { token, link, permission, until, from } = given;
  const target = token === undefined ? link : new URL(`${TOKEN_PATHS[letter] ?? ''}/${token}`, publicUrl).href;
  return {
    ...given,
    ...(target !== undefined && { link: ownLink(target, publicUrl) }),
    ...(permission !== undefined && {
      mayDo: permission === 'read-write' ? 'look, add, change and delete' : 'look and download',
    }),
    ...(until !== undefined && until !== '' && { until: momentOf(until) }),
    ...(from !== undefined && { from: momentOf(from) }),
  };
}

interface Foot {
  readonly stopLink?: string;
  readonly stopWords?: string;
}

function foot(letter: LetterName, cloudName: string, stopLink: string | undefined): Foot {
  if (stopLink === undefined) return {};
  const stopWords =
    letter === 'invitation' ? `No more invitations from ${cloudName} to this address` : 'No more mails of this kind';
  return { stopLink, stopWords };
}

/** What follows the signature mark of plain mails (RFC 3676 4.3). */
function footText({ stopLink, stopWords }: Foot): string {
  return stopLink === undefined || stopWords === undefined ? '' : `\n-- \n${stopWords}:\n${stopLink}\n`;
}

function needed(letter: LetterName, data: Readonly<Record<string, string>>, name: string): string {
  const value = data[name];
  if (value === undefined) throw unwritable(`${letter} lacks ${name}`);
  return value;
}

/** Most names contain no characters that change the reading direction. */
const PLAIN = /^[ -~]*$/;

/** A name in HTML, isolated so that it does not change the direction of text beside it (ruling F-32). */
function isolated(name: string, escaped: string): string {
  return PLAIN.test(name) ? escaped : `<bdi>${escaped}</bdi>`;
}

/** One line: the names that peers and people claim can neither break it nor turn the reading direction (MAI-01). */
function tame(value: string): string {
  return showName(keepName(value, LONGEST_VALUE));
}

/** A subject that mail programs show whole; longer ones end in dots. */
function shortSubject(subject: string): string {
  const short = cutText(subject, { characters: LONGEST_SUBJECT });
  return short === subject ? subject : `${short}…`;
}

function ownLink(link: string, publicUrl: URL): string {
  if (!URL.canParse(link) || new URL(link).origin !== publicUrl.origin) throw unwritable(`a link leads away: ${link}`);
  return new URL(link).href;
}

function momentOf(time: string): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw unwritable(`"${time}" is no time`);
  return momentWords(at);
}

function unwritable(detail: string): Failure {
  return new Failure('internal', 'A letter could not be written.', { detail });
}
