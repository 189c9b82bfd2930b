import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createLetters, type LetterName } from '../../src/mail/index.js';

const letters = createLetters({
  viewsFolder: join(import.meta.dirname, '..', '..', 'views'),
  cloudName: 'Alder',
  publicUrl: new URL('https://alder.example'),
});

const LINK = 'https://alder.example/invitations/k3J';

const DATA: Record<LetterName, Record<string, string>> = {
  invitation: {
    ...{ ownerName: 'Ana Alvarez', ownerEmail: 'ana@alder.example', folderName: 'Plans', permission: 'read-write' },
    ...{ comment: 'For Saturday', link: LINK, until: '2026-12-02T09:00:00.000Z' },
  },
  'address-code': { code: '12345678' },
  'password-link': { token: 'k3J' },
  'share-active': {
    ...{ ownerName: 'Bo Bergman', ownerEmail: 'bo@birch.example', folderName: 'Recipes', permission: 'read-only' },
    link: 'https://alder.example/files',
  },
  'share-ended': {
    ...{ otherName: 'Bo Bergman', otherEmail: 'bo@birch.example', folderName: 'Recipes', reason: 'The time was up.' },
    link: 'https://alder.example/shares',
  },
};

describe('letters', () => {
  it('say in an invitation who shares what, with which permission, until when, and hold the link', () => {
    const { subject, text, html } = letters.render('invitation', DATA.invitation);
    expect(subject).toBe('Ana Alvarez shares “Plans” with you');
    for (const form of [text, html]) {
      for (const words of [
        'ana@alder.example',
        'Plans',
        'look, add, change and delete',
        'For Saturday',
        LINK,
        '2 December 2026',
      ]) {
        expect(form).toContain(words);
      }
      expect(form).toContain('If you do not know Ana Alvarez, ignore this mail.');
    }
  });

  it.each(Object.keys(DATA) as LetterName[])('have one action at most and leave no value out: %s', (name) => {
    const { subject, text, html } = letters.render(name, DATA[name]);
    expect(subject).not.toBe('');
    expect(`${subject}${text}${html}`).not.toMatch(/undefined|<%|\[object/);
    const targets = new Set([...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href));
    expect(targets.size).toBeLessThanOrEqual(1);
    expect(html).not.toMatch(/<(?:img|script|link|style|form)\b/);
    expect(text).not.toMatch(/\n{3,}/);
  });

  it('MAI-01 PRO-08 take control and direction characters out of what people claim, and escape the rest', () => {
    const { subject, text, html } = letters.render('invitation', {
      ...DATA.invitation,
      ownerName: 'Ana\r\nBcc: all@alder.example\u202e',
      folderName: '<img src=x>\u0000',
      comment: '</em><a href="https://evil.example">here</a>',
    });
    expect(subject).toBe('Ana Bcc: all@alder.example shares “<img src=x>” with you');
    expect(text).not.toMatch(/\p{Cf}|(?!\n)\p{Cc}/u);
    expect(html).not.toMatch(/<img|<a href="https:\/\/evil/);
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
