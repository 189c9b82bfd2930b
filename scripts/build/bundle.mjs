import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';

/** Packages with machine code, which lies beside their JavaScript. */
const NATIVE = ['better-sqlite3', 'sqlite3', '@node-rs/argon2'];
/** What knex and pg would use if it were installed. */
const ABSENT = ['mariadb', 'mysql', 'mysql2', 'oracledb', 'pg-native', 'pg-query-stream', 'tedious'];

/**
 * Makes one CommonJS file of the program and the packages that it uses, with their licences beside it. It is not
 * minified: a stack names functions and lines of a file in which each part is headed by the path of its source.
 */
export async function bundle({ root, into }) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['src/main.ts'],
    outfile: path.join(into, 'program.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: [...NATIVE, ...ABSENT],
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: "const moduleUrl = require('node:url').pathToFileURL(__filename).href;" },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  writeFileSync(path.join(into, 'LICENSES.txt'), licencesOf(Object.keys(metafile.inputs), root));
}

function licencesOf(files, root) {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders]
    .sort()
    .map((folder) => licenceOf(path.join(root, folder)))
    .join('\n');
}

/** `node_modules/a/node_modules/b` of a file in `b`; undefined for our own files. */
function packageFolder(file) {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0];
}

function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  const text = file === undefined ? '' : `\n${readFileSync(path.join(folder, file), 'utf8').trim()}\n`;
  return `== ${name} ${version} (${license})\n${text}`;
}
