import { describe, expect, it } from 'vitest';
import { destinationRules } from '../../src/shares/index.js';

const { mayWait } = destinationRules;

describe('the proposals that wait for one recipient', () => {
  it('PRO-07 are at most 50 of one peer, however few there are in all', () => {
    expect(mayWait({ ofPeer: 49, inAll: 49 })).toBe(true);
    expect(mayWait({ ofPeer: 50, inAll: 50 })).toBe(false);
  });

  it('PRO-07 are at most 200 in all, however few are of one peer', () => {
    expect(mayWait({ ofPeer: 0, inAll: 199 })).toBe(true);
    expect(mayWait({ ofPeer: 0, inAll: 200 })).toBe(false);
  });
});
