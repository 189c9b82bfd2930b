import { expect, it } from 'vitest';
import type { PeerId } from '../../src/kernel/index.js';
import { RefusedMessages } from '../../src/peers/index.js';
import { createLog } from '../../src/platform/index.js';
import { eachDatabase } from '../support/each-database.js';
import { createHandClock, START } from '../support/seeds.js';

const ADDRESSES = { share_url: 'https://q.example/s', credentials_url: 'https://q.example/c', origins: '[]' };
const TERMS = { dialect: 'spec', transport: 'server-post', storage_api: 'stacksync-v2' };

eachDatabase(({ open }) => {
  it('keeps the last 20 refused messages of each peer, on every engine (F-25)', async () => {
    const database = await open();
    await database.write(async (trx) => {
      for (const id of ['quill', 'reed']) {
        await trx('peers').insert({ id, name: id, ...ADDRESSES, ...TERMS, created_at: 1, changed_at: 1 });
      }
    });
    const refused = new RefusedMessages({ database, clock: createHandClock(), log: createLog('silent') });
    const note = (peer: string, reason: string): void => {
      const message = { call: 'POST /interop/unshare', status: 404, reason, isProven: true };
      refused.note({ ...message, peerId: peer as PeerId, about: () => Promise.resolve(`half-${reason}`) });
    };
    note('reed', 'other');
    for (let count = 1; count <= 45; count += 1) note('quill', String(count));
    note('gone', 'of a peer that was removed');
    await refused.settled();
    const reasons = (await refused.of('quill' as PeerId)).map(({ reason }) => reason);
    expect(reasons).toEqual(Array.from({ length: 20 }, (_, index) => String(45 - index)));
    const message = { at: START, call: 'POST /interop/unshare', status: 404, reason: 'other' };
    expect(await refused.of('reed' as PeerId)).toEqual([message]);
    expect(await refused.about('half-other')).toEqual([message]);
    expect(await refused.of('gone' as PeerId)).toEqual([]);
  });
});
