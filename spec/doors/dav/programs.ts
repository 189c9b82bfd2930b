import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';

/** Whether a program that others have written can be played with here; says so once when it cannot. */
export async function isInstalled(program: string): Promise<boolean> {
  try {
    await promisify(execFile)('which', [program]);
    return true;
  } catch {
    console.warn(`specs of foreign WebDAV clients are skipped: ${program} is not installed`);
    return false;
  }
}

/** Runs a program to its end, without a shell; what it is told by its standard input comes whole. */
export async function play(
  command: string,
  args: readonly string[],
  { cwd, stdin = '', env = {} }: { readonly cwd: string; readonly stdin?: string; readonly env?: NodeJS.ProcessEnv },
): Promise<{ readonly status: number | null; readonly output: string }> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env, HOME: cwd }, stdio: 'pipe' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece: Buffer) => (output += piece.toString()));
  // A program that reads no input may have ended by now.
  child.stdin.on('error', () => undefined).end(stdin);
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, output };
}

/** Plays all suites of litmus; answers each with its failures, how many tests there were, and what it printed. */
export async function playLitmus(url: string, user: string, password: string, cwd: string) {
  const { output } = await play('litmus', ['-k', url, user, password], { cwd });
  const suites = [...output.matchAll(/summary for `(\w+)': of (\d+) tests run: (\d+) passed, (\d+) failed/g)];
  return {
    suites: suites.map(([, name, all, passed, failed]) => [name, all === passed, failed]),
    tests: suites.reduce((sum, [, , all]) => sum + Number(all), 0),
    output,
  };
}

/** What litmus has to find: nothing. */
export const LITMUS_SUITES = ['basic', 'copymove', 'props', 'locks', 'http'].map((name) => [name, true, '0']);
