import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of spec that have a project of their own; everything else is `unit`. */
const OTHER_PROJECTS = ['architecture', 'contracts', 'doors', 'journeys', 'interop', 'browser'];

const specsIn = (...folders: string[]): string[] => folders.map((folder) => `spec/${folder}/**/*.spec.ts`);

/** What all projects share: child processes (native modules, signals), no file that leaks timers or spies into the next. */
const shared = { root: import.meta.dirname, pool: 'forks', restoreMocks: true, unstubEnvs: true } as const;

/** Begins with the files that take as long as all others of their group together. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification): boolean => /\/journeys\/(?:kills|faults)\//.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // One PostgreSQL for the whole run, started when the first spec asks for it.
    globalSetup: ['spec/support/postgres-global-setup.ts'],
    projects: [
      {
        test: {
          ...shared,
          name: 'unit',
          include: ['spec/**/*.spec.ts'],
          exclude: specsIn(...OTHER_PROJECTS),
          // Files share a process: no room keeps state in a module, and the run is five times shorter.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 120_000,
          sequence: { shuffle: true, groupOrder: 0 },
        },
      },
      {
        test: {
          ...shared,
          name: 'architecture',
          include: specsIn('architecture'),
          // The type-aware linter keeps whole programs in its module: nobody shares that process.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { shuffle: true, groupOrder: 1 },
        },
      },
      {
        test: {
          ...shared,
          name: 'contract',
          include: specsIn('contracts'),
          isolate: false,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { shuffle: true, groupOrder: 2 },
        },
      },
      {
        test: {
          ...shared,
          name: 'doors',
          include: specsIn('doors'),
          isolate: false,
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { shuffle: true, groupOrder: 3 },
        },
      },
      {
        test: {
          ...shared,
          name: 'journeys',
          include: specsIn('journeys', 'interop'),
          // Whole clouds, some in processes of their own that get killed.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { shuffle: { files: true, tests: false }, groupOrder: 4 },
        },
      },
      {
        test: {
          ...shared,
          name: 'browser',
          include: specsIn('browser'),
          // Beside the journeys, one of which is long.
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { shuffle: { files: true, tests: false }, groupOrder: 4 },
        },
      },
    ],
  },
});
