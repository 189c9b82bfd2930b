import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/cloud-process.js';
import { fetchRuntime, runtimeReason, type Runtime } from './runtime.js';
import { copyTree, type Outcome, type WorkingCopy } from './working-copy.js';

/** Releases of Node.js that people have, beside the one that everything else is tested on. README names them. */
const RELEASES = ['22', '24'] as const;

/** Some minutes of `npm test`: rules, signatures, the three database drivers, streams, real processes, the main job. */
const SHORT_SUITE = [
  ...['kernel', 'oauth1', 'platform', 'contents', 'files', 'client', 'cli'].map((room) => `spec/${room}/`),
  'spec/journeys/main-job.spec.ts',
  // Milliseconds on a large folder are a matter of the machine, which `npm test` measures.
  '--testNamePattern=^(?!.*holds the event loop)',
];

/** What Node.js writes about that which a later release will take away. */
const DEPRECATION = /\[DEP\d+\]|DeprecationWarning/;

const absent = new Set<string>();
for (const release of RELEASES) if ((await runtimeReason(release)) !== undefined) absent.add(release);

/** Fails with all that was written unless the command succeeded without a warning. */
function expectGood({ status, output }: Outcome): void {
  expect(status, output).toBe(0);
  expect(output).not.toMatch(DEPRECATION);
}

/** Whatever is deprecated in this Node.js ends the demo, and the clouds that it starts, as an error. */
async function playDemo(copy: WorkingCopy, runtime: Runtime): Promise<Outcome> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const strict = { npm_config_node_options: '--throw-deprecation' };
  const outcome = await copy.run(runtime, ['npm', 'run', 'demo', '--', '--play', '--ports', ports.join()], strict);
  const [, held, steps] = /^(\d+) of (\d+) steps held$/m.exec(outcome.output) ?? [];
  expect(held, outcome.output).toBe(steps);
  expect(Number(steps), outcome.output).toBeGreaterThanOrEqual(16);
  return outcome;
}

// Kept until all is done: the last spec runs the copy of one release with the Node.js of another.
const runtimes = new Map<string, Runtime>();
const copies = new Map<string, WorkingCopy>();

/** The Node.js of a release and the copy that was installed with it. */
function on(release: string): { runtime: Runtime; copy: WorkingCopy } {
  const [runtime, copy] = [runtimes.get(release), copies.get(release)];
  if (!runtime || !copy) throw new Error(`Node.js ${release} was not fetched`);
  return { runtime, copy };
}

afterAll(async () => {
  for (const each of [...runtimes.values(), ...copies.values()]) await each.remove();
});

describe.each(RELEASES)('Node.js %s (F-57)', (release) => {
  describe.skipIf(absent.has(release))('fetched from npm', () => {
    beforeAll(async () => {
      const runtime = await fetchRuntime(release);
      runtimes.set(release, runtime);
      copies.set(release, await copyTree());
      expect(runtime.version).toMatch(`v${release}.`);
      console.log(`specs on Node.js ${runtime.version}`);
    });

    it('installs what the lock file names, and builds', async () => {
      const { runtime, copy } = on(release);
      expectGood(await copy.run(runtime, ['npm', 'ci', '--include=dev']));
      expectGood(await copy.run(runtime, ['npm', 'run', 'build']));
    });

    it('plays the demo', async () => {
      const { runtime, copy } = on(release);
      expectGood(await playDemo(copy, runtime));
    });

    it('passes the short suite', async () => {
      const { runtime, copy } = on(release);
      const outcome = await copy.run(runtime, ['npm', 'test', '--', ...SHORT_SUITE]);
      expectGood(outcome);
      const passed = /^(\d+) passed, 0 failed, \d+ skipped$/m.exec(outcome.output)?.[1];
      expect(Number(passed), outcome.output).toBeGreaterThanOrEqual(500);
      console.log(`Node.js ${runtime.version}: ${String(passed)} passed`);
    });
  });
});

describe.skipIf(absent.size > 0)('a clone that was installed with Node.js 22, run with 24 (F-57)', () => {
  it('is refused with what to do, and `npm run demo` does it', async () => {
    const { copy } = on('22');
    const { runtime } = on('24');
    const settings = { FOOTBRIDGE_PUBLIC_URL: 'http://localhost:4000' };
    const refused = await copy.run(runtime, ['node', 'dist/src/main.js', 'user', 'list'], settings);
    expect(refused.status, refused.output).toBe(1);
    expect(refused.output.split('\n')).toHaveLength(2);
    expect(refused.output).toContain(`better-sqlite3 was not built for this Node.js (${runtime.version})`);
    const played = await playDemo(copy, runtime);
    expectGood(played);
    expect(played.output).toContain(`compiling for this Node.js (${runtime.version}): better-sqlite3\n`);
  });
});
