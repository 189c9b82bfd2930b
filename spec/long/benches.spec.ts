import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const BENCH = fileURLToPath(new URL('../../scripts/bench.mjs', import.meta.url));

// The figures are for reading: machines are shared, and no test fails of a speed.
it('every part of the bench runs to its end', async () => {
  const child = spawn(process.execPath, [BENCH, '--quick'], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) console.log(line);
  if (child.exitCode === null) await once(child, 'close');
  expect(child.exitCode).toBe(0);
});
