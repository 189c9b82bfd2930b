import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium } from 'playwright-core';

const run = promisify(execFile);

/** A browser's program and what its environment needs beside ours. */
interface Program {
  readonly executablePath: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The headless shell first: the same engine without the windows around it, for half of the work. */
const USUAL_PLACES = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

// No sandbox, because tests may run as root; no calls to the vendor; no use of a GPU.
const FLAGS = [
  '--no-sandbox',
  '--disable-dev-shm-usage',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** The one browser of this process, or why there is none. It ends with the process. */
let browser: Promise<Browser | string> | undefined;

/** Why no browser can be opened here, or undefined when one can; a spec prints it and skips. */
export async function browserReason(): Promise<string | undefined> {
  const found = await (browser ??= findBrowser());
  return typeof found === 'string' ? found : undefined;
}

/**
 * A headless Chromium, the same for all specs of this process, one after the other; each makes contexts of its own, which
 * share nothing, and closes them with {@link closeWindows}. `CHROME_PATH` or `CHROMIUM_PATH` choose the program; else the
 * system's is taken, else the one carried by the npm package @sparticuz/chromium. Throws when there is none.
 */
export async function openBrowser(): Promise<Browser> {
  const found = await (browser ??= findBrowser());
  if (typeof found === 'string') throw new Error(found);
  if (found.isConnected()) return found;
  browser = undefined;
  return openBrowser();
}

/** Closes what a spec has opened, so that the next one finds an empty browser. */
export async function closeWindows(opened: Browser): Promise<void> {
  await Promise.all(opened.contexts().map((context) => context.close()));
}

function launch({ executablePath, env }: Program): Promise<Browser> {
  return chromium.launch({ executablePath, headless: true, args: FLAGS, env: { ...process.env, ...env } });
}

/** What the first program that really starts has opened, or the reason why none does. */
async function findBrowser(): Promise<Browser | string> {
  const tried: string[] = [];
  for (const candidate of candidates()) {
    try {
      const program = await candidate();
      if (program) return await launch(program);
    } catch (error) {
      tried.push(error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error));
    }
  }
  return `no Chromium could be started (${tried.join('; ') || 'none found'}); set CHROME_PATH to one`;
}

function* candidates(): Generator<() => Promise<Program | undefined>> {
  const chosen = process.env['CHROME_PATH'] ?? process.env['CHROMIUM_PATH'];
  if (chosen) yield () => Promise.resolve({ executablePath: chosen });
  for (const place of USUAL_PLACES) yield () => existing(place);
  yield carried;
}

async function existing(executablePath: string): Promise<Program | undefined> {
  const usable = await access(executablePath, constants.X_OK).then(
    () => true,
    () => false,
  );
  return usable ? { executablePath } : undefined;
}

async function carried(): Promise<Program> {
  const script = fileURLToPath(new URL('../../scripts/unpack-browser.mjs', import.meta.url));
  const { stdout } = await run(process.execPath, [script]);
  return JSON.parse(stdout) as Program;
}
