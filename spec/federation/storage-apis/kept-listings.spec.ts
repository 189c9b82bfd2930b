import { describe, expect, it } from 'vitest';
import { KEPT_FOR, KeptListings } from '../../../src/federation/storage-apis/stacksync-v2/memory/kept-listings.js';
import type { Node } from '../../../src/files/index.js';
import { createHandClock } from '../../support/seeds.js';

const node = (key: string, name = 'a'): Node => ({
  key,
  parentKey: null,
  name,
  kind: 'folder',
  status: 'NEW',
  version: 1,
  size: 0,
  checksum: 0,
  mimetype: 'inode/directory',
  modifiedAt: 0,
  contentAt: 0,
  createdAt: 0,
  etag: '',
});

const listing = (entries = 0) => ({
  folder: node('7'),
  nodes: Array.from({ length: entries }, (_, index) => node(String(index))),
  dropped: {},
  etag: '"tag"',
});

describe('kept listings', () => {
  it('are those of one share and grant', () => {
    const kept = new KeptListings({ clock: createHandClock() });
    const ours = kept.of('peer folder token');
    ours.keep('7', listing());
    expect(ours.find('7')?.etag).toBe('"tag"');
    expect([ours.find('8'), kept.of('peer folder other').find('7')]).toEqual([undefined, undefined]);
    ours.forget('7');
    expect([ours.find('7'), kept.size]).toEqual([undefined, 0]);
  });

  it('DOS-03 take no more memory than they may, those used longest ago go first', () => {
    const most = 100_000;
    const kept = new KeptListings({ clock: createHandClock(), most });
    const share = kept.of('share');
    for (let key = 0; key < 50; key += 1) {
      share.keep(String(key), listing(20));
      share.find('0');
      expect(kept.size).toBeLessThanOrEqual(most);
    }
    expect([share.find('0'), share.find('49')].map((found) => found?.etag)).toEqual(['"tag"', '"tag"']);
    expect(share.find('1')).toBeUndefined();
    share.keep('large', listing(200));
    expect(share.find('large')).toBeUndefined();
  });

  it('are erased when nobody has asked about them for a while: so ends what belongs to an ended share', () => {
    const clock = createHandClock();
    const kept = new KeptListings({ clock });
    const share = kept.of('share');
    share.keep('7', listing());
    share.keep('8', listing());
    clock.advance(KEPT_FOR - 1);
    share.find('8');
    clock.advance(1);
    kept.tidy();
    expect([share.find('7'), share.find('8')?.etag]).toEqual([undefined, '"tag"']);
    clock.advance(KEPT_FOR);
    kept.tidy();
    expect(kept.size).toBe(0);
  });
});
