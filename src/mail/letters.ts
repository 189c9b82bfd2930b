import path from 'node:path';
import { Eta } from 'eta';
import { Failure, displayText } from '../kernel/index.js';

/** The letters that Footbridge writes, and the values that each needs. */
const LETTERS = {
  /** To an invitee abroad. `until`: RFC 3339. */
  invitation: ['ownerName', 'ownerEmail', 'folderName', 'permission', 'comment', 'link', 'until'],
  /** To an address that somebody says is theirs. */
  'address-code': ['code'],
  /** To somebody who chooses a password; `token` is the last part of the link. */
  'password-link': ['token'],
  /** To the recipient of a folder that is now among their files. */
  'share-active': ['ownerName', 'ownerEmail', 'folderName', 'permission', 'link'],
  /** To the other person of a share that has ended; `reason` is a sentence. */
  'share-ended': ['otherName', 'otherEmail', 'folderName', 'reason', 'link'],
} as const;

/** The name of a letter. */
export type LetterName = keyof typeof LETTERS;

/** A letter in words, ready for a mailer. */
export interface RenderedLetter {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Words letters from the templates in `views/mail`. */
export interface Letters {
  /**
   * Words a letter. Values lose control and bidirectional characters (MAI-01, PRO-08) and are escaped in the HTML form;
   * a missing value and a link to anywhere but this cloud are `internal` (MAI-03).
   */
  render(letter: LetterName, data: Readonly<Record<string, string>>): RenderedLetter;
}

/** What letters need. */
export interface LettersInputs {
  /** The folder `views/`. */
  readonly viewsFolder: string;
  readonly cloudName: string;
  readonly publicUrl: URL;
}

const LONGEST_VALUE = 1_000;

/** Reads the templates of all letters: the first line of each text form is the subject. */
export function createLetters({ viewsFolder, cloudName, publicUrl }: LettersInputs): Letters {
  const views = path.join(viewsFolder, 'mail');
  const html = new Eta({ views, cache: true, autoEscape: true });
  const text = new Eta({ views, cache: true, autoEscape: false, autoTrim: false });
  return {
    render(letter, data) {
      const model = { ...values(letter, data, publicUrl), cloudName: tame(cloudName), home: publicUrl.origin };
      const [subject = '', ...lines] = text.render(`./${letter}.text.eta`, model).split('\n');
      return {
        subject,
        text: `${lines.join('\n').trim()}\n`,
        html: html.render(`./${letter}.html.eta`, { ...model, subject }),
      };
    },
  };
}

function values(letter: LetterName, data: Readonly<Record<string, string>>, publicUrl: URL): Record<string, string> {
  const given = Object.fromEntries(LETTERS[letter].map((name) => [name, tame(needed(letter, data, name))]));
  const { token, link, permission, until } = given;
  const target = token === undefined ? link : new URL(`/account/password/${token}`, publicUrl).href;
  return {
    ...given,
    ...(target !== undefined && { link: ownLink(target, publicUrl) }),
    ...(permission !== undefined && {
      mayDo: permission === 'read-write' ? 'look, add, change and delete' : 'look and download',
    }),
    ...(until !== undefined && { until: dayOf(until) }),
  };
}

function needed(letter: LetterName, data: Readonly<Record<string, string>>, name: string): string {
  const value = data[name];
  if (value === undefined) throw unwritable(`${letter} lacks ${name}`);
  return value;
}

/** One line of plain text: what peers and people claim can neither break lines nor turn the reading direction. */
function tame(value: string): string {
  return displayText(value.replace(/\s+/g, ' '), LONGEST_VALUE);
}

function ownLink(link: string, publicUrl: URL): string {
  if (!URL.canParse(link) || new URL(link).origin !== publicUrl.origin) throw unwritable(`a link leads away: ${link}`);
  return new URL(link).href;
}

const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });

function dayOf(time: string): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw unwritable(`"${time}" is no time`);
  return DAY.format(at);
}

function unwritable(detail: string): Failure {
  return new Failure('internal', 'A letter could not be written.', { detail });
}
