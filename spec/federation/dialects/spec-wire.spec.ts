import { expect, it } from 'vitest';
import { createSpecDialect } from '../../../src/federation/index.js';
import { mute } from '../../contracts/dialect-bench.js';
import { transcriptOf } from './support.js';

const ID = '5f0c9d52-7a3e-4b7e-9c61-0f2f6c1b8a44';
const SAID = [
  `POST https://alder.example/interop/share share_id=${ID} resource_url=https://api.alder.example/v1/folder/1972 owner_name=Ana Álvarez owner_email=ana@alder.example folder_name=Plans & more permission=read-write recipient=bo@mail.example callback=https://alder.example/interop/result/k3J protocol_version=1.0 expires_at=2026-12-24 12:00:00.000`,
  `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=true`,
  `GET https://alder.example/interop/result/k3J share_id=${ID} accepted=false`,
  `POST https://alder.example/interop/credentials share_id=${ID} auth_protocol=oauth auth_protocol_version=1.0a access_token_key=marker-token access_token_secret=marker-secret`,
  `POST https://alder.example/interop/unshare share_id=${ID} protocol_version=1.0 reason=revoked`,
];

it('says to a spec peer what the text of the protocol has', async () => {
  expect(await transcriptOf(createSpecDialect)).toEqual(SAID.map((line) => `signed ${line}`));
});

it('says the same unsigned to one that cannot sign', async () => {
  expect(await transcriptOf(createSpecDialect, mute)).toEqual(SAID.map((line) => `unsigned ${line}`));
});
