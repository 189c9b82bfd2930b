/**
 * Matches emoji of several code points (👩‍🚀), which stay, and characters that are invisible or look like others:
 * control and format characters, unusual blanks, private-use characters, and the signs that are written in their place.
 */
const NOTEWORTHY = new RegExp(
  String.raw`\p{RGI_Emoji}|[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]` +
    String.raw`|[\p{Noncharacter_Code_Point}\u2423\u2800\u{1d159}]|(?! )\p{Zs}|\u27e8(?=U\+)`,
  'gv',
);
const PICTURE = new RegExp(String.raw`^\p{RGI_Emoji}$`, 'v');

/** Arabic letters that join to what follows, so that a non-joiner after them is seen. */
const JOINING =
  /(?![\u0622-\u0625\u0627\u0629\u062f-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06c0\u06c3-\u06cb\u06cd\u06cf\u06d2\u06d3\u06d5])\p{Script=Arabic}\p{Mn}{0,4}$/u;

/** The mark that joins two Indic consonants into one sign, unless a joiner says otherwise. */
const VIRAMA = /[\u094d\u09cd\u0a4d\u0acd\u0b4d\u0bcd\u0c4d\u0ccd\u0d4d\u0dca\u1039\u17d2]$/u;

/** Most names: nothing to show. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;

/** Code units around a mark that are looked at to decide whether it has a visible effect. */
const CONTEXT = 12;

/**
 * A name as it is shown to people, so that different names look different (rulings F-31, F-32): direction overrides and
 * other invisible marks are written out (`⟨U+202E⟩`), blanks at the ends and unusual ones too; joiners in emoji and in
 * Persian or Indian words stay. Different names give different texts. For display only: never store the result, and
 * never pass it in again.
 */
export function showName(name: string): string {
  if (PLAIN.test(name)) return name;
  const start = /^ */.exec(name)?.[0].length ?? 0;
  let end = name.length;
  while (end > start && name[end - 1] === ' ') end -= 1;
  return '\u2423'.repeat(start) + showMarks(name.slice(start, end)) + '\u2423'.repeat(name.length - end);
}

/** A text with such names in it as it is shown: like {@link showName}, but line breaks and blanks at its ends stay. */
export function showText(text: string): string {
  return text.split('\n').map(showMarks).join('\n');
}

function showMarks(name: string): string {
  return name.replace(NOTEWORTHY, (found, at: number) => {
    const end = at + found.length;
    const before = name.slice(Math.max(0, at - CONTEXT), at);
    return PICTURE.test(found) || belongs(found, before, name.slice(end, end + CONTEXT)) ? found : written(found);
  });
}

/** Whether an invisible mark has a visible effect at this position. */
function belongs(mark: string, before: string, after: string): boolean {
  if (mark === '\u200c' && JOINING.test(before) && /^\p{Script=Arabic}/u.test(after)) return true;
  if (mark === '\u200c' || mark === '\u200d') return VIRAMA.test(before) && /^\p{L}/u.test(after);
  if (/^[\u{e0100}-\u{e01ef}]$/u.test(mark)) return /\p{Ideographic}$/u.test(before);
  return /^[\u180b-\u180d\u180f]$/.test(mark) && /\p{Script=Mongolian}$/u.test(before);
}

function written(mark: string): string {
  const code = (mark.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return `\u27e8U+${code}\u27e9`;
}
