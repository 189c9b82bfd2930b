import { describe, expect, it } from 'vitest';
import {
  acceptanceBody,
  formatInvite,
  parseInvite,
  personBody,
  readAcceptance,
  readInviter,
} from '../../../src/federation/ocm/index.js';
import { json, problemsIn } from './support.js';

const b64 = (text: string, how: BufferEncoding = 'base64'): string => Buffer.from(text).toString(how);
const SERVER = { host: 'gw.example', path: '', isPlain: false };

describe('an invitation', () => {
  it('is base64 of token and host, and read again', () => {
    expect(formatInvite('Xy12-_.~', 'gw.example')).toBe(b64('Xy12-_.~@gw.example'));
    expect(parseInvite(formatInvite('Xy12-_.~', 'gw.example'))).toEqual({ token: 'Xy12-_.~', server: SERVER });
  });

  it.each([
    ['base64', b64('Xy~?12@gw.example')],
    ['base64 without padding', b64('Xy~?12@gw.example').replaceAll('=', '')],
    ['base64url', b64('Xy~?12@gw.example', 'base64url')],
    ['with blanks around it', ` ${b64('Xy~?12@gw.example')}\n`],
    ['a scheme in it', b64('Xy~?12@https://gw.example/')],
    ['a link with the token', 'https://gw.example/ocm/wayf?token=Xy~%3F12'],
    ['a link with all of it', `https://other.example/wayf?token=${b64('Xy~?12@gw.example', 'base64url')}`],
  ])('is read as %s', (_what, text) => {
    expect(parseInvite(text)).toEqual({ token: 'Xy~?12', server: SERVER });
  });

  it('is parted at the last sign, and may be a token beside a typed server', () => {
    expect(parseInvite(b64('a@b@gw.example')).token).toBe('a@b');
    expect(parseInvite('6c1d3d5e-3c4b-4d33-9f1e-aa0000000000', ' https://gw.example/ ')).toEqual({
      token: '6c1d3d5e-3c4b-4d33-9f1e-aa0000000000',
      server: SERVER,
    });
    expect(parseInvite(b64('t@gw.example/cloud')).server.path).toBe('/cloud');
  });

  it.each([
    ['nothing', '', ''],
    ['a token without a server', 'Xy12Xy12', ''],
    ['a token beside what is no server', 'Xy12Xy12', 'not a server'],
    ['a token with blanks', 'a b', 'gw.example'],
    ['a line break inside', b64('a\nb@gw.example'), ''],
    ['no end', 'a'.repeat(3_000), 'gw.example'],
    ['a long token', b64(`${'a'.repeat(300)}@gw.example`), ''],
    ['a link without a token', 'https://gw.example/ocm/wayf', ''],
    ['a link of another kind', 'javascript:alert(1)?token=a', ''],
  ])('is refused: %s', (_what, text, server) => {
    expect(() => parseInvite(text, server)).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});

describe('an accepted invitation', () => {
  const BODY = {
    recipientProvider: 'peer.example',
    token: 'Xy12',
    userID: '9302',
    email: 'bob@mail.example',
    name: 'Bob B.',
  };
  const read = (change: object = {}): ReturnType<typeof readAcceptance> =>
    readAcceptance(json({ ...BODY, ...change }), 'gw.example');

  it('says who accepted it, where', () => {
    expect(read()).toEqual({
      token: 'Xy12',
      userId: '9302',
      email: 'bob@mail.example',
      name: 'Bob B.',
      server: { host: 'peer.example', path: '', isPlain: false },
      address: { id: '9302', host: 'peer.example', path: '', isPlain: false },
    });
  });

  it('may be a form', () => {
    const text = 'recipientProvider=peer.example&token=Xy12&userID=93+02&email=&name=&token=other';
    const body = { type: 'application/x-www-form-urlencoded', text };
    expect(readAcceptance(body, 'gw.example')).toMatchObject({ token: 'Xy12', userId: '93 02', email: undefined });
    const other = { ...body, type: 'text/plain' };
    expect(() => readAcceptance(other, 'gw.example')).toThrow(expect.objectContaining({ code: 'unsupported-type' }));
  });

  it.each([
    ['a scheme', { recipientProvider: 'https://peer.example/' }],
    ['the host twice', { userID: '9302@peer.example' }],
    ['the host twice, with a scheme', { userID: '9302@https://peer.example' }],
    ['the older spelling', { userID: undefined, userId: '9302' }],
    ['both spellings', { userId: '9302' }],
    ['a number', { userID: 9302 }],
    ['no mail address', { email: undefined }],
    ['a mail address that is none', { email: 'none' }],
    ['no name', { name: null }],
  ])('may have %s', (_what, change) => {
    expect(read(change).address).toEqual({ id: '9302', host: 'peer.example', path: '', isPlain: false });
  });

  it('keeps the id as it was given, by which shares will name the person', () => {
    expect(read({ userID: 'uuid@https://peer.example' }).userId).toBe('uuid@https://peer.example');
    expect(read({ email: 'none', name: 'B\u202e' })).toMatchObject({ email: undefined, name: 'B' });
  });

  it.each([
    ['no token', { token: undefined }, ['token: REQUIRED']],
    ['no server', { recipientProvider: undefined }, ['recipientProvider: REQUIRED']],
    ['no server in it', { recipientProvider: 'a b' }, ['recipientProvider: INVALID']],
    ['our own server', { recipientProvider: 'https://GW.example:443' }, ['recipientProvider: INVALID']],
    ['no id', { userID: undefined }, ['userID: REQUIRED']],
    ['two ids', { userId: '1' }, ['userId: INVALID']],
    ['an id that nobody sees', { userID: '\u200b' }, ['userID: INVALID']],
    ['an empty token', { token: '' }, ['token: INVALID']],
    ['several', { token: 7, recipientProvider: '' }, ['recipientProvider: INVALID', 'token: INVALID']],
  ])('is refused with %s', (_what, change, problems) => {
    expect(problemsIn(() => read(change)).sort()).toEqual(problems);
  });

  it('is worded for every server: the id under both names', () => {
    const who = { userId: '9302', email: 'bob@mail.example', name: 'Bob B.' };
    expect(acceptanceBody('Xy12', 'peer.example', who)).toEqual({ ...BODY, userId: '9302' });
    expect(read(acceptanceBody('Xy12', 'peer.example', who)).userId).toBe('9302');
    expect(personBody(who)).toEqual({ userID: '9302', userId: '9302', email: 'bob@mail.example', name: 'Bob B.' });
  });

  it('is answered with who invited', () => {
    const answer = { userID: 'YWxp==@https://peer.example', email: 'ali@mail.example', name: 'Ali' };
    expect(readInviter(answer, 'peer.example')).toEqual({
      userId: 'YWxp==@https://peer.example',
      email: 'ali@mail.example',
      name: 'Ali',
      address: { id: 'YWxp==', host: 'peer.example', path: '', isPlain: false },
    });
    expect(problemsIn(() => readInviter({ email: 'a' }, 'peer.example'))).toEqual(['userID: REQUIRED']);
    expect(() => readInviter('OK', 'peer.example')).toThrow(expect.objectContaining({ code: 'invalid' }));
  });
});
