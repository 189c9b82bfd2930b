import { mkdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { build } from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..', '..');
/** Inside the checkout, so that packages left out are found. */
const FOLDER = path.join(ROOT, 'artifacts', 'processes');

/** What packages that are no modules of their own ask for; names that no script has. */
const REQUIRE = "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** Packages with machine code, and what knex and pg would use if it were installed. */
const OUTSIDE = [
  ...['better-sqlite3', 'sqlite3', '@node-rs/argon2'],
  ...['mariadb', 'mysql', 'mysql2', 'oracledb', 'pg-native', 'pg-query-stream', 'tedious'],
];

const bundled = new Map<string, Promise<string>>();

/**
 * One file of JavaScript for a script of specs and all that it imports, made once: a process that compiles a thousand modules
 * for itself works three seconds before it begins, and some specs start a dozen. Answers its path.
 */
export function bundleOf(script: string): Promise<string> {
  const made = bundled.get(script) ?? bundleAnew(script);
  bundled.set(script, made);
  return made;
}

async function bundleAnew(script: string): Promise<string> {
  const file = path.join(FOLDER, `${path.relative(ROOT, script).replaceAll(path.sep, '-')}.mjs`);
  // Workers of the suite may make it at the same time.
  const own = `${file}.${String(process.pid)}`;
  await mkdir(FOLDER, { recursive: true });
  await build({
    absWorkingDir: ROOT,
    entryPoints: [script],
    outfile: own,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: OUTSIDE,
    banner: { js: REQUIRE },
    logLevel: 'warning',
  });
  await rename(own, file);
  return file;
}
