import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Fields } from '../../../src/kernel/index.js';
import { createNecDialect } from '../../../src/federation/index.js';
import { alder, benchOf, fieldsWith, gotten, posted, readOffer } from '../../contracts/dialect-bench.js';
import { transcriptOf } from './support.js';

const ID = '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44';
const PAGE = 'https://alder.example/AdvancedFeatures/ExternalSharingProposal.aspx';

describe('to a nec peer', () => {
  it('says resource_name, at its .aspx pages, and tells no end', async () => {
    const nec = {
      ...alder,
      shareUrl: PAGE,
      credentialsUrl: 'https://alder.example/Files.aspx',
      unshareUrl: undefined,
    };
    expect(await transcriptOf(createNecDialect, nec)).toEqual(
      [
        `POST ${PAGE} share_id=${ID} resource_url=https://api.alder.example/v1/folder/1972 owner_name=Ana Álvarez owner_email=ana@alder.example resource_name=Plans & more permission=read-write recipient=bo@mail.example callback=https://alder.example/interop/result/k3J protocol_version=1.0`,
        `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=true`,
        `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=false`,
        `POST https://alder.example/Files.aspx share_id=${ID} auth_protocol=oauth auth_protocol_version=1.0a access_token_key=marker-token access_token_secret=marker-secret`,
      ].map((line) => `signed ${line}`),
    );
  });

  const { dialect } = benchOf(createNecDialect);
  const shareIdIn = (text: string): string =>
    dialect.readDecision(
      gotten([
        ['share_id', text],
        ['accepted', 'true'],
      ]),
    ).shareId;

  it('every GUID of ours is known again, however .NET prints it', () => {
    fc.assert(
      fc.property(fc.uuid({ version: 4 }), (id) => {
        const bare = id.replaceAll('-', '');
        const octets = (bare.slice(16).match(/../g) ?? []).map((pair) => `0x${pair}`).join(',');
        const parts = [bare.slice(0, 8), bare.slice(8, 12), bare.slice(12, 16)].map((part) => `0x${part}`);
        const formats = [id, bare, `{${id}}`, `(${id})`, `{${parts.join(',')},{${octets}}}`];
        for (const text of formats.flatMap((each) => [each, each.toUpperCase()])) expect(shareIdIn(text)).toBe(id);
      }),
    );
  });

  it('no two GUIDs become one, and no other text becomes a GUID', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 40 }), fc.uuid(), (text, id) => {
        const isPlain = !/\p{Cc}/u.test(text);
        if (isPlain) expect(shareIdIn(text)).toBe(text);
        expect(shareIdIn(id)).not.toBe(shareIdIn(`${id.slice(0, -1)}${id.endsWith('0') ? '1' : '0'}`));
      }),
    );
  });

  it('a share of theirs is compared by value in every message, and keeps its spelling for what is sent back (F-15)', () => {
    for (const id of [`{${ID.toUpperCase()}}`, ID.replaceAll('-', '')]) {
      const name = { shareId: id, shareKey: ID };
      const fields: Fields = [
        ['share_id', id],
        ['auth_protocol', 'oauth'],
        ['auth_protocol_version', '1.0a'],
        ['access_token_key', 'token'],
        ['access_token_secret', 'secret'],
      ];
      expect(readOffer(dialect, fieldsWith({ share_id: id }))).toMatchObject(name);
      const sent = posted(fields);
      for (const message of [dialect.readName(sent), dialect.readGrant(sent), dialect.readEnd(sent)]) {
        expect(message).toMatchObject(name);
      }
    }
  });
});
