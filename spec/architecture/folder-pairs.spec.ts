import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/** The text of each source, by its path from the root of the repository. */
type Sources = Readonly<Record<string, string>>;

function sources(): Sources {
  const names = readdirSync(path.join(root, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join('src', name.split(path.sep).join('/')));
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(root, name), 'utf8')]));
}

/** The folder that a file stands in; a file at the very top is the way into the room of its name. */
function folderOf(file: string): string {
  const folder = path.posix.dirname(file);
  return folder === 'src' ? file.replace(/\.ts$/, '') : folder;
}

/**
 * What a file imports of src, by path, types included. What an index only hands on is left out: it opens a room, its
 * sub-rooms included, and uses nothing of them.
 */
function importsOf(file: string, text: string): string[] {
  const handedOn = path.posix.basename(file) === 'index.ts' ? exportedFrom(file, text) : new Set();
  return ts
    .preProcessFile(text)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.') && !handedOn.has(name))
    .map((name) => path.posix.join(path.posix.dirname(file), name).replace(/\.js$/, '.ts'))
    .filter((name) => name.startsWith('src/'));
}

function exportedFrom(file: string, text: string): ReadonlySet<string> {
  const { statements } = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023);
  const from = statements.flatMap((it) =>
    ts.isExportDeclaration(it) && it.moduleSpecifier ? [it.moduleSpecifier] : [],
  );
  return new Set(from.filter(ts.isStringLiteral).map((literal) => literal.text));
}

/** Each import that leads from one folder into another, with the arrow between the folders. */
function arrows(all: Sources): { readonly from: string; readonly to: string; readonly where: string }[] {
  return Object.entries(all).flatMap(([file, text]) =>
    importsOf(file, text)
      .map((target) => ({ from: folderOf(file), to: folderOf(target), where: `${file} → ${target}` }))
      .filter(({ from, to }) => from !== to),
  );
}

/** The pairs of folders that import each other, a folder and its own sub-folder too, each with the imports at fault. */
function pairs(all: Sources): Readonly<Record<string, readonly string[]>> {
  const found: Record<string, string[]> = {};
  const every = arrows(all);
  const known = new Set(every.map(({ from, to }) => `${from} ${to}`));
  for (const { from, to, where } of every) {
    if (known.has(`${to} ${from}`)) (found[[from, to].sort().join(' ↔ ')] ??= []).push(where);
  }
  return found;
}

describe('the folders of src', () => {
  it('never import each other, sub-rooms included', () => {
    const all = sources();
    expect(arrows(all).length).toBeGreaterThan(1_000);
    expect(pairs(all)).toEqual({});
  });
});

describe('the search for pairs of folders', () => {
  it('finds neighbours, and a folder with its own sub-folder', () => {
    const all = {
      'src/mail/a.ts': "import { one } from '../desk/b.js';",
      'src/desk/b.ts': '',
      'src/desk/c.ts': "import type { Two } from '../mail/d.js';",
      'src/mail/d.ts': "import { three } from './inner/e.js';",
      'src/mail/inner/e.ts': "export { a } from '../a.js';",
    };
    expect(pairs(all)).toEqual({
      'src/desk ↔ src/mail': ['src/mail/a.ts → src/desk/b.ts', 'src/desk/c.ts → src/mail/d.ts'],
      'src/mail ↔ src/mail/inner': ['src/mail/d.ts → src/mail/inner/e.ts', 'src/mail/inner/e.ts → src/mail/a.ts'],
    });
  });

  it('takes an index for its folder where it uses something, not where it hands something on', () => {
    const inner = "import { a } from '../a.js';";
    const handing = { 'src/mail/index.ts': "export { e } from './inner/e.js';", 'src/mail/inner/e.ts': inner };
    const using = { ...handing, 'src/mail/index.ts': "import { e } from './inner/e.js';\nexport const it = e;" };
    expect(pairs(handing)).toEqual({});
    expect(Object.keys(pairs(using))).toEqual(['src/mail ↔ src/mail/inner']);
  });

  it('takes a file at the top for the room of its name', () => {
    const all = { 'src/main.ts': "import './cli/index.js';", 'src/cli/c.ts': "import './../cloud.js';" };
    expect(pairs(all)).toEqual({});
  });
});
