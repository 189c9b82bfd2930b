import { describe, expect, it } from 'vitest';
import { abilitiesOfPeer, DIALECTS, spokenNames, type DialectName } from '../../src/peers/index.js';

describe('the abilities of a peer', () => {
  it('are to exchange keys, unless it speaks Open Cloud Mesh alone', () => {
    const exchanging = DIALECTS.filter((dialect) => abilitiesOfPeer({ dialect }).exchangesKeys);
    expect(exchanging).toEqual(['spec', 'csinterop', 'nec']);
  });

  it('are those of CloudSpaces for a dialect that only a newer release knows', () => {
    expect(abilitiesOfPeer({ dialect: 'newer' as DialectName }).exchangesKeys).toBe(true);
  });

  it('leave the names that lists show to what is recorded, its own dialect first', () => {
    const ocm = {} as never;
    expect(spokenNames({ dialect: 'nec', ocm })).toEqual(['nec', 'ocm']);
    expect(spokenNames({ dialect: 'ocm', ocm })).toEqual(['ocm']);
    expect(spokenNames({ dialect: 'spec', ocm: undefined })).toEqual(['spec']);
  });
});
