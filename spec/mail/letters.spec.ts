import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLetters, kindOf, type LetterName } from '../../src/mail/index.js';

const letters = createLetters({
  viewsFolder: join(import.meta.dirname, '..', '..', 'views'),
  cloudName: 'Alder',
  publicUrl: new URL('https://alder.example'),
});

const LINK = 'https://alder.example/invitations/k3J';

const DATA: Record<LetterName, Record<string, string>> = {
  invitation: {
    ownerName: 'Ana Alvarez',
    ownerEmail: 'ana@alder.example',
    folderName: 'Plans',
    permission: 'read-write',
    comment: 'For Saturday',
    link: LINK,
    until: '2026-12-02T09:00:00.000Z',
  },
  'address-code': { code: '12345678', askerName: 'Bo Bergman', askerEmail: 'bo@birch.example' },
  'password-link': { token: 'k3J' },
  'password-link-early': { from: '2026-12-02T09:00:00.000Z' },
  'account-changed': { change: 'The password was changed.', token: 'k3J' },
  'account-notice': { change: 'The password was changed.' },
  proposal: {
    ownerName: 'Bo Bergman',
    ownerEmail: 'bo@birch.example',
    sender: 'cy@cedar.example',
    folderName: 'Recipes',
    link: 'https://alder.example/interop/proposals/k3J',
  },
  'share-active': {
    ownerName: 'Bo Bergman',
    ownerEmail: 'bo@birch.example',
    folderName: 'Recipes',
    permission: 'read-only',
    link: 'https://alder.example/files',
  },
  'share-ended': {
    asks: 'Bo Bergman',
    otherName: 'Bo Bergman',
    otherEmail: 'bo@birch.example',
    folderName: 'Recipes',
    reason: 'The time was up.',
    link: 'https://alder.example/shares',
  },
  'share-changed': {
    ownerName: 'Bo Bergman',
    ownerEmail: 'bo@birch.example',
    folderName: 'Recipes',
    permission: 'read-only',
    until: '2026-12-02T23:59:59.999Z',
    link: 'https://alder.example/files',
  },
  'share-accepted': {
    recipient: 'bo@birch.example',
    peerName: 'Birch',
    folderName: 'Plans',
    permission: 'read-write',
    link: 'https://alder.example/shares',
  },
  'share-declined': { recipient: 'bo@birch.example', folderName: 'Plans', link: 'https://alder.example/shares' },
  'share-left': {
    recipient: 'bo@birch.example',
    folderName: 'Plans',
    reason: '',
    link: 'https://alder.example/shares',
  },
  'cloud-missing': {
    recipient: 'bo@birch.example',
    folderName: 'Plans',
    ownerName: 'Ana Alvarez',
    address: 'birch.example',
    link: 'https://alder.example/shares',
  },
  'share-undelivered': {
    recipient: 'bo@birch.example',
    folderName: 'Plans',
    link: 'https://alder.example/shares',
    trouble: 'Their cloud does not answer.',
    advice: 'It is tried again.',
  },
};

const STOP = 'https://alder.example/letters/k3J';

