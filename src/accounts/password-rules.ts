import { dictionary } from '@zxcvbn-ts/language-common';
import { invalid } from '../kernel/index.js';
import { isTooLong, MAX_PASSWORD_BYTES, normalPassword } from './password-hasher.js';

const MIN_CHARACTERS = 8;

/** Words that a password must not be made of. */
export interface OwnWords {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly cloudName: string;
}

/** The 49,233 most common passwords of known leaks, the most common first; the first 10,000 are what F-70 asks for. */
const COMMON = new Set((dictionary as Readonly<Record<string, readonly string[]>>)['passwords-common']);

/**
 * The one judge of passwords, wherever one is chosen (F-70). Throws `invalid` with what to do when it is too short or too
 * long, among the most common ones, or the person's own address or name, or the cloud's name, with or without digits
 * and marks around it.
 */
export function judgePassword(password: string, own: OwnWords): void {
  const text = normalPassword(password);
  if (isTooLong(text)) throw invalid(`A password has at most ${String(MAX_PASSWORD_BYTES)} bytes.`);
  if (Array.from(text).length < MIN_CHARACTERS) {
    throw invalid(`A password has at least ${String(MIN_CHARACTERS)} characters.`);
  }
  if (COMMON.has(text.toLowerCase())) {
    throw invalid('This is one of the most common passwords, which others try first. Choose a few unrelated words.');
  }
  if (ownWords(own).has(core(text))) {
    throw invalid(
      'A password must not be your own name or address, or the name of this cloud, not even with digits added. ' +
        'Choose a few unrelated words.',
    );
  }
}

function ownWords({ name, addresses, cloudName }: OwnWords): ReadonlySet<string> {
  const texts = [name, cloudName, ...addresses].flatMap((text) => [text, ...text.split(/[\s@._+-]+/u)]);
  const parts = addresses.flatMap((address) => address.split('@'));
  return new Set([...texts, ...parts].map(core).filter((word) => word !== ''));
}

/** Reduces a password to its word: letters and digits only, without digits at either end (`ana` for `Ana_1984!`). */
function core(text: string): string {
  const letters = normalPassword(text)
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '');
  const characters = Array.from(letters);
  const isLetter = (character: string): boolean => !/\p{N}/u.test(character);
  return characters.slice(characters.findIndex(isLetter), characters.findLastIndex(isLetter) + 1).join('');
}
