import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/** The sources below a folder of the repository, by their path. */
function sources(folder: string): { readonly name: string; readonly text: string }[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join(folder, name.split(path.sep).join('/')))
    .map((name) => ({ name, text: readFileSync(path.join(root, name), 'utf8') }));
}

const files = sources('src').map(({ name, text }) => ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true));

/** The line on which something begins or ends, from 1. */
function lineAt(file: ts.SourceFile, position: number): number {
  return file.getLineAndCharacterOfPosition(position).line + 1;
}

/** Every function with a body: how many lines it takes, comments and empty ones included. */
function functions(): { readonly place: string; readonly lines: number }[] {
  const found: { place: string; lines: number }[] = [];
  for (const file of files) {
    const visit = (node: ts.Node): void => {
      if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
        const [from, to] = [lineAt(file, node.getStart()), lineAt(file, node.end)];
        found.push({ place: `${file.fileName}:${String(from)} ${node.name?.getText() ?? ''}`, lines: to - from + 1 });
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
  }
  return found;
}

/** Every declaration that its file exports, with the comment above it; undefined without one. */
function exported(): { readonly place: string; readonly name: string; readonly comment: string | undefined }[] {
  return files.flatMap((file) =>
    file.statements.flatMap((statement) => {
      const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExportWord) === true;
      if (!isExported) return [];
      const name = nameOf(statement);
      const [comment] = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc);
      const place = `${file.fileName}:${String(lineAt(file, statement.getStart()))} ${name}`;
      return [{ place, name, comment: comment === undefined ? undefined : wordsOf(comment.getText()).join(' ') }];
    }),
  );
}

function isExportWord({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

function nameOf(statement: ts.Statement): string {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations[0]?.name.getText() ?? '';
  return (statement as ts.DeclarationStatement).name?.getText() ?? '';
}

/** The words of a comment or of a name, in lower case. */
function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

/** Words that say nothing that a name does not. */
const EMPTY = new Set([
  'a',
  'an',
  'the',
  'this',
  'of',
  'for',
  'and',
  'is',
  'are',
  'one',
  'get',
  'gets',
  'create',
  'creates',
]);

/** The singular, roughly. */
const stem = (word: string): string => word.replace(/s$/, '');

function repeatsTheName(name: string, comment: string): boolean {
  const own = new Set(wordsOf(name).map(stem));
  return comment.split(' ').every((word) => EMPTY.has(word) || own.has(stem(word)));
}

/** Lines of code below a folder: neither empty nor of a comment. */
function linesBelow(folder: string): number {
  const lines = sources(folder).flatMap(({ text }) => text.split('\n'));
  return lines.filter((line) => !/^\s*(?:$|\/\/|\/?\*)/.test(line)).length;
}

/**
 * The goals of the house, as far as nothing else holds them: that folders do not import each other stands in
 * folder-pairs.spec.ts, how many files a folder has in rooms.spec.ts, how many files a foreign download passes in
 * spec/doors/stacksync/straight-line.spec.ts, how many groups of rooms there are in composition.spec.ts.
 */
describe('the goals of the house', () => {
  it('no function is longer than forty lines', () => {
    const all = functions();
    const longer = all.filter(({ lines }) => lines > 40).map(({ place, lines }) => `${place}: ${String(lines)}`);
    expect(all.length).toBeGreaterThan(1_000);
    expect(longer).toEqual([]);
  });

  it('ninety-seven of a hundred exports say what they promise, and none only repeats its name', () => {
    const all = exported();
    const silent = all.filter(({ comment }) => comment === undefined);
    const riddles = all.filter(({ name, comment }) => comment !== undefined && repeatsTheName(name, comment));
    expect(silent.length / all.length, silent.map(({ place }) => place).join('\n')).toBeLessThanOrEqual(0.03);
    expect(riddles.map(({ place }) => place)).toEqual([]);
  });

  it('there are from 1.3 to 2 lines of specs for each line of source', () => {
    const ratio = linesBelow('spec') / linesBelow('src');
    expect(ratio).toBeGreaterThanOrEqual(1.3);
    expect(ratio).toBeLessThanOrEqual(2);
  });
});