describe('letters', () => {
  it('say in an invitation who shares what, with which permission, until when, and hold the link (F-34)', () => {
    const { subject, text, html } = letters.render('invitation', DATA.invitation);
    expect(subject).toBe('Ana Alvarez shares “Plans” with you');
    for (const form of [text, html]) {
      for (const words of [
        'ana@alder.example',
        'Plans',
        'look, add, change and delete',
        'For Saturday',
        LINK,
        '2 Dec 2026, 09:00 UTC',
      ]) {
        expect(form).toContain(words);
      }
      expect(form).toContain('If you do not know Ana Alvarez, ignore this mail.');
    }
  });

  it('name who asks for a code, in the mail to an address that may be somebody else’s (F-71)', () => {
    const { text, html } = letters.render('address-code', DATA['address-code']);
    for (const form of [text, html]) {
      expect(form).toMatch(/Bo Bergman.{0,10} \(bo@birch\.example\) says at Alder that this address is theirs/);
      expect(form).toContain('If you are not Bo Bergman');
    }
  });

  it.each(Object.keys(DATA) as LetterName[])(
    'colour no link without a background on the link itself: %s (F-55)',
    (name) => {
      const { html } = letters.render(name, DATA[name], 'https://alder.example/letters/k3J');
      const links = [...html.matchAll(/<a\b[^>]*style="([^"]*)"/g)].map(([, style]) => String(style));
      expect(links.length).toBe([...html.matchAll(/<a\b/g)].length);
      for (const style of links) {
        const [ink, paper] = [/(?:^|;)color:(#\w{6})/, /(?:^|;)background-color:(#\w{6})/].map(
          (part) => part.exec(style)?.[1],
        );
        expect(contrast(ink, paper), style).toBeGreaterThanOrEqual(4.5);
      }
    },
  );

  it.each(Object.keys(DATA) as LetterName[])('have one action at most and leave no value out: %s', (name) => {
    const { subject, text, html } = letters.render(name, DATA[name]);
    expect(subject).not.toBe('');
    expect(`${subject}${text}${html}`).not.toMatch(/undefined|<%|\[object/);
    const targets = new Set([...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href));
    expect(targets.size).toBeLessThanOrEqual(1);
    expect(html).not.toMatch(/<(?:img|script|link|style|form)\b/);
    expect(text).not.toMatch(/\n{3,}/);
    // Nothing but blanks stands between headings, paragraphs, tables and links.
    const body = html.slice(html.indexOf('<h1'), html.lastIndexOf('<tr><td style="padding:14px'));
    expect(body.replace(/<(h1|p|table)\b[\s\S]*?<\/\1>/g, '').replace(/<\/t[dr]>|\s/g, '')).toBe('');
  });

  it('MAI-01 PRO-08 show control and direction characters in what people claim, and escape the rest (F-31)', () => {
    const { subject, text, html } = letters.render('invitation', {
      ...DATA.invitation,
      ownerName: 'Ana\r\nBcc: all@alder.example\u202e',
      folderName: '<img src=x>\u0000',
      comment: '</em><a href="https://evil.example">here</a>',
    });
    expect(subject).toBe('Ana Bcc: all@alder.example⟨U+202E⟩ shares “<img src=x>⟨U+0000⟩” with you');
    expect(text).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
    expect(html).not.toMatch(/<img|<a href="https:\/\/evil/);
  });

  it('keep a message as it was written, line breaks and all (F-31)', () => {
    const comment = 'سلام، می\u200cخواهم 👩\u200d🚀\n\nAna';
    const { text, html } = letters.render('invitation', { ...DATA.invitation, comment });
    expect(text).toContain(`Message: ${comment}\n`);
    expect(html).toContain(`white-space:pre-line">${comment}<`);
  });

  it('isolate in HTML the names that could turn what stands beside them (F-32)', () => {
    const names = { ownerName: 'שלום', folderName: '<b>ماه</b>', comment: '' };
    const { html } = letters.render('invitation', { ...DATA.invitation, ...names });
    expect(html).toContain('<bdi>שלום</bdi> (ana@alder.example)');
    expect(html).toContain('<strong><bdi>&lt;b&gt;ماه&lt;/b&gt;</bdi></strong>');
    expect(letters.render('invitation', DATA.invitation).html).not.toContain('<bdi>');
  });

  it('have subjects that end between two characters (F-30)', () => {
    const { subject } = letters.render('invitation', { ...DATA.invitation, folderName: '👨‍👩‍👧‍👦'.repeat(23) });
    expect(subject).toMatch(/^[^👨]*(?:👨‍👩‍👧‍👦)+…$/u);
    expect(Array.from(subject).length).toBeLessThanOrEqual(151);
  });

  it.each(Object.keys(DATA) as LetterName[])('let their readers do without more of them, at the foot: %s', (name) => {
    const { text, html } = letters.render(name, DATA[name], STOP);
    expect(text.split('\n-- \n')[1]).toMatch(/^No more .*:\nhttps:\/\/alder\.example\/letters\/k3J\n$/);
    expect(html).toMatch(/<a href="https:\/\/alder\.example\/letters\/k3J"[^>]*>No more /);
    expect(letters.render(name, DATA[name]).text).not.toContain('\n-- \n');
  });

  it('say in words what somebody can do now, and until when (F-34)', () => {
    const { subject, text } = letters.render('share-changed', DATA['share-changed']);
    expect(subject).toBe('What you can do in “Recipes” has changed');
    expect(text).toContain('You can now look and download, until 2 Dec 2026, 23:59 UTC.');
    const endless = letters.render('share-changed', { ...DATA['share-changed'], permission: 'read-write', until: '' });
    expect(endless.text).toContain('You can now look, add, change and delete, without a last day.');
  });

  it('say which letters are needed and which people can do without', () => {
    const kinds = Object.fromEntries((Object.keys(DATA) as LetterName[]).map((name) => [name, kindOf(name)]));
    expect(kinds).toEqual({
      invitation: undefined,
      'address-code': undefined,
      'password-link': undefined,
      'password-link-early': undefined,
      'account-changed': undefined,
      'account-notice': undefined,
      proposal: 'arrivals',
      'share-active': 'arrivals',
      'share-changed': 'changes',
      'share-ended': 'endings',
      'share-left': 'endings',
      'share-accepted': 'answers',
      'share-declined': 'answers',
      'share-undelivered': 'troubles',
      'cloud-missing': 'troubles',
    });
  });

  it('MAI-03 lead to the public URL only', () => {
    expect(letters.render('password-link', { token: 'k3J' }).text).toContain(
      'https://alder.example/account/password/k3J',
    );
    for (const link of ['https://evil.example/', 'http://alder.example/x', '//evil.example', 'javascript:alert(1)']) {
      expect(() => letters.render('invitation', { ...DATA.invitation, link })).toThrow('could not be written');
    }
  });

  it('are not written with a value missing', () => {
    expect(() => letters.render('address-code', {})).toThrow('could not be written');
  });
});

/** The contrast of two colours (WCAG 2.2, relative luminance). */
function contrast(one: string | undefined, other: string | undefined): number {
  const [light = 0, dark = 0] = [one, other].map((colour) => luminance(colour ?? '#000000')).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
