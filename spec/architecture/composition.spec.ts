import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

/** The files of the composition root, parsed. */
const files = [
  'src/cloud.ts',
  ...readdirSync(path.join(root, 'src', 'cloud'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => path.posix.join('src/cloud', name.split(path.sep).join('/'))),
].map((name) => ({ name, tree: parsed(name) }));

function parsed(name: string): ts.SourceFile {
  return ts.createSourceFile(name, readFileSync(path.join(root, name), 'utf8'), ts.ScriptTarget.ES2023, true);
}

/** Every node below, itself included. */
function nodes(node: ts.Node): ts.Node[] {
  const below: ts.Node[] = [];
  ts.forEachChild(node, (child) => {
    below.push(...nodes(child));
  });
  return [node, ...below];
}

/** Where a node stands, for whoever has to find it. */
function place(node: ts.Node): string {
  const tree = node.getSourceFile();
  return `${tree.fileName}:${String(tree.getLineAndCharacterOfPosition(node.getStart()).line + 1)} ${node.getText()}`;
}

describe('the composition root', () => {
  it('hands on at most twelve named groups of rooms', () => {
    const rooms = nodes(parsed('src/cloud/rooms.ts')).find(
      (node) => ts.isInterfaceDeclaration(node) && node.name.text === 'Rooms',
    );
    const groups = (rooms as ts.InterfaceDeclaration).members.map((member) => member.name?.getText());
    expect(groups.length).toBeLessThanOrEqual(12);
    expect(new Set(groups)).toContain('people');
  });

  /**
   * The compiler refuses a name that is given twice only when the second time is a spread (TS2783): so what is named
   * comes first, and one thing at most comes whole, as the last.
   */
  it('passes by name what a room needs, so that a name given twice is a type error', () => {
    const literals = files.flatMap(({ tree }) => nodes(tree).filter(isHandedIn));
    const hiding = literals.flatMap(({ properties }) => {
      const spreads = properties.filter((each) => ts.isSpreadAssignment(each) && !isChoice(each.expression));
      return spreads.filter((each) => each !== properties.at(-1));
    });
    expect(literals.length).toBeGreaterThan(50);
    expect(hiding.map(place)).toEqual([]);
  });
});

/** A statement of the query builder, begun or gone on with. */
const STATEMENT = /\b(?:trx|q|knex|queries|read)\(|\.(?:where\w*|select|insert|update|pluck|raw|onConflict)\(/g;

it('no statement of the query builder stands in the composition root', () => {
  const found = files.flatMap(({ name, tree }) =>
    [...tree.text.matchAll(STATEMENT)].map((match) => `${name}: ${match[0]}`),
  );
  expect(found).toEqual([]);
});

/** `new Room({ … })`, `createRoom({ … })`. */
function isHandedIn(node: ts.Node): node is ts.ObjectLiteralExpression {
  return ts.isObjectLiteralExpression(node) && (ts.isNewExpression(node.parent) || ts.isCallExpression(node.parent));
}

/** `...(x !== undefined && { x })`: a name that may be left out. */
function isChoice(expression: ts.Expression): boolean {
  return ts.isParenthesizedExpression(expression);
}
