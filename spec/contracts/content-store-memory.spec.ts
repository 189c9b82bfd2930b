import { Readable } from 'node:stream';
import { memoryContents } from '../../src/contents/index.js';
import { systemRandom } from '../../src/platform/system-random.js';
import { describeContentStore } from './content-store.js';

// Its bytes cannot be damaged from outside.
describeContentStore('contents in memory', () => {
  let now = 0;
  const keys = new Set<string>();
  const store = memoryContents({ random: systemRandom, clock: { now: () => now } });
  return Promise.resolve({
    store,
    async count() {
      // Everything is old enough to be swept, but nothing in quarantine is old enough to be erased.
      const all = { now: 0, grace: Number.MIN_SAFE_INTEGER, spared: () => Promise.resolve(new Set<string>()) };
      keys.clear();
      await store.sweep({
        ...all,
        named: (found) => {
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
