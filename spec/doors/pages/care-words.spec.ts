import { describe, expect, it } from 'vitest';
import { deliveryModel } from '../../../src/doors/pages/administration/care-words.js';
import { ANNOUNCEMENT } from '../../../src/federation/index.js';
import { FAREWELL } from '../../../src/federation/ocm/index.js';
import { CREDENTIALS, DECISION, MAIL, OFFER, PROBE, UNSHARE } from '../../../src/shares/index.js';

describe('OPS-08 what is on its way', () => {
  it.each([OFFER, CREDENTIALS, UNSHARE, DECISION, PROBE, MAIL, ANNOUNCEMENT, FAREWELL])(
    'is named in words on the pages of administrators: %s',
    (kind) => {
      const times = { runAt: 0, createdAt: 0, expiresAt: undefined, lastAttemptAt: undefined, lastAnswer: undefined };
      const record = { id: 1, kind, peerId: undefined, lane: 'one', state: 'queued', attempts: 0, ...times } as const;
      expect(deliveryModel(record, 'waiting').what).toMatch(/^[A-Z]/);
    },
  );
});
