import { describe, expect, it } from 'vitest';
import { createCsinteropDialect } from '../../../src/federation/index.js';
import { alder, benchOf, mute, OFFER } from '../../contracts/dialect-bench.js';
import { transcriptOf } from './support.js';

const ID = '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44';
const OFFERED = `POST https://alder.example/interop/share share_id=${ID} resource_url=https://api.alder.example/v1/folder/1972 owner_name=Ana Álvarez owner_email=ana@alder.example folder_name=Plans & more permission=read-write recipient=bo@mail.example callback=https://alder.example/interop/result/k3J protocol_version=1.0`;
const YES = `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=True`;
const NO = `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=`;
const ENDED = `POST https://alder.example/interop/unshare share_id=${ID} protocol_version=1.0 reason=revoked`;

describe('to a csinterop peer', () => {
  it('says what either variant of the reference reads, without the names that a verifier would trip over', async () => {
    const granted = `POST https://alder.example/interop/credentials share_id=${ID} auth_protocol=oauth auth_protocol_version=1.0a access_token_key=marker-token access_token_secret=marker-secret`;
    const said = [OFFERED, YES, NO, granted, ENDED];
    expect(await transcriptOf(createCsinteropDialect)).toEqual(said.map((line) => `signed ${line}`));
  });

  it('that checks no signature, says the names that it reads', async () => {
    const granted = `POST https://alder.example/interop/credentials share_id=${ID} auth_protocol=oauth auth_protocol_version=1.0a oauth_access_token=marker-token oauth_access_token_secret=marker-secret`;
    const said = [OFFERED, YES, NO, granted, ENDED];
    expect(await transcriptOf(createCsinteropDialect, mute)).toEqual(said.map((line) => `unsigned ${line}`));
  });

  it('that is the reference as published, carries a proposal by the browser and credentials by GET, and tells no end', async () => {
    const reference = {
      ...mute,
      ...({ transport: 'browser-get', credentialsByGet: true, unshareUrl: undefined } as const),
    };
    const granted = `GET https://alder.example/interop/credentials share_id=${ID} auth_protocol=oauth auth_protocol_version=1.0a oauth_access_token=marker-token oauth_access_token_secret=marker-secret`;
    expect(await transcriptOf(createCsinteropDialect, reference)).toEqual(
      [YES, NO, granted].map((line) => `unsigned ${line}`),
    );
  });

  it('that has keys of ours for its storage API but checks none here, says the same names unsigned', async () => {
    const { dialect, sent } = benchOf(createCsinteropDialect);
    await dialect.sendGrant({ ...alder, allowUnsigned: true }, { shareId: ID, token: 't', secret: 's' });
    expect(sent[0]?.authorization).toBe('');
    expect(sent[0]?.form.slice(3)).toEqual([
      ['oauth_access_token', 't'],
      ['oauth_access_token_secret', 's'],
    ]);
  });

  it('defect 1: is understood although any word means yes there', () => {
    const { dialect } = benchOf(createCsinteropDialect);
    const truthy = (accepted: boolean): boolean => {
      const url = dialect.decisionUrl(mute, OFFER.callback, { shareId: ID, accepted });
      return (url.searchParams.get('accepted') ?? '').length > 0;
    };
    expect([truthy(true), truthy(false)]).toEqual([true, false]);
  });

  it('defect 7: hears a yes answered with a token in an address, and neither follows nor notes it', async () => {
    const location = 'https://birch.example/interop/credentials/?oauth_access_token=marker';
    const { dialect, sent } = benchOf(createCsinteropDialect, { status: 302, headers: { location } });
    const answer = await dialect.sendDecision(mute, OFFER.callback, { shareId: ID, accepted: true });
    expect(answer).toEqual({ kind: 'taken', note: 'answered 302' });
    expect(sent).toHaveLength(1);
  });
});
