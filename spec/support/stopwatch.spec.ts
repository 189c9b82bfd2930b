import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { startWatch } from './stopwatch.js';

it('a watch counts work and waiting for something, as the clock does', () => {
  const [watch, before] = [startWatch(), process.cpuUsage()];
  const spent = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  while (spent() < 50);
  expect(watch()).toBeGreaterThan(25);
  const waiting = startWatch();
  execFileSync('sleep', ['0.2']);
  expect(waiting()).toBeGreaterThan(100);
});
