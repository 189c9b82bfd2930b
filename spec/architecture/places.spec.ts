import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { filesBelow, read, withoutComments } from './citations/sources.js';

const PAGES = ['CONTRIBUTING.md', 'docs/architecture.md'];

const top = path.resolve(import.meta.dirname, '..', '..');
const folders = readdirSync(top, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const sources = filesBelow(['src', 'spec', 'scripts', 'migrations'], ['.ts', '.mts', '.mjs']);
const code = sources.map(withoutComments).join('\n');

/** What a page puts in backticks, outside of blocks of code. */
function marked(page: string): string[] {
  const text = read(page).replace(/^```[\s\S]*?^```/gm, '');
  return [...text.matchAll(/`([^`]+)`/g)].map(([, words = '']) => words.replace(/\s+/g, ' '));
}

const isName = (words: string): boolean =>
  /^[A-Za-z][A-Za-z0-9_]*(?:\.[a-z][A-Za-z0-9]*)*(?:\(\))?$/.test(words) && !words.endsWith('.ts');

/** Declared somewhere: by itself, or as a member of something. A setting of the specs is read somewhere. */
function isDeclared(name: string): boolean {
  if (name.startsWith('FOOTBRIDGE_')) return code.includes(name);
  const word = `${name}\\b`;
  const alone = `\\b(?:class|interface|type|function|const)\\s+${word}`;
  const member = `^\\s+(?:(?:readonly|async|get|static)\\s+)*${word}\\s*[?:(<,]`;
  return new RegExp(`${alone}|${member}`, 'm').test(code);
}

describe('the pages for whoever extends this cloud', () => {
  it.each(PAGES)('name files and folders that are there: %s', (page) => {
    const isPlace = (words: string): boolean => {
      const [first = ''] = words.split('/');
      return /^[\w.<>-]+(?:\/[\w.<>-]*)*$/.test(words) && words.includes('/') && folders.includes(first);
    };
    // Up to a name that is for the reader to choose.
    const places = marked(page).filter(isPlace);
    const files = marked(page).filter((words) => /^[\w-]+\.(?:ts|mjs|cjs)$/.test(words));
    const isMade = (place: string): boolean => place.startsWith('dist/');
    const lost = places.filter((place) => !isMade(place) && !existsSync(path.join(top, place.split('<')[0] ?? '')));
    const unknown = files.filter((file) => !sources.some((source) => source.endsWith(`/${file}`)));
    expect(places.length).toBeGreaterThan(10);
    expect([...lost, ...unknown]).toEqual([]);
  });

  it.each(PAGES)('name types, functions and constants that are there: %s', (page) => {
    const names = marked(page).filter((words) => isName(words) && /[A-Z.]/.test(words) && !OTHERS.has(words));
    const lost = names.filter((name) => !name.replace('()', '').split('.').every(isDeclared));
    expect(names.length).toBeGreaterThan(10);
    expect(lost).toEqual([]);
  });

  it.each(PAGES)('name each of them in the file that stands beside it: %s', (page) => {
    const beside = /`([A-Za-z][\w.]*)(?:\(\))?`\s+(?:in\s+)?\(?`((?:src|spec)\/[\w./-]+\.ts)`/g;
    const named = [...read(page).matchAll(beside)].map(([, name = '', file = '']) => ({ name, file }));
    const lost = named.filter(({ name, file }) => {
      const last = name.split('.').at(-1) ?? name;
      return !new RegExp(`\\b${last}\\b`).test(withoutComments(file));
    });
    expect(named.length).toBeGreaterThan(4);
    expect(lost.map(({ name, file }) => `${name} in ${file}`)).toEqual([]);
  });

  it('tell every room and every door', () => {
    const tree = read('docs/architecture.md').split('```')[1] ?? '';
    const told = (folder: string): string[] =>
      readdirSync(path.join(top, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    const lines = [...tree.matchAll(/^(│ {2})?[├└]─ ([\w-]+)\//gm)].map(([, inner, name = '']) => ({
      name,
      isInner: inner !== undefined,
    }));
    const outer = lines.filter(({ isInner }) => !isInner).map(({ name }) => name);
    const inner = lines.filter(({ isInner }) => isInner).map(({ name }) => name);
    expect(told('src').filter((name) => name !== 'cloud' && !outer.includes(name))).toEqual([]);
    expect(told('src/doors').filter((name) => !inner.includes(name))).toEqual([]);
    expect([...outer, ...inner].filter((name) => !sources.some((file) => file.includes(`/${name}/`)))).toEqual([]);
  });
});

/** Names of the language, of Node.js and of settings of the machine. */
const OTHERS: ReadonlySet<string> = new Set(['AbortSignal', 'TMPDIR', 'Range']);
