import { describe, expect, it } from 'vitest';
import { PAYLOADS } from '../../src/shares/index.js';

/** What release 0.1 wrote into its queue, as JSON, by the kind of the message. */
const ROWS_OF_0_1: readonly (readonly [kind: keyof typeof PAYLOADS, json: string])[] = [
  ['credentials', '{"outgoingId":"k3v9x","shareId":"6dRzvw"}'],
  ['unshare', '{"shareId":"6dRzvw","reason":"revoked"}'],
  ['unshare', '{"shareId":"6dRzvw","reason":"deleted"}'],
  ['decision', '{"incomingId":"p0q8m"}'],
  ['probe', '{"incomingId":"p0q8m"}'],
  ['mail', '{"letter":"address-code","to":"bo@birch.example","data":{"code":"12345678","askerName":"Bo"}}'],
  [
    'mail',
    '{"letter":"invitation","to":"bo@birch.example","data":{"folderName":"Plans"},"about":{"direction":"outgoing","id":"k3v9x"}}',
  ],
  [
    'mail',
    '{"letter":"share-active","to":"ana@alder.example","data":{},"about":{"direction":"incoming","id":"p0q8m"},"reader":"a1"}',
  ],
];

describe('what stored messages carry', () => {
  it('is, of a share of Open Cloud Mesh, also by what its messages prove themselves', () => {
    const ocm = { half: { direction: 'incoming', id: 'p0q8m' }, secretSealed: 'v1.abc', grantee: 'bo@birch.example' };
    const row = { shareId: '7f3a', reason: 'left', ocm };
    expect(PAYLOADS.unshare.parse(JSON.parse(JSON.stringify(row)))).toEqual(row);
    const bare = { ...row, ocm: { half: ocm.half, secretSealed: undefined, grantee: undefined } };
    expect(PAYLOADS.unshare.parse(JSON.parse(JSON.stringify(bare)))).toEqual(bare);
    expect(PAYLOADS.offer.parse({ outgoingId: 'k3v9x', shareId: '6dRzvw' })).toMatchObject({ shareId: '6dRzvw' });
  });

  it.each(ROWS_OF_0_1)('is read as release 0.1 wrote it: %s %s', (kind, json) => {
    expect(PAYLOADS[kind].parse(JSON.parse(json))).toEqual(JSON.parse(json));
  });

  it('may have more than this release knows: a later one adds', () => {
    const later = { outgoingId: 'k3v9x', shareId: '6dRzvw', weight: 3 };
    expect(PAYLOADS.credentials.parse(later)).toEqual({ outgoingId: 'k3v9x', shareId: '6dRzvw' });
  });

  it.each([
    ['credentials', {}],
    ['unshare', { shareId: '6dRzvw', reason: 'mood' }],
    ['decision', { incomingId: 7 }],
    ['mail', { letter: 'invitation', to: 'bo@birch.example', data: { folderName: null } }],
  ] as const)('is refused when its kind carries something else: %s %j', (kind, payload) => {
    expect(PAYLOADS[kind].safeParse(payload).success).toBe(false);
  });
});
