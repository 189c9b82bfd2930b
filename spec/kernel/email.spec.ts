import { describe, expect, it } from 'vitest';
import { domainOf, foldEmail, parseEmail, readEmail, sameEmail, splitEntries } from '../../src/kernel/index.js';

describe('an e-mail address', () => {
  it('keeps its local part as written and its domain as lower-case A-labels', () => {
    expect(parseEmail('Ana.Lopez+x@Mail.EXAMPLE')).toBe('Ana.Lopez+x@mail.example');
    expect(parseEmail('bo@bücher.example')).toBe('bo@xn--bcher-kva.example');
    expect(domainOf(parseEmail('bo@BÜCHER.example'))).toBe('xn--bcher-kva.example');
  });

  it('MAI-01 is one address, without control characters, quotes, comments or line breaks', () => {
    const bad = [
      '',
      'bo',
      '@mail.example',
      'bo@',
      'bo@mail.example,eve@evil.example',
      'bo@mail.example\r\nBcc: eve@evil.example',
      '"bo b"@mail.example',
      'bo(comment)@mail.example',
      'bo@mail .example',
      'bo\u0000@mail.example',
      '<bo@mail.example>',
      'bo@@mail.example',
      'bo..b@mail.example',
      '.bo@mail.example',
      'bo.@mail.example',
      'bo@-mail.example',
      'bo@mail..example',
      'bo@[127.0.0.1]',
      'bo@mail.example/evil',
      'bo@mail.example?evil',
      'bo@mail.example#evil',
      'bo@mail.example\\evil',
      'bo@mail.example:25',
      'bo@mail%2eexample',
      'bo@ma\til.example',
      'bo@0x7f.1',
      'bo@bücher.example/evil',
      `${'a'.repeat(65)}@mail.example`,
      `bo@${'a'.repeat(64)}.example`,
      'b ö@mail.example',
      'bö\u200d@mail.example',
      'bö\u00a0@mail.example',
      `${'ö'.repeat(33)}@mail.example`,
    ];
    for (const text of bad) expect([text, readEmail(text)]).toEqual([text, undefined]);
  });

  it('may have any letters before the at sign, and an IDN host by its A-labels (F-35)', () => {
    for (const [text, address] of [
      ['bö@mail.example', 'bö@mail.example'],
      ['bo\u0308@mail.example', 'bö@mail.example'],
      ['用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
      ['ana@xn--bcher-kva.example', 'ana@xn--bcher-kva.example'],
      ['Дмитрий.П@почта.рф', 'Дмитрий.П@xn--80a1acny.xn--p1ai'],
      ['👩@mail.example', '👩@mail.example'],
      [`${'ö'.repeat(32)}@mail.example`, `${'ö'.repeat(32)}@mail.example`],
    ])
      expect(readEmail(String(text))).toBe(address);
    expect(sameEmail(parseEmail('Bö@BÜCHER.example'), parseEmail('bö@xn--bcher-kva.example'))).toBe(true);
    expect(sameEmail(parseEmail('BÖ@mail.example'), parseEmail('bö@mail.example'))).toBe(false);
  });

  it('WEB-07 is compared by ASCII case alone: look-alikes are other addresses, or none', () => {
    const same = [
      ['Bo@Mail.Example', 'bo@mail.example'],
      ['BO@MAIL.EXAMPLE', 'bo@mail.example'],
      ['bo@BÜCHER.example', 'bo@xn--bcher-kva.example'],
    ] as const;
    for (const [a, b] of same) expect([a, b, sameEmail(parseEmail(a), parseEmail(b))]).toEqual([a, b, true]);
    const different = [
      ['bo.b@mail.example', 'bob@mail.example'],
      ['bo+x@mail.example', 'bo@mail.example'],
      ['bo-x@mail.example', 'bo@mail.example'],
      ['bo@mail.example', 'bo@mail.example.evil.example'],
      ['bo@mail.example', 'bo@rnail.example'],
      ['bo@mail.example', 'bo@xn--mail-0ra.example'],
      ['bo_@mail.example', 'bo@mail.example'],
      ['b0@mail.example', 'bo@mail.example'],
      ["bo'@mail.example", 'bo@mail.example'],
      ['bo@mail.examp1e', 'bo@mail.example'],
      ['b\u0131ll@mail.example', 'bill@mail.example'], // dotless i
      ['b\u0130ll@mail.example', 'bill@mail.example'], // dotted capital I
      ['b\uFF4F@mail.example', 'bo@mail.example'], // full-width o
      ['b\u03BF@mail.example', 'bo@mail.example'], // Greek omicron
      ['b\u043E@mail.example', 'bo@mail.example'], // Cyrillic o
      ['bo\u0301@mail.example', 'bo@mail.example'], // combining acute
    ] as const;
    for (const [a, b] of different) expect([a, b, sameEmail(parseEmail(a), parseEmail(b))]).toEqual([a, b, false]);
    const lookAlikes = [
      'bo@\u212Aite.example', // Kelvin sign
      'bo@mai\u0131.example'.replace('\u0131', '\u217C'), // small roman numeral fifty
      'bo@\uFF4Dail.example', // full-width m
      'bo@mail\u3002example', // ideographic full stop
      'bo@ma\u00ADil.example', // soft hyphen
      'bo@ma\u200Bil.example', // zero width space
      'bo@\u24DCail.example', // circled m
      '\u212Aim@mail.example', // Kelvin sign in the local part
      'bo\u202E@mail.example', // right-to-left override
      '\uFEFFbo@mail.example', // byte order mark
      'bo@mail.example\u2024', // one dot leader
    ];
    for (const text of lookAlikes) expect([text, readEmail(text)]).toEqual([text, undefined]);
  });

  it('folds only ASCII letters', () => {
    expect(foldEmail(parseEmail('BO@mail.example'))).toBe('bo@mail.example');
  });
});

describe('what is typed into the share dialog', () => {
  it('is parted at semicolons, commas and new lines', () => {
    expect(splitEntries(' a@x.example; b@x.example,\r\nc@https://x.example:8443/cloud\n ;;')).toEqual([
      'a@x.example',
      'b@x.example',
      'c@https://x.example:8443/cloud',
    ]);
  });
});
