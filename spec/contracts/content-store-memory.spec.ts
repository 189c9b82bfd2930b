import { Readable } from 'node:stream';
import { MemoryContentStore } from '../../src/contents/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { describeContentStore } from './content-store.js';

// Nobody reaches behind it to damage a byte.
describeContentStore('MemoryContentStore', () => {
  let now = 0;
  const keys = new Set<string>();
  const store = new MemoryContentStore({ random: systemRandom, clock: { now: () => now } });
  return Promise.resolve({
    store,
    async count() {
      await store.sweep({
        now: Number.MAX_SAFE_INTEGER,
        tmpAge: 0,
        grace: 0,
        named: (found) => {
          keys.clear();
          for (const key of found) keys.add(key);
          return Promise.resolve(new Set(found));
        },
      });
      return keys.size;
    },
    putAt(storedAt, text) {
      now = storedAt;
      return store.put(Readable.from([Buffer.from(text)]));
    },
    stop: () => Promise.resolve(),
  });
});
