import { describe, expect, it } from 'vitest';
import { parseResource } from '../../../src/federation/storage-apis/stacksync-v2/index.js';

describe('the address of what is shared', () => {
  it('keeps its host, whatever its path begins with (F-13)', () => {
    for (const path of ['//evil.example/v1/', '///v1/', '/v1//', '/']) {
      const { base, id } = parseResource(`https://alder.example${path}folder/7`);
      expect([base.href, id]).toEqual([`https://alder.example${path}`, '7']);
    }
  });
});
