import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { DECLARED } from './scripts/slow-specs.mjs';

/** Folders of spec whose files take longest, in the order in which they run; everything else follows. */
const FIRST = ['journeys', 'browser', 'interop', 'architecture', 'doors', 'contracts'];

const specsIn = (...folders: string[]): string[] => folders.map((folder) => `spec/${folder}/**/*.spec.ts`);

/**
 * What all projects share: child processes (native modules, signals), no file that leaks timers or spies into the next. Files
 * share a process where they do not say otherwise: what rooms keep in a module
 * is true of the whole process, or the last answer to a question that always has the same, and the program is loaded once a
 * process.
 * There are few projects, since each loads the program for itself. All
 * projects are one group, so that none waits for the last file of another; one more at a time than there are processors where
 * these are two: many files wait for other processes and for time-outs.
 */
const shared = {
  root: import.meta.dirname,
  pool: 'forks',
  // Of the whole process, so they hold from its start: set on the way they would reach the files that follow as well.
  execArgv: ['--expose-gc'] as string[],
  restoreMocks: true,
  unstubEnvs: true,
  isolate: false,
  maxWorkers: 3,
  testTimeout: 120_000,
  hookTimeout: 120_000,
} as const;

/** Those that take longest first, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => rankOf(one) - rankOf(other));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const file = moduleId.slice(import.meta.dirname.length + 1);
  const folder = FIRST.indexOf(file.split('/')[1] ?? '');
  return (folder < 0 ? FIRST.length : folder) * 2 + (DECLARED.has(file) ? 0 : 1);
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // One PostgreSQL for the whole run, started when the first spec asks for it.
    globalSetup: ['spec/support/temporary-folder.ts', 'spec/support/postgres-global-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'rooms',
          include: ['spec/**/*.spec.ts'],
          exclude: specsIn('architecture', 'journeys', 'interop', 'browser', 'long'),
          sequence: { shuffle: true, groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'architecture',
          include: specsIn('architecture'),
          // The type-aware linter keeps whole programs in its module: nobody shares that process.
          isolate: true,
          sequence: { shuffle: true, groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'journeys',
          // Whole clouds, some in processes of their own that get killed, some with a browser; what a file tells, it tells in order.
          include: specsIn('journeys', 'interop', 'browser'),
          sequence: { shuffle: { files: true, tests: false }, groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'long',
          include: specsIn('long'),
          // Proofs of many minutes, one after the other: only `npm run test:long` asks for them.
          isolate: true,
          maxWorkers: 1,
          testTimeout: 3_600_000,
          hookTimeout: 600_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
