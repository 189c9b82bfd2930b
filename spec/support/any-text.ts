import fc from 'fast-check';

/** Texts that programs have stumbled over. */
export const NASTY_TEXTS: readonly string[] = [
  'Cafe\u0301',
  'Caf\u00e9',
  'a\u0300\u0301\u0302\u0303'.repeat(30),
  `a${'\u0301'.repeat(300)}`,
  '👩\u200d🚀',
  '👨‍👩‍👧‍👦'.repeat(12),
  '🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}',
  '🇩🇪🇫🇷'.repeat(20),
  '1\ufe0f\u20e3',
  '😀\u200d😀',
  'می\u200cخواهم',
  'क्\u200dष',
  '葛\u{e0100}城',
  '\u1112\u1161\u11ab\u1100\u1173\u11af',
  '\ud55c\uae00',
  '\u3164',
  'invoice\u202efdp.exe',
  '\u2067\u05d0\u05d1\u2069',
  'שלום world',
  ' a',
  'a ',
  'a  b',
  'a b',
  'a\u00a0b',
  'a\u2003b',
  'a\u200bb',
  'ab',
  '\ufeffab',
  'ß',
  'SS',
  'İi',
  'ﬁ',
  '\ud800',
  'x\udc00y',
  'a\u0000b',
  'a\u0007b',
  'a\r\nb',
  'a\u2028b',
  '\u{10ffff}',
  '\ufffe',
  '⟨U+202E⟩',
  '␣a',
  'AC\\DC.mp3',
  'a/b',
  '..',
  'CON',
  'x'.repeat(255),
  'é'.repeat(127),
  '€'.repeat(86),
  '😀'.repeat(64),
];

/** Any text of Unicode, lone surrogates and all, with what is known to be hard among it. */
export function anyText(): fc.Arbitrary<string> {
  const unit = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }));
  const loose = fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 20 })
    .map((units) => String.fromCharCode(...units));
  const joined = fc
    .array(fc.oneof(unit, fc.constantFrom(...NASTY_TEXTS)), { maxLength: 4 })
    .map((parts) => parts.join(''));
  return fc.oneof(unit, loose, joined, fc.constantFrom(...NASTY_TEXTS));
}

/** What somebody might give as a name, 1 to 300 bytes or so, and names that are hard to tell from it. */
export function anyNames(): fc.Arbitrary<readonly string[]> {
  const alike = (name: string): string[] => [
    name,
    name.normalize('NFD'),
    name.normalize('NFC'),
    `${name} `,
    ` ${name}`,
    `${name}\u200d`,
    `\u202e${name}`,
    name.toUpperCase(),
  ];
  const name = anyText().filter((text) => text !== '' && text.length <= 300);
  const twins = fc.tuple(name, fc.integer({ min: 1, max: 7 })).map(([text, which]) => {
    return [text, alike(text)[which] ?? text];
  });
  return fc.array(twins, { minLength: 1, maxLength: 4 }).map((pairs) => pairs.flat());
}
