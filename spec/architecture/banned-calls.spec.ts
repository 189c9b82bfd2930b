import path from 'node:path';
import { ESLint } from 'eslint';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const parserOptions = {
  // Where `CI` is set the parser believes that every file is read once, and answers the second text with the first one's types.
  disallowAutomaticSingleRunInference: true,
  // The files in whose place texts stand below, not the whole program.
  project: 'spec/architecture/banned-calls.tsconfig.json',
};
const eslint = new ESLint({ cwd: root, overrideConfig: { files: ['**/*.ts'], languageOptions: { parserOptions } } });

/** Any file of src will do: the text below stands in for its content. */
const KERNEL = 'src/kernel/failure.ts';

/** The names of the rules that this text breaks when it stands in that file. */
async function brokenRules(text: string, file = KERNEL): Promise<(string | null)[]> {
  const [result] = await eslint.lintText(text, { filePath: path.join(root, file) });
  return (result?.messages ?? []).map(({ ruleId }) => ruleId);
}

describe('the lint rules', () => {
  it.each([
    ['the environment', 'export const home = process.env;', 'no-restricted-properties'],
    ['the time by Date.now', 'export const now = Date.now();', 'no-restricted-properties'],
    ['the time by new Date', 'export const now = new Date();', 'no-restricted-syntax'],
    ['chance of its own', 'export const chance = Math.random();', 'no-restricted-properties'],
    ['the network by fetch', "export const answer = fetch('https://alder.example');", 'no-restricted-globals'],
    ['the network by undici', "export { request } from 'undici';", 'no-restricted-imports'],
    ['the network by node:https', "export { request } from 'node:https';", 'no-restricted-imports'],
    ['JSON without bounds (F-60)', "export const value: unknown = JSON.parse('{}');", 'no-restricted-properties'],
    [
      'an expression that backtracks (F-66)',
      'export const it = /^\\s*(.*?)\\s*$/;',
      'regexp/no-super-linear-backtracking',
    ],
    ['a search that starts again and again (F-66)', 'export const it = /=+$/;', 'regexp/no-super-linear-move'],
    ['a default export', 'export default 1;', 'no-restricted-syntax'],
    [
      'a question for the dialect',
      "export const it = (dialect: string): boolean => dialect === 'ocm';",
      'no-restricted-syntax',
    ],
    ['a literal spread into a literal', 'export const it = { ...{ a: 1 }, b: 2 };', 'no-restricted-syntax'],
    ['the console', "console.log('Ana');", 'no-console'],
    ['any', 'export const it: any = 1;', '@typescript-eslint/no-explicit-any'],
    [
      'a non-null assertion',
      'export const first = (list: string[]): string => list[0]!;',
      '@typescript-eslint/no-non-null-assertion',
    ],
    [
      'a floating promise',
      'export const go = (): void => { Promise.resolve(1); };',
      '@typescript-eslint/no-floating-promises',
    ],
    [
      'a switch that forgets a case',
      "export function say(it: 'a' | 'b'): void { switch (it) { case 'a': return; } }",
      '@typescript-eslint/switch-exhaustiveness-check',
    ],
    [
      'a suppression without a reason',
      '// eslint-disable-next-line @typescript-eslint/no-explicit-any\nexport const it: any = 1;',
      'comments/require-description',
    ],
  ])('refuse %s in src', async (_what, text, rule) => {
    expect(await brokenRules(text)).toContain(rule);
  });

  it.each(['spec/support/until.ts', 'bench/figures.ts', 'scripts/slow-specs.mjs', 'vitest.config.ts'])(
    'refuse a literal spread into a literal in %s too',
    async (file) => {
      expect(await brokenRules('export const it = { ...{ a: 1 }, b: 2 };', file)).toEqual(['no-restricted-syntax']);
    },
  );

  it('refuse flags of V8 that one spec would set for those after it', async () => {
    const text = "export { setFlagsFromString } from 'node:v8';";
    expect(await brokenRules(text, 'spec/support/until.ts')).toEqual(['no-restricted-imports']);
  });

  it.each([
    ['a date made from a stored number', 'export const at = (ms: number): Date => new Date(ms);', KERNEL],
    ['the console in a spec', "console.log('Ana');", 'spec/support/until.ts'],
    [
      'what the client takes where it runs',
      'export const own = { now: () => Date.now(), fetch: () => fetch(location) };\ndeclare const location: string;',
      'src/client/surroundings.ts',
    ],
    ['fetch in a spec', "export const answer = fetch('https://alder.example');", 'spec/support/until.ts'],
  ])('allow %s', async (_what, text, file) => {
    expect(await brokenRules(text, file)).toEqual([]);
  });
});
