import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  characterCount,
  cutText,
  freeText,
  keepName,
  keepText,
  parseLabel,
  showName,
  showText,
  wellFormed,
} from '../../src/kernel/index.js';
import { anyText, NASTY_TEXTS } from '../support/any-text.js';

const clusters = (text: string): string[] =>
  Array.from(new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text), ({ segment }) => segment);

describe('cutting', () => {
  it('keeps whole characters as readers see them, within characters and bytes (F-30)', () => {
    fc.assert(
      fc.property(
        anyText(),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 0, max: 255 }),
        (text, characters, bytes) => {
          const cut = cutText(text, { characters, bytes });
          expect(characterCount(cut)).toBeLessThanOrEqual(characters);
          expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(bytes);
          expect(clusters(text).slice(0, clusters(cut).length)).toEqual(clusters(cut));
          const next = clusters(text)[clusters(cut).length];
          const more = cut + (next ?? '');
          if (next !== undefined)
            expect(characterCount(more) > characters || Buffer.byteLength(more) > bytes).toBe(true);
        },
      ),
    );
  });

  it('numbers within the bounds, and never what is taken (F-30)', () => {
    const long = '👨‍👩‍👧‍👦'.repeat(14);
    expect(freeText(long, '', (text) => text === long, { characters: 100 })).toBe(`${'👨‍👩‍👧‍👦'.repeat(13)} (2)`);
    expect(freeText('birch.example', '', (text) => text === 'birch.example', { characters: 100 })).toBe(
      'birch.example (2)',
    );
  });
});

describe('what people write', () => {
  it('keeps joiners, variation selectors and line breaks (F-31)', () => {
    const message = 'می\u200cخواهم 👩\u200d🚀 ❤\ufe0f\nसाक्\u200dष\n\n葛\u{e0100}';
    expect(keepText(` ${message.replaceAll('\n', '\r\n')} `, 1_000)).toBe(message);
    expect(keepName('  می\u200cخواهم 👩\u200d🚀 ')).toBe('می\u200cخواهم 👩\u200d🚀');
  });

  it('joins no words where a control character goes (F-31)', () => {
    expect(keepText('Ana\u0007Lopez\u0000x\ty', 100)).toBe('Ana Lopez x\ty');
    expect(keepName('Ana\u0007\r\nLopez\u2028x')).toBe('Ana Lopez x');
    expect(keepText('a\ud800b', 10)).toBe('a\ufffdb');
  });

  it('is a label of 1 to 100 characters that can be seen, or refused', () => {
    expect(parseLabel(` ${'😀'.repeat(100)} `, 'A name')).toBe('😀'.repeat(100));
    for (const text of ['', ' ', '\u200b', 'x'.repeat(101), `${'x'.repeat(98)}👨‍👩‍👧‍👦`])
      expect(() => parseLabel(text, 'A name')).toThrow('A name has 1 to 100 characters.');
  });
});

describe('what is shown', () => {
  it.each([
    ['invoice\u202efdp.exe', 'invoice⟨U+202E⟩fdp.exe'],
    ['a\u200bb', 'a⟨U+200B⟩b'],
    ['\ufeffab', '⟨U+FEFF⟩ab'],
    ['a\u00a0b', 'a⟨U+00A0⟩b'],
    ['a\u0007b', 'a⟨U+0007⟩b'],
    ['\u3164', '⟨U+3164⟩'],
    [' a  b ', '␣a  b␣'],
    ['⟨U+202E⟩', '⟨U+27E8⟩U+202E⟩'],
    ['␣a', '⟨U+2423⟩a'],
    ['😀\u200d😀', '😀⟨U+200D⟩😀'],
    ['ا\u200cب', 'ا⟨U+200C⟩ب'],
  ])('of the name %j is %j (F-32)', (name, shown) => {
    expect(showName(name)).toBe(shown);
  });

  it.each([
    'Plans',
    'Café',
    'می\u200cخواهم',
    '👩\u200d🚀',
    '❤\ufe0f',
    '1\ufe0f\u20e3',
    'क्\u200dष',
    '葛\u{e0100}城',
    'שלום',
    '🇩🇪',
  ])('of the name %j is the name (F-31)', (name) => {
    expect(showName(name)).toBe(name);
  });

  it('differs where names differ, and turns no reading direction (F-32)', () => {
    const shown = new Map<string, string>();
    const check = (name: string): void => {
      const text = showName(name);
      expect(shown.get(text) ?? name).toBe(name);
      shown.set(text, name);
      expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]|\p{Cc}|^ | $/u);
    };
    for (const text of NASTY_TEXTS) check(text);
    fc.assert(fc.property(anyText(), check));
  });

  it('of a message keeps its lines', () => {
    expect(showText('one \n two\u202e')).toBe('one \n two⟨U+202E⟩');
  });
});

it('text without a partner for its surrogates is made whole', () => {
  fc.assert(
    fc.property(anyText(), (text) => {
      expect(wellFormed(text)).toBe(Buffer.from(text).toString());
    }),
  );
});
