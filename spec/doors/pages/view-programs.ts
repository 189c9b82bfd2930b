import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Eta } from 'eta';
import ts from 'typescript';

/** What the compiler says of the views. */
export interface CheckedViews {
  /** The names of all models, in order. */
  readonly models: readonly string[];
  /** `view: message`. */
  readonly mistakes: readonly string[];
  /** `view: field` that the view does not use. */
  readonly unused: readonly string[];
}

type Texts = Readonly<Record<string, string>>;

/** The names of all views but those of mails, in order. */
export function viewNames(root: string): string[] {
  return readdirSync(path.join(root, 'views'), { recursive: true, encoding: 'utf8' })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => file.endsWith('.eta') && !file.startsWith('mail/'))
    .map((file) => file.slice(0, -'.eta'.length))
    .sort();
}

/** True for what belongs to no page of its own: it is checked wherever a page takes it in. */
export function isPart(name: string): boolean {
  return /^(?:parts|docs)\/(?!api$)/.test(name);
}

/**
 * Turns each view into a function over its model, parts written out where they are included, and lets TypeScript check all
 * of them together. `others` are views as they would be written otherwise.
 */
export function checkViews(root: string, others: Texts = {}): CheckedViews {
  const names = viewNames(root);
  const texts = Object.fromEntries(
    names.map((name) => [name, readFileSync(path.join(root, 'views', `${name}.eta`), 'utf8')]),
  );
  const file = path.join(root, PROGRAM);
  const program = compile(root, file, textOf({ ...texts, ...others }));
  const source = program.getSourceFile(file);
  if (source === undefined) throw new Error('There is no program of the views.');
  const checker = program.getTypeChecker();
  const views = viewsIn(source);
  const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return {
    models: modelsIn(source, checker),
    mistakes: diagnostics.map(({ start = 0, messageText }) => {
      const view = views.find(({ node }) => node.pos <= start && start < node.end);
      return `${view?.name ?? 'between views'}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    }),
    unused: views.flatMap(({ name, node }) => unusedIn(node, checker).map((field) => `${name}: ${field}`)),
  };
}

/** Where the program of all views would lie; it is written nowhere. */
const PROGRAM = 'src/cloud/views-as-a-program.ts';

const HEAD = `
import type { FrameModel, Spelling, Views } from '../doors/pages/frame/templates.js';
import './docs.js';
import './doors.js';
type It<Model> = Omit<FrameModel & Spelling, keyof Model> & Model;
type Frame = FrameModel & Spelling & { readonly body: string };
declare function out(value: string | number): void;
export declare const models: Views;
export const views = {
`;

function textOf(texts: Texts): string {
  const functions = Object.keys(texts)
    .filter((name) => !isPart(name))
    .map((name) => {
      const model = name === 'layout' ? 'Frame' : `It<Views['${name}']>`;
      return `'${name}': (it: ${model}) => {\n${statementsOf(name, texts)}},\n`;
    });
  return `${HEAD}${functions.join('')}};\n`;
}

/** What a view does with its model, without the text between; by the parser that serves it. */
function statementsOf(name: string, texts: Texts): string {
  const pieces = new Eta().parse(texts[name] ?? '');
  return pieces
    .map((piece) => {
      if (typeof piece === 'string' || piece.val.startsWith('layout(')) return '';
      if (piece.t === 'e') return `${piece.val}\n`;
      const included = /^include\('@([\w/-]+)', (.*)\)$/s.exec(piece.val);
      if (included === null) return `;out(${piece.val});\n`;
      const [, part = '', model = ''] = included;
      return `;((it) => {\n${statementsOf(part, texts)}})({ ...it, ...(${model}) });\n`;
    })
    .join('');
}

let before: ts.Program | undefined;

/** Compiles against the sources as they are; what was read once is not read again. */
function compile(root: string, file: string, text: string): ts.Program {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (name) => ts.sys.readFile(name)) as {
    config: unknown;
  };
  const options: ts.CompilerOptions = {
    ...ts.parseJsonConfigFileContent(config, ts.sys, root).options,
    noEmit: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
    noUncheckedIndexedAccess: false,
  };
  const host = ts.createCompilerHost(options);
  const [exists, read] = [host.fileExists.bind(host), host.getSourceFile.bind(host)];
  host.fileExists = (name) => name === file || exists(name);
  host.getSourceFile = (name, version) => {
    if (name === file) return ts.createSourceFile(name, text, version, true);
    return before?.getSourceFile(name) ?? read(name, version);
  };
  before = ts.createProgram({ rootNames: [file], options, host, ...(before && { oldProgram: before }) });
  return before;
}

interface View {
  readonly name: string;
  readonly node: ts.Node;
}

function viewsIn(source: ts.SourceFile): View[] {
  const found: View[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isStringLiteral(node.name)) found.push({ name: node.name.text, node });
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The names of all models: whatever pages declared in the interface of views. */
function modelsIn(source: ts.SourceFile, checker: ts.TypeChecker): string[] {
  const declared: string[] = [];
  ts.forEachChild(source, (node) => {
    if (!ts.isVariableStatement(node)) return;
    const [first] = node.declarationList.declarations;
    if (first?.name.getText() === 'models')
      declared.push(
        ...checker
          .getTypeAtLocation(first)
          .getProperties()
          .map(({ name }) => name),
      );
  });
  return declared.sort();
}

/** What a view's own model has, and the view and its parts do not touch. */
function unusedIn(view: ts.Node, checker: ts.TypeChecker): string[] {
  const used = new Set<ts.Declaration>();
  let model: ts.Type | undefined;
  const visit = (node: ts.Node): void => {
    if (ts.isIndexedAccessTypeNode(node)) model = checker.getTypeFromTypeNode(node);
    if (ts.isPropertyAccessExpression(node) && node.expression.getText() === 'it')
      for (const each of checker.getSymbolAtLocation(node.name)?.declarations ?? []) used.add(each);
    ts.forEachChild(node, visit);
  };
  visit(view);
  const fields = model?.getProperties() ?? [];
  return fields.filter(({ declarations = [] }) => !declarations.some((each) => used.has(each))).map(({ name }) => name);
}
