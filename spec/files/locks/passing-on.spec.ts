import { describe, expect, it } from 'vitest';
import {
  addMount,
  ForeignLocks,
  MemorySpace,
  removeMount,
  Sweeper,
  type GivenLock,
  type LockingSpace,
  type PassedLock,
} from '../../../src/files/index.js';
import { Failure, HOUR, type ItemId } from '../../../src/kernel/index.js';
import { createLog } from '../../../src/platform/index.js';
import { codeOf } from '../../contracts/file-space/harness.js';
import { eachDatabase } from '../../support/each-database.js';
import { createHandClock, createSeededRandom } from '../../support/seeds.js';
import { until } from '../../support/until.js';
import { openFilesBench, textContent } from '../files-bench.js';
import { tokenOf } from './lock-bench.js';

/** Another cloud that locks its files, as it is told to. */
class LockingCloud extends MemorySpace implements LockingSpace {
  /** What it heard, in order. */
  readonly heard: string[] = [];
  answer: () => Promise<GivenLock | undefined> = () => Promise.resolve({ word: 'w', seconds: 60 });
  told: PassedLock | undefined;

  lock(_key: string, lock: PassedLock): Promise<GivenLock | undefined> {
    this.heard.push('lock');
    this.told = lock;
    return this.answer();
  }

  relock(): Promise<GivenLock | undefined> {
    this.heard.push('relock');
    return this.answer();
  }

  unlock(_key: string, word: string): Promise<void> {
    this.heard.push(`unlock ${word}`);
    return this.answer().then(() => undefined);
  }
}

const WISH = { isFolder: false, isShared: false, isDeep: false, name: 'Bo', note: '', seconds: 60 } as const;

const away = (): Promise<never> => Promise.reject(new Failure('peer-timeout', 'It does not answer.'));

/** An answer that comes when the test says so. */
function later(): { readonly answer: Promise<GivenLock>; come(lock: GivenLock): void } {
  let come: (lock: GivenLock) => void = () => undefined;
  const answer = new Promise<GivenLock>((resolve) => {
    come = resolve;
  });
  return { answer, come };
}

eachDatabase((bench) => {
  async function open(patience = 60_000) {
    const clock = createHandClock();
    const cloud = new LockingCloud({ clock, random: createSeededRandom() });
    const files = await openFilesBench(await bench.open(), { openMount: () => Promise.resolve(cloud), clock });
    const { database, tree, bo } = files;
    const inputs = { database, clock, patience, access: tree.access, cloudName: 'Birch', log: createLog('silent') };
    const openMount = () => Promise.resolve(cloud);
    const foreign = new ForeignLocks({ ...inputs, openMount, random: createSeededRandom('locks') });
    const where = { accountId: bo.accountId, incomingId: 'in', name: 'Abroad', rootKey: cloud.rootKey };
    const terms = { permission: 'read-write', expiresAt: undefined, createdAt: clock.now() } as const;
    const mount = await database.write((trx) => addMount(trx, { ...where, ...terms, keepsDesk: true }));
    const file = await tree.create(bo, mount.id, 'a.txt', textContent('first'));
    const path: readonly ItemId[] = [file.id, mount.id];
    const words = () => database.read('locks').pluck<(string | null)[]>('abroad_word');
    return { ...files, clock, cloud, foreign, path, file, words, take: () => foreign.take(bo, path, WISH) };
  }

  describe('a lock that is passed on to the cloud of its file', () => {
    it('tells it who has it, and is given back there with ours', async () => {
      const { cloud, foreign, bo, path, words, take } = await open();
      const token = tokenOf(await take());
      const mark = `webdav:${token.slice('urn:uuid:'.length, 'urn:uuid:'.length + 8)}`;
      expect(cloud.told).toEqual({ name: 'Bo', cloud: 'Birch', mark, seconds: 60, keepsDesk: true });
      await foreign.refresh(bo, path, token);
      await foreign.release(bo, path, token);
      expect([cloud.heard, await words()]).toEqual([['lock', 'relock', 'unlock w'], []]);
    });

    it('stands here before anybody there is asked, and not when somebody there has one', async () => {
      const { cloud, foreign, bo, path, file, words, take } = await open();
      cloud.answer = async () => {
        expect(await words()).toEqual([null]);
        throw new Failure('locked', 'Not you.');
      };
      expect(await codeOf(take())).toBe('locked');
      expect([await foreign.holdsAny(bo, file.id), await words()]).toEqual([false, []]);
      cloud.answer = away;
      await take();
      expect(await foreign.on(bo, path)).toHaveLength(1);
    });

    it('keeps nobody waiting for a cloud that is slow, and counts there from when it answers', async () => {
      const { cloud, foreign, bo, path, words, take } = await open(5);
      const given = later();
      cloud.answer = () => given.answer;
      const token = tokenOf(await take());
      expect(await words()).toEqual([null]);
      given.come({ word: 'late', seconds: 60 });
      await until('its word', async () => (await words()).includes('late'));
      await foreign.release(bo, path, token);
      await until('the end', async () => (await words()).length === 0);
    });

    it('is given back there when it has ended here before its cloud had answered', async () => {
      const { cloud, foreign, bo, path, words, take } = await open(5);
      const given = later();
      cloud.answer = () => given.answer;
      await foreign.release(bo, path, tokenOf(await take()));
      expect(await words()).toEqual([]);
      given.come({ word: 'late', seconds: 60 });
      await until('its end there', () => Promise.resolve(cloud.heard.includes('unlock late')));
    });

    it('is swept once it holds nowhere; one that could not be given back is tried again until then', async () => {
      const { cloud, clock, foreign, database, contents, words, take } = await open();
      const sweeper = new Sweeper({ database, contents, clock, log: createLog('silent') });
      cloud.answer = () => Promise.resolve({ word: 'w', seconds: 2 * 3_600 });
      await take();
      clock.advance(HOUR);
      cloud.answer = away;
      expect([await foreign.giveBackOver(), (await sweeper.tidy()).locks, await words()]).toEqual([0, 0, ['w']]);
      expect(await foreign.giveBackOver()).toBe(0);
      clock.advance(2 * HOUR);
      expect([await foreign.giveBackOver(), (await sweeper.tidy()).locks, await words()]).toEqual([0, 1, []]);
    });

    it('goes with its mount', async () => {
      const { database, clock, foreign, words, take } = await open();
      await take();
      await database.write((trx) => removeMount(trx, 'in', clock.now()));
      expect([await words(), await foreign.giveBackOver()]).toEqual([[], 0]);
    });
  });
});
