import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { storageTime, type Fields } from '../../src/kernel/index.js';
import { formatPairs } from '../../src/oauth1/index.js';
import { START } from '../support/seeds.js';
import {
  alder,
  benchOf,
  fieldsWith,
  GOOD,
  gotten,
  GRANT,
  mute,
  OFFER,
  OWN,
  posted,
  readOffer,
  refusal,
} from './dialect-bench.js';
import type { Reading } from './dialect.js';

type Others = readonly (readonly [name: string, reading: Reading])[];

/** Reading: the same for all dialects, whichever wrote the message (cloudspaces-interop.md 3 to 7). */
export function describeReading({ create, knowsGuids }: Reading, all: Others): void {
  const { dialect } = benchOf(create);
  const read = (changes: Readonly<Record<string, string | undefined>>): string =>
    refusal(() => readOffer(dialect, fieldsWith(changes)));

  describe('reads a proposal', () => {
    it('with all its fields', () => {
      expect(readOffer(dialect, fieldsWith({}))).toEqual(OFFER);
    });

    it.each(all)('as the dialect %s writes it', async (_name, writer) => {
      const expiry = START + 60_000;
      const { dialect: theirs, sent } = benchOf(writer.create);
      await theirs.sendOffer(alder, { ...OWN, expiresAt: expiry });
      const expiresAt = writer.tellsExpiry ? expiry : undefined;
      expect(readOffer(dialect, sent[0]?.form ?? [])).toEqual({ ...OFFER, expiresAt });
    });

    it('whose version is absent or empty, as 1.0; other versions in the words of the references', () => {
      expect(read({ protocol_version: undefined })).toBe('accepted');
      expect(read({ protocol_version: '' })).toBe('accepted');
      expect(read({ protocol_version: '1.1' })).toBe('Wrong protocol version. Must be 1.0.');
    });

    it('PRO-06 naming the first missing field in table order', () => {
      const names = Object.keys(GOOD).filter((name) => name !== 'protocol_version');
      for (const [index, name] of names.entries()) {
        const missing = Object.fromEntries(names.slice(index).map((later) => [later, undefined]));
        expect(read(missing)).toBe(`${name} is missing`);
      }
    });

    it('under either name of the folder, but not under two that differ', () => {
      expect(readOffer(dialect, fieldsWith({ folder_name: undefined, resource_name: 'Plans' })).folderName).toBe(
        'Plans',
      );
      expect(read({ resource_name: GOOD['folder_name'] })).toBe('accepted');
      expect(read({ resource_name: 'Other' })).toBe('folder_name and resource_name differ');
    });

    it('of a file as of a folder, and says which it is', () => {
      const at = (resource_url: string) => readOffer(dialect, fieldsWith({ resource_url })).kind;
      expect(at('https://api.alder.example/api/cloudspaces/file/7')).toBe('file');
      expect(at('https://api.alder.example/file/folder/7')).toBe('folder');
    });

    it('of a storage API that this program does not speak: its address is taken as it is', () => {
      const peer = { ...alder, storageApi: 'other' };
      const resource_url = 'https://api.alder.example/anything?at=all';
      const offer = dialect.readOffer(posted(fieldsWith({ resource_url })), peer, START);
      expect(offer).toMatchObject({ storageApi: 'other', kind: 'folder', resourceUrl: resource_url });
    });

    it('in a form of any charset that is known, in flat JSON, and in no other body', () => {
      const written = (type: string, text: string): string =>
        refusal(() => dialect.readOffer({ query: [], body: { type, text } }, alder, START));
      const form = formatPairs(fieldsWith({}));
      const labels = ['', '; charset=utf-8', ';charset="UTF-8"', '; charset=us-ascii'];
      for (const label of labels) expect(written(`application/x-www-form-urlencoded${label}`, form)).toBe('accepted');
      const json = JSON.stringify(GOOD);
      expect(written('application/json', json)).toBe('accepted');
      expect(written('application/json', `${json}x`)).toBe('The body is not JSON.');
      expect(written('application/json', '[]')).toBe('The body must be a JSON object.');
      expect(written('application/json', JSON.stringify({ ...GOOD, share_id: [] }))).toBe('share_id must be a string');
      expect(() => written('text/plain', form)).toThrow('Send application/x-www-form-urlencoded');
    });

    it('whose share_id is an opaque text of up to 200 characters, not normalised', () => {
      const guids = ['{0F8FAD5B-D9CB-469F-A165-70867728950E}', '0F8FAD5BD9CB469FA16570867728950E'];
      const ids = ['1', 'ü/ö?&=', ' x ', ...guids];
      for (const id of [...ids, 'x'.repeat(200)])
        expect(readOffer(dialect, fieldsWith({ share_id: id })).shareId).toBe(id);
      expect(read({ share_id: 'x'.repeat(201) })).toBe('share_id is too long');
    });

    it('PRO-06 with a permission in any letter case, and no other word', () => {
      expect(readOffer(dialect, fieldsWith({ permission: 'Read-Only' })).permission).toBe('read-only');
      for (const word of ['write', 'true', 'read_only', 'READ-WRITE '])
        expect(read({ permission: word })).toContain('permission');
    });

    it('PRO-06 refusing repeats that differ, overlong values and control characters, for every field', () => {
      for (const [name, value] of Object.entries(GOOD)) {
        expect(refusal(() => readOffer(dialect, [...fieldsWith({}), [name, `${value}x`]]))).toContain(name);
        expect(read({ [name]: `${value}\u0007` })).toContain(name);
        expect(read({ [name]: value.padEnd(2_100, 'x') })).toContain(name === 'protocol_version' ? 'version' : name);
        expect(refusal(() => readOffer(dialect, [...fieldsWith({}), [name, value]]))).toBe('accepted');
      }
    });

    it('PRO-06 and never throws anything but a clear refusal, whatever the fields hold', () => {
      const value = fc.oneof(fc.string(), fc.constantFrom('', 'https://alder.example', '\u202e', '../..', 'null'));
      fc.assert(
        fc.property(fc.constantFrom(...Object.keys(GOOD)), value, (name, text) => {
          expect(typeof read({ [name]: text })).toBe('string');
        }),
      );
    });

    it('PRO-03 refusing addresses off the origins of the peer', () => {
      for (const url of STRANGERS) {
        expect([url, read({ resource_url: url })]).toEqual([url, expect.stringContaining('resource_url')]);
        expect([url, read({ callback: url })]).toEqual([url, expect.stringContaining('callback')]);
      }
    });

    it('CBK-07 refusing a callback that names the answer itself, allowing another query', () => {
      expect(read({ callback: 'https://alder.example/cb?accepted=true' })).toContain('callback');
      expect(read({ callback: 'https://alder.example/cb?share_id=1' })).toContain('callback');
      expect(read({ callback: 'https://alder.example/cb?x=1' })).toBe('accepted');
    });

    it('refusing what can name no folder, and a callback that could never be answered (F-13)', () => {
      const base = 'https://api.alder.example';
      for (const path of [
        '',
        '/',
        '/v1/',
        '/v1/folder/',
        '/v1/folder/0',
        '/v1/folder/abc',
        '/v1/folder/7?x=1',
        '/v1/other/7',
      ]) {
        expect([path, read({ resource_url: base + path })]).toEqual([path, expect.stringContaining('resource_url')]);
      }
      expect(read({ resource_url: `${base}//deep//v1/folder/7` })).toBe('accepted');
      for (const name of ['oauth_nonce', 'oauth_signature', 'oauth_anything']) {
        expect(read({ callback: `https://alder.example/cb?x=1&${name}=2` })).toContain('callback');
      }
    });

    it('with an expiry of the owner, refused when malformed or past', () => {
      const at = START + 1000;
      expect(readOffer(dialect, fieldsWith({ expires_at: storageTime(at) })).expiresAt).toBe(at);
      expect(read({ expires_at: storageTime(START) })).toContain('expires_at');
      expect(read({ expires_at: 'tomorrow' })).toContain('expires_at');
    });
  });

  describe('reads a decision', () => {
    const accepted = (word: string | undefined): unknown => {
      const fields: Fields = [['share_id', 'x'], ...(word === undefined ? [] : [['accepted', word] as const])];
      try {
        return dialect.readDecision(gotten(fields)).accepted;
      } catch {
        return 'refused';
      }
    };

    it('CBK-02 in any letter case, and nothing that only looks like one', () => {
      for (const yes of ['true', 'True', 'TRUE', 'tRuE']) expect([yes, accepted(yes)]).toEqual([yes, true]);
      for (const no of ['false', 'False', 'FALSE', 'fAlSe']) expect([no, accepted(no)]).toEqual([no, false]);
      for (const bad of ['', '0', '1', 'yes', 'no', 'on', 'None', 'null', 'truefalse', ' true', 'true ', undefined])
        expect([bad, accepted(bad)]).toEqual([bad, 'refused']);
    });

    it('CBK-02 given once, even when it is given alike', () => {
      for (const second of ['true', 'false'] as const) {
        const fields: Fields = [
          ['share_id', 'x'],
          ['accepted', 'true'],
          ['accepted', second],
        ];
        expect(refusal(() => dialect.readDecision(gotten(fields)))).toBe('accepted must be true or false');
      }
    });

    it('whatever else stands beside it, in any order', () => {
      const fields: Fields = [
        ['oauth_nonce', 'n'],
        ['accepted', 'True'],
        ['utm', '1'],
        ['share_id', 'x'],
      ];
      expect(dialect.readDecision(gotten(fields))).toEqual({ shareId: 'x', accepted: true });
      expect(refusal(() => dialect.readDecision(gotten([['accepted', 'true']])))).toBe('share_id is missing');
    });

    it.each(all)(
      'as the dialect %s writes it; what the references need for a no is taken for none',
      (_name, writer) => {
        const { dialect: theirs } = benchOf(writer.create);
        for (const yes of [true, false]) {
          const url = theirs.decisionUrl(alder, OFFER.callback, { shareId: 'x', accepted: yes });
          const fields = [...url.searchParams.entries()];
          if (!yes && writer.words.no === '')
            expect(refusal(() => dialect.readDecision(gotten(fields)))).toContain('accepted');
          else expect(dialect.readDecision(gotten(fields))).toEqual({ shareId: 'x', accepted: yes });
        }
      },
    );

    it(`${knowsGuids ? 'knowing' : 'not knowing'} a GUID of ours in another spelling`, () => {
      const bare = OFFER.shareId.replaceAll('-', '');
      const spellings = [OFFER.shareId, bare, `{${OFFER.shareId}}`, `(${OFFER.shareId})`];
      for (const text of spellings.flatMap((each) => [each, each.toUpperCase()])) {
        const { shareId } = dialect.readDecision(
          gotten([
            ['share_id', text],
            ['accepted', 'true'],
          ]),
        );
        expect(shareId).toBe(knowsGuids ? OFFER.shareId : text);
      }
    });

    it('leaving alone what is no GUID', () => {
      const odd = ['k3J0aT7m', `{${OFFER.shareId}`, `${OFFER.shareId}0`, `{${OFFER.shareId})`, 'G'.repeat(32), '{}'];
      for (const text of odd) {
        const { shareId } = dialect.readDecision(
          gotten([
            ['share_id', text],
            ['accepted', 'true'],
          ]),
        );
        expect(shareId).toBe(text);
      }
    });
  });

  describe('reads credentials', () => {
    const BASE: Fields = [
      ['share_id', 'x'],
      ['auth_protocol', 'OAuth'],
      ['auth_protocol_version', '1.0a'],
    ];
    const readGrant = (fields: Fields): string => refusal(() => dialect.readGrant(posted(fields)));

    it('under every known pair of names, in the order of the contract', () => {
      const names = [
        ['access_token_key', 'access_token_secret'],
        ['oauth_access_token', 'oauth_access_token_secret'],
        ['oauth_token', 'oauth_token_secret'],
      ] as const;
      for (const [token, secret] of names) {
        const message = dialect.readGrant(posted([...BASE, [token, 'T'], [secret, 'S']]));
        expect(message).toEqual({ shareId: 'x', credentials: { kind: 'oauth1', token: 'T', secret: 'S' } });
      }
      const all: Fields = [...BASE, ['oauth_token', 'T3'], ['access_token_key', 'T1'], ['access_token_secret', 'S1']];
      expect(dialect.readGrant(posted(all))).toEqual({
        shareId: 'x',
        credentials: { kind: 'oauth1', token: 'T1', secret: 'S1' },
      });
    });

    it.each(all)('as the dialect %s writes them, signed and unsigned', async (_name, writer) => {
      for (const peer of [alder, mute]) {
        const { dialect: theirs, sent } = benchOf(writer.create);
        await theirs.sendGrant(peer, GRANT);
        const { shareId, ...pair } = GRANT;
        const read = dialect.readGrant(posted(sent[0]?.form ?? []));
        expect(read).toEqual({ shareId, credentials: { kind: 'oauth1', ...pair } });
      }
    });

    it('CRD-05 of no other protocol, and none with a part missing', () => {
      const [id, protocol, version] = BASE as [Fields[number], Fields[number], Fields[number]];
      expect(readGrant([id, ['auth_protocol', 'bearer'], version])).toBe('Authentication method not supported');
      expect(readGrant([id, protocol, ['auth_protocol_version', '2.0']])).toBe('Authentication method not supported');
      expect(readGrant([])).toBe('share_id is missing');
      expect(readGrant([id])).toBe('auth_protocol is missing');
      expect(readGrant([id, protocol])).toBe('auth_protocol_version is missing');
      expect(readGrant(BASE)).toBe('access_token_key is missing');
      expect(readGrant([...BASE, ['access_token_key', 'T']])).toBe('access_token_secret is missing');
    });
  });

  describe('reads an end', () => {
    it('with its reason; an unknown reason counts as none', () => {
      const end = (reason: string): unknown =>
        dialect.readEnd(
          posted([
            ['share_id', 'x'],
            ['reason', reason],
          ]),
        ).reason;
      expect(['revoked', 'Left', 'WITHDRAWN', 'expired', 'deleted'].map(end)).toEqual([
        'revoked',
        'left',
        'withdrawn',
        'expired',
        'deleted',
      ]);
      expect(end('bored')).toBeUndefined();
    });

    it('in its order: the name of the share, then the version', () => {
      expect(refusal(() => dialect.readEnd(posted([['protocol_version', '2']])))).toBe('share_id is missing');
      const newer: Fields = [
        ['share_id', 'x'],
        ['protocol_version', '2'],
      ];
      expect(refusal(() => dialect.readEnd(posted(newer)))).toBe('Wrong protocol version. Must be 1.0.');
    });

    it.each(all)('as the dialect %s writes it', async (_name, writer) => {
      const { dialect: theirs, sent } = benchOf(writer.create);
      await theirs.sendEnd(alder, { shareId: 'x', reason: 'expired', toldBy: 'origin' });
      expect(dialect.readEnd(posted(sent[0]?.form ?? []))).toEqual({ shareId: 'x', reason: 'expired' });
    });
  });
}

const STRANGERS = [
  'https://evil.example/v1/folder/1',
  'https://alder.example.evil.example/v1/folder/1',
  'https://alder.example@evil.example/',
  'https://user@alder.example/v1/folder/1',
  'https://alder.example/v1/folder/1#x',
  'https://alder.example\\@evil.example/',
  'http://alder.example/v1/folder/1',
  'https://alder.example:8443/v1/folder/1',
  '//alder.example/v1',
  'javascript:alert(1)',
  'https://alder.example/a/../b',
];
