import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = path.resolve(import.meta.dirname, '..', '..', 'src');

/**
 * The words of the storage API. `src/client` declares them for apps and runs in browsers, so it can import none of them; each
 * means the same where it is declared once more, at the door that answers or in the room that does what is asked.
 */
const WORDS_OF_THE_API = new Set([
  'ChangeOptions',
  'Conditions',
  'Credentials',
  'History',
  'Listing',
  'Member',
  'Metadata',
  'Shared',
  'SigningOptions',
  'Unshared',
]);

/** Names of the types that a file exports where it declares them. */
function declaredIn(text: string): string[] {
  const { statements } = ts.createSourceFile('', text, ts.ScriptTarget.ES2023, true);
  return statements.flatMap((statement) => {
    const isType =
      ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement) || ts.isClassDeclaration(statement);
    const isExported = ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(isExportWord) === true;
    return isType && isExported && statement.name !== undefined ? [statement.name.text] : [];
  });
}

function isExportWord({ kind }: ts.ModifierLike): boolean {
  return kind === ts.SyntaxKind.ExportKeyword;
}

/** The files of `src` that declare an exported type, by its name. */
function declarations(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const name of names.map((one) => one.split(path.sep).join('/'))) {
    for (const type of declaredIn(readFileSync(path.join(src, name), 'utf8'))) {
      found.set(type, [...(found.get(type) ?? []), name]);
    }
  }
  return found;
}

/** True for a name that means the same in each of these files. */
function isShared(type: string, files: readonly string[]): boolean {
  return WORDS_OF_THE_API.has(type) && files.some((name) => name.startsWith('client/'));
}

describe('one word means one thing', () => {
  it('no exported type shares its name with another one but the words of the API', () => {
    const all = declarations();
    const shared = [...all].filter(([, files]) => files.length > 1);
    const ambiguous = shared.filter(([type, files]) => !isShared(type, files));
    expect(all.size).toBeGreaterThan(500);
    expect(ambiguous.map(([type, files]) => `${type}: ${files.join(', ')}`)).toEqual([]);
  });

  it('every word that is allowed twice is declared twice', () => {
    const all = declarations();
    expect([...WORDS_OF_THE_API].filter((type) => (all.get(type) ?? []).length < 2)).toEqual([]);
  });

  it('a type that is exported is found whatever it is', () => {
    const text = 'export interface A {}\nexport type B = 1;\nexport class C {}\ninterface D {}\nexport const E = 1;';
    expect(declaredIn(text)).toEqual(['A', 'B', 'C']);
  });
});
